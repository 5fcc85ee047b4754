/**
 * How a server can be asked to be, and how it says that it can't.
 */

import type { Limits } from "../base/limits.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "../site/rules/rules.ts";
import type { LogFormat } from "./log.ts";

/** A server's certificate and its key; each is PEM text, or the path of a file of it. */
export interface TlsOptions {
  /** The certificate, and behind it those that vouch for it, in their order (RFC 8446 §4.4.2). */
  readonly cert: string;
  /** The certificate's private key, not encrypted. */
  readonly key: string;
}

/** Whether `text` is PEM, and not the path of a file of it (RFC 7468 §2). */
export function isPemText(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** How a server is to be; everything has a default. */
export interface ServeOptions {
  /** The folder to serve; the current one by default. */
  readonly root?: string;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** "localhost" by default: 127.0.0.1 and ::1. */
  readonly host?: string;
  /**
   * Whether other processes of the same user may listen on the same port, if all of them ask for
   * it (SO_REUSEPORT); Linux spreads the connections over them. False by default.
   */
  readonly reusePort?: boolean;
  /** With it the server speaks TLS, 1.2 or 1.3, on its port, and nothing else. */
  readonly tls?: TlsOptions;
  /** Whether mode bits decide for strangers ("other"), or what the process may read ("process"). */
  readonly permissions?: "other" | "process";
  /** Whether a refusal's page says why. */
  readonly explain?: boolean;
  /** Whether names that begin with "." are served. */
  readonly hidden?: boolean;
  /** Which symbolic links are followed; by default those that lead to somewhere inside. */
  readonly symlinks?: "inside" | "follow" | "deny";
  /** Whether a folder without an index is listed; true by default. */
  readonly listing?: boolean;
  /** The file that stands for its folder; "index.html" by default, "" for none. */
  readonly index?: string;
  /** Whether the root's index answers navigations to what isn't there; false by default. */
  readonly single?: boolean;
  /**
   * Whether `/about` is `about.html`, also where there is a folder `about/`, and `/about.html`
   * leads to `/about`; false by default.
   */
  readonly cleanUrls?: boolean;
  /** Whole seconds for which answers are fresh; without it they are revalidated each time. */
  readonly cache?: number;
  /** Fields for answers; they win over the server's own of the same name. */
  readonly headers?: readonly HeaderRule[];
  /** Which other origins may read answers: none by default, all, or those listed. */
  readonly cors?: boolean | CorsRule;
  /** Paths that lead elsewhere; the first that fits counts. */
  readonly redirects?: readonly RedirectRule[];
  /** Paths that are answered as if another had been asked for; the first that fits counts. */
  readonly rewrites?: readonly RewriteRule[];
  /** Whether compressed forms are sent to clients that take them; true by default. */
  readonly compress?: boolean;
  /** Whether pages are preceded by links to what they need (RFC 8297); false by default. */
  readonly earlyHints?: boolean;
  /** What POST does to the tree: answer with the form page, the default, or nothing. */
  readonly post?: "form" | "off";
  /** The form page, in the root; "MyForm.html" by default. */
  readonly form?: string;
  /** The access log's format; "none" by default. */
  readonly log?: LogFormat;
  /** Where log lines go; standard output by default. */
  readonly write?: (text: string) => void;
  /** Told of a handler's or the server's own errors; standard error by default. */
  readonly onError?: (error: unknown) => void;
  /** Whether `server.requests` remembers what arrived; true by default. */
  readonly record?: boolean;
  /** Ceilings and deadlines that are not to be the default. */
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

/**
 * What of a running server can be changed: all but where it listens and whom it tells. `tls`, on a
 * server that has it, is the certificate for connections to come; it stays when it is left out.
 */
export type ReloadOptions = Omit<
  ServeOptions,
  "host" | "port" | "reusePort" | "write" | "onError" | "record"
>;

/** The option that was at fault, or what kept the server from listening. */
export type ServeErrorCode =
  | "root"
  | "limits"
  | "form"
  | "index"
  | "permissions"
  | "symlinks"
  | "post"
  | "log"
  | "rules"
  | "tls"
  | "workers"
  | "port-taken"
  | "listen";

/** Why a server could not be started; `code` says which part of the options was at fault. */
export class ServeError extends Error {
  readonly code: ServeErrorCode;

  constructor(code: ServeErrorCode, message: string) {
    super(message);
    this.name = "ServeError";
    this.code = code;
  }
}
