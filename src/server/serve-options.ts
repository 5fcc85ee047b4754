/**
 * The options of a server, the error that refuses them, and what holds for all of them: their
 * defaults and the words that an option may be set to.
 *
 * An option is declared here. `cli/options/option-table.ts` has a row for each, without which it
 * does not compile: its flag, its key in a configuration, its line in the help.
 */

import type { Limits } from "../base/limits.ts";
import { defaultLimits } from "../base/limits.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "../site/rules/rules.ts";
import type { SymlinkRule } from "../tree/disk/symlink-rule.ts";
import { symlinkRules } from "../tree/disk/symlink-rule.ts";
import type { Permissions } from "../tree/permission.ts";
import { permissionRules } from "../tree/permission.ts";
import type { LogFormat } from "./log.ts";
import { logFormats } from "./log.ts";

/** A server's certificate and its key; each is PEM text, or the path of a file of it. */
export interface TlsOptions {
  /** The certificate, followed by the certificates of its chain, in order (RFC 8446 §4.4.2). */
  readonly cert: string;
  /** The certificate's private key, not encrypted. */
  readonly key: string;
}

/** Whether `text` is PEM, and not the path of a file of it (RFC 7468 §2). */
export function isPemText(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** What POST can do where no route answers it, as the option names it. */
export const postActions = ["form", "off"] as const;

/** Whether POST answers with the form page, or is refused ("off"). */
export type PostAction = (typeof postActions)[number];

/** The options of a server; each may be left out. */
export interface ServeOptions {
  /** The folder to serve; the current one by default. */
  readonly root?: string;
  /** The port to listen on; 0, the default, for any free one. */
  readonly port?: number;
  /** The host to listen on; "localhost" by default, which is 127.0.0.1 and ::1. */
  readonly host?: string;
  /**
   * Whether other processes of the same user may listen on the same port, if all of them set this
   * (SO_REUSEPORT); Linux spreads the connections over them. False by default.
   */
  readonly reusePort?: boolean;
  /** The certificate. With it the port speaks TLS 1.2 or 1.3 and nothing else. */
  readonly tls?: TlsOptions;
  /**
   * Whose right to read counts: a stranger's, by the mode bits ("other", the default), or that of
   * the server's process ("process").
   */
  readonly permissions?: Permissions;
  /** Whether the page of a refusal says why; false by default. */
  readonly explain?: boolean;
  /** Whether names that begin with "." are served; false by default. */
  readonly hidden?: boolean;
  /** Which symbolic links are followed; by default those whose target is inside the root. */
  readonly symlinks?: SymlinkRule;
  /** Whether a folder without an index is listed; true by default. */
  readonly listing?: boolean;
  /** The name of a folder's index; "index.html" by default, "" for none. */
  readonly index?: string;
  /** Whether the root's index answers navigations to missing paths; false by default. */
  readonly single?: boolean;
  /**
   * Whether `/about` is `about.html`, even where a folder `about/` exists, and `/about.html`
   * redirects to `/about`; false by default.
   */
  readonly cleanUrls?: boolean;
  /** Whole seconds for which responses are fresh; without it they are revalidated each time. */
  readonly cache?: number;
  /** Fields to add to responses; they replace the server's own of the same name. */
  readonly headers?: readonly HeaderRule[];
  /** Which other origins may read responses: none by default, all, or those listed. */
  readonly cors?: boolean | CorsRule;
  /** Paths that redirect; the first pattern that matches counts. */
  readonly redirects?: readonly RedirectRule[];
  /** Paths that are answered as another path; the first pattern that matches counts. */
  readonly rewrites?: readonly RewriteRule[];
  /** Whether compressed variants are sent to clients that accept them; true by default. */
  readonly compress?: boolean;
  /** Whether a 103 with links to what a page needs precedes it (RFC 8297); false by default. */
  readonly earlyHints?: boolean;
  /** What POST does where no route answers it; "form" by default. */
  readonly post?: PostAction;
  /** The form page, in the root; "MyForm.html" by default. */
  readonly form?: string;
  /** The access log's format; "none" by default. */
  readonly log?: LogFormat;
  /** Writes lines of the log; to standard output by default. */
  readonly write?: (text: string) => void;
  /** Receives errors of routes and of the server itself; standard error by default. */
  readonly onError?: (error: unknown) => void;
  /** Whether `server.requests` records what arrives; true by default. */
  readonly record?: boolean;
  /** Limits and timeouts that differ from `defaultLimits`. */
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

/** Options that have no default value: the server does without them. */
type OptionWithoutDefault = "tls" | "cache" | "write" | "onError";

/** The value of each option that is left out. */
export const defaultOptions = {
  root: ".",
  port: 0,
  host: "localhost",
  reusePort: false,
  permissions: "other",
  explain: false,
  hidden: false,
  symlinks: "inside",
  listing: true,
  index: "index.html",
  single: false,
  cleanUrls: false,
  headers: [],
  cors: false,
  redirects: [],
  rewrites: [],
  compress: true,
  earlyHints: false,
  post: "form",
  form: "MyForm.html",
  log: "none",
  record: true,
  limits: defaultLimits,
} as const satisfies Required<Omit<ServeOptions, OptionWithoutDefault>>;

/** The options that have a default value. */
type DefaultedOption = keyof typeof defaultOptions;

/** Options in which only those are left out that have no default. */
export type CompleteOptions = ServeOptions & Required<Pick<ServeOptions, DefaultedOption>>;

/** `options`, each with its default where it is left out. */
export function completeOptions(options: ServeOptions): CompleteOptions {
  const names = Object.keys(defaultOptions) as DefaultedOption[];
  const complete = names.map((name) => [name, options[name] ?? defaultOptions[name]]);
  return {
    ...options,
    ...(Object.fromEntries(complete) as Pick<CompleteOptions, DefaultedOption>),
  };
}

/** The options whose value is one of a few words. */
export type WordOption = {
  [Name in keyof ServeOptions]-?: [ServeOptions[Name]] extends [string | undefined]
    ? string extends ServeOptions[Name]
      ? never
      : Name
    : never;
}[keyof ServeOptions];

/** The words of each. */
export const optionWords: {
  readonly [Name in WordOption]: readonly NonNullable<ServeOptions[Name]>[];
} = {
  permissions: permissionRules,
  symlinks: symlinkRules,
  post: postActions,
  log: logFormats,
};

/** The options that a running server keeps: where it listens, and what it reports to. */
type FixedOption = "host" | "port" | "reusePort" | "write" | "onError" | "record";

/**
 * The options that can change while a server runs. `tls` is the certificate for connections to
 * come, on a server that has one already; left out, the certificate stays.
 */
export type ReloadOptions = Omit<ServeOptions, FixedOption>;

/** The option that is wrong, or what kept the server from listening. */
export type ServeErrorCode =
  | WordOption
  | "root"
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
