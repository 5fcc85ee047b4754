/**
 * The error of a server that can't start or reload.
 */

/** The invalid option, or what kept the server from listening. */
export type ServeErrorCode =
  | "allowHosts"
  | "auth"
  | "trustProxy"
  | "proxyProtocol"
  | "throttle"
  | "permissions"
  | "symlinks"
  | "post"
  | "log"
  | "root"
  | "files"
  | "base"
  | "mounts"
  | "store"
  | "proxy"
  | "limits"
  | "form"
  | "index"
  | "allowArchive"
  | "uploadDir"
  | "rules"
  | "faults"
  | "tls"
  | "workers"
  | "user"
  | "recordTo"
  | "metrics"
  | "health"
  | "logFile"
  | "port-taken"
  | "listen";

/** Why a server can't start or reload; `code` names the cause. */
export class ServeError extends Error {
  readonly code: ServeErrorCode;

  constructor(code: ServeErrorCode, message: string) {
    super(message);
    this.name = "ServeError";
    this.code = code;
  }
}

/** The error of a server that can't listen, for the reason `kind`. */
export function listenError({ kind, message }: { kind: string; message: string }): ServeError {
  return new ServeError(kind === "port-taken" ? "port-taken" : "listen", message);
}
