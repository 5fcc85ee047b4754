/**
 * Why a server can't be as its options say.
 */

/** The option that is wrong, or what kept the server from listening. */
export type ServeErrorCode =
  | "permissions"
  | "symlinks"
  | "post"
  | "log"
  | "root"
  | "files"
  | "limits"
  | "form"
  | "index"
  | "rules"
  | "tls"
  | "workers"
  | "port-taken"
  | "listen";

/** Why a server can't start or reload; `code` names the part of the options that is wrong. */
export class ServeError extends Error {
  readonly code: ServeErrorCode;

  constructor(code: ServeErrorCode, message: string) {
    super(message);
    this.name = "ServeError";
    this.code = code;
  }
}
