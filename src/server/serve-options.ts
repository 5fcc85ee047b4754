/**
 * The options of a server, and what holds for all of them: their defaults and the words that an
 * option may be set to.
 *
 * An option is declared here, or in `site/site-options.ts` if it is about what a site answers.
 * `cli/options/option-table.ts` has a row for each, without which it does not compile: its flag,
 * its key in a configuration, its line in the help. An option that only code can set is named in
 * `CodeOption` (`cli/config/config.ts`) instead.
 */

import type { Wiretap } from "../base/wiretap.ts";
import type { Scheme } from "../http/message/target.ts";
import { ServeError } from "../site/serve-error.ts";
import type { ProxiedClients } from "./proxied/proxied-clients.ts";
import type { LineSpeed } from "./throttle/line-speed.ts";
import type { CompleteSiteOptions, SiteOptions } from "../site/site-options.ts";
import { defaultSiteOptions, siteOptionWords } from "../site/site-options.ts";
import type { GivenSockets } from "./listening/given-sockets.ts";
import type { UploadProgress } from "../site/uploads/upload-progress.ts";
import type { FaultRule } from "./faults/fault-options.ts";
import type { LogFormat } from "./log.ts";
import { logFormats } from "./log.ts";

/** A server's certificate and its key; each is PEM text, or the path of a file of it. */
export interface TlsOptions {
  /** The certificate, followed by the certificates of its chain, in order (RFC 8446 §4.4.2). */
  readonly cert: string;
  /** The certificate's private key, not encrypted. */
  readonly key: string;
}

/**
 * The certificate of a server: one's own, or one for localhost, this machine's names and its
 * private addresses, signed by an authority (CA) that postern makes. With `true` that authority is
 * in memory, one for all servers of the process, and touches no file. With "local" it is the one
 * that `postern --tls` keeps for the user, which browsers can be made to trust.
 */
export type TlsSetting = TlsOptions | true | "local";

/** Whether `text` is PEM, and not the path of a file of it (RFC 7468 §2). */
export function isPemText(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** The options of a server; each may be left out. */
export interface ServeOptions extends SiteOptions {
  /** The port to listen on; 0, the default, for any free one. */
  readonly port?: number;
  /**
   * The path of a Unix socket to listen on, instead of a host and a port. A file that a dead server
   * has left there is replaced; it is removed when the server stops.
   */
  readonly unix?: string;
  /** The permission bits of the socket's file, 0o660; those that the umask leaves by default. */
  readonly unixMode?: number;
  /** The host to listen on; "localhost" by default, which is 127.0.0.1 and ::1. */
  readonly host?: string;
  /**
   * Whether other processes of the same user may listen on the same port, if all of them set this
   * (SO_REUSEPORT); Linux spreads the connections over them. False by default.
   */
  readonly reusePort?: boolean;
  /**
   * Descriptors of sockets that listen already, in place of making them: of `server.sockets`, or of
   * a service manager. `host` and `port`, or `unix`, and `metrics` and `health` then say what they
   * are bound to. The server closes its descriptors when it stops, and leaves a Unix socket's file
   * where it is, unless `removesFile` is true.
   */
  readonly sockets?: GivenSockets;
  /**
   * The certificate. With it the port speaks TLS 1.2 or 1.3, and answers a request in cleartext
   * with a redirect to https. False, the default, for no TLS.
   */
  readonly tls?: TlsSetting | false;
  /** With `tls`, a further port, which redirects from http to https; 0 for any free one. */
  readonly tlsRedirect?: number;
  /**
   * The proxies whose word about their clients counts: addresses, nets ("10.0.0.0/8"), "loopback",
   * "private", or "unix:" for Unix sockets. Forwarded (RFC 7239), or X-Forwarded-For, -Proto and
   * -Host, then name the client's address, and the scheme and host that it asked for. None by
   * default.
   */
  readonly trustProxy?: readonly string[];
  /**
   * Whether each connection begins with a header of the PROXY protocol, version 1 or 2, which names
   * its client. It must be there, before TLS too, and come from a proxy of `trustProxy`: all other
   * connections are closed. False by default.
   */
  readonly proxyProtocol?: boolean;
  /**
   * How slow each connection is: "3g", "4g", "dsl", or a rate towards the client and the latency of
   * a round trip, "1.6Mbit/150ms". By default as fast as it is.
   */
  readonly throttle?: string;
  /** The access log's format; "none" by default. */
  readonly log?: LogFormat;
  /** Writes lines of the log; to standard output by default. */
  readonly write?: (text: string) => void;
  /**
   * Whether `write` writes to a terminal. The lines of the format "short" then name what is similar
   * to a path that is missing. Called when the first one is missing; false by default.
   */
  readonly isTerminal?: () => boolean;
  /**
   * Counts what the server does, and serves the counts at `/metrics` on a listener of its own: a
   * port, or "HOST:PORT"; by default on 127.0.0.1. With `true` they are only counted, for
   * `server.measure()`. By default nothing is counted.
   */
  readonly metrics?: string | number | true;
  /**
   * Tells at `/livez` and `/readyz` whether the server lives and is ready, on a listener of its
   * own: a port, or "HOST:PORT"; by default on 127.0.0.1. It may be that of `metrics`. None by
   * default.
   */
  readonly health?: string | number;
  /** Receives errors of routes and of the server itself; standard error by default. */
  readonly onError?: (error: unknown) => void;
  /**
   * What the server does wrong on purpose, to test clients: a list of rules, or the path of a text
   * file with them. Nothing by default.
   */
  readonly faults?: readonly FaultRule[] | string;
  /**
   * Is told of the octets of each connection, those within TLS; `recordScripts` of `postern/check`
   * makes one that writes wire scripts. None by default.
   */
  readonly wiretap?: Wiretap;
  /**
   * Is told of each upload when its first octets are awaited. It can look at how far that is for as
   * long as it takes. What it throws is written to standard error. None by default.
   */
  readonly onUpload?: (upload: UploadProgress) => void;
  /** Whether `server.requests` records what arrives; true by default. */
  readonly record?: boolean;
}

/** Options that have no default value: the server does without them. */
const optionsWithoutDefault = [
  "files",
  "store",
  "auth",
  "tls",
  "tlsRedirect",
  "throttle",
  "cache",
  "uploadQuota",
  "write",
  "isTerminal",
  "onError",
  "onUpload",
  "metrics",
  "health",
  "unix",
  "unixMode",
  "sockets",
  "wiretap",
] as const satisfies readonly (keyof ServeOptions)[];

type OptionWithoutDefault = (typeof optionsWithoutDefault)[number];

/** The value of each option that is left out. */
export const defaultOptions = {
  ...defaultSiteOptions,
  port: 0,
  host: "localhost",
  reusePort: false,
  trustProxy: [],
  proxyProtocol: false,
  log: "none",
  faults: [],
  record: true,
} as const satisfies Required<Omit<ServeOptions, OptionWithoutDefault>>;

/** The options that have a default value. */
type DefaultedOption = keyof typeof defaultOptions;

/** Options in which only those are left out that have no default. */
export type CompleteOptions = ServeOptions &
  Required<Pick<ServeOptions, DefaultedOption>> &
  Pick<CompleteSiteOptions, "filesOver"> & {
    /** The clients behind the proxies that `trustProxy` names. */
    readonly proxied?: ProxiedClients;
    /** What `throttle` says. */
    readonly lineSpeed?: LineSpeed;
  };

/** Throws a TypeError for a key that is no option: what was meant would have no effect. */
function checkKeys(options: ServeOptions): void {
  const known: readonly string[] = [...Object.keys(defaultOptions), ...optionsWithoutDefault];
  for (const key of Object.keys(options)) {
    if (known.includes(key) || options[key as keyof ServeOptions] === undefined) continue;
    refuseKey(key, known);
  }
}

/** Throws the TypeError for the key `unknown`. */
function refuseKey(unknown: string, known: readonly string[]): never {
  const { nearestWord } =
    require("../base/nearest-word.ts") as typeof import("../base/nearest-word.ts");
  const nearest = nearestWord(unknown, known);
  const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  throw new TypeError(`no option is called ${JSON.stringify(unknown)}${hint}`);
}

/** The clients behind the proxies of `options`. Their code is loaded only where there are some. */
function proxiedBy(options: ServeOptions): Pick<CompleteOptions, "proxied"> {
  const { trustProxy = [], proxyProtocol = false } = options;
  if (trustProxy.length === 0) {
    if (!proxyProtocol) return {};
    const remedy = "needs trustProxy (--trust-proxy), which says whose headers count";
    throw new ServeError("proxyProtocol", `proxyProtocol ${remedy}`);
  }
  const { openTrustedProxies } =
    require("./proxied/trusted-proxies.ts") as typeof import("./proxied/trusted-proxies.ts");
  const limits = { ...defaultOptions.limits, ...options.limits };
  const proxied = openTrustedProxies(trustProxy, proxyProtocol, limits);
  if (proxyProtocol && options.unix !== undefined && !proxied.trusts("unix:")) {
    const remedy = 'trustProxy (--trust-proxy) has to name "unix:"';
    throw new ServeError("proxyProtocol", `with the PROXY protocol on a Unix socket, ${remedy}`);
  }
  return { proxied };
}

/** The line that `options` ask for. Its code is loaded only where there is one. */
function lineOf({ throttle, limits }: ServeOptions): Pick<CompleteOptions, "lineSpeed"> {
  if (throttle === undefined) return {};
  const { readLineSpeed } =
    require("./throttle/line-speed.ts") as typeof import("./throttle/line-speed.ts");
  const read = readLineSpeed(throttle, { ...defaultOptions.limits, ...limits });
  if (!read.ok) throw new ServeError("throttle", read.error);
  return { lineSpeed: read.value };
}

/**
 * `options`, each with its default where it is left out. Throws a TypeError for a key that is no
 * option, and a `ServeError` for the first option that is set to none of its words (callers without
 * types may), and for a proxy that has no address.
 */
export function completeOptions(options: ServeOptions): CompleteOptions {
  checkKeys(options);
  checkWords(options);
  const complete: Partial<Record<DefaultedOption, unknown>> = {};
  for (const name of Object.keys(defaultOptions) as DefaultedOption[]) {
    complete[name] = options[name] ?? defaultOptions[name];
  }
  const hasRoot = options.root !== undefined || Object.keys(options.mounts ?? {}).length === 0;
  return {
    ...options,
    ...(complete as Pick<CompleteOptions, DefaultedOption>),
    // Mounts alone leave no folder for "/".
    ...(hasRoot ? {} : { root: "" }),
    ...proxiedBy(options),
    ...lineOf(options),
    ...(options.files === undefined ? {} : { filesOver: options.root }),
  };
}

/** The options whose value is one of a few words. */
type WordOption = {
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
  ...siteOptionWords,
  log: logFormats,
};

/** The options that a running server keeps: where it listens, and what it reports to. */
type FixedOption =
  | "host"
  | "port"
  | "unix"
  | "unixMode"
  | "tlsRedirect"
  | "reusePort"
  | "sockets"
  | "throttle"
  | "write"
  | "isTerminal"
  | "onError"
  | "onUpload"
  | "metrics"
  | "health"
  | "record"
  | "wiretap";

/**
 * The options that can change while a server runs. `tls` is the certificate for connections to
 * come, on a server that has one already; left out, the certificate stays. A local one is made anew
 * if it has to be.
 */
export type ReloadOptions = Omit<ServeOptions, FixedOption>;

function checkWords(options: ServeOptions): void {
  for (const name of Object.keys(optionWords) as WordOption[]) {
    const value = options[name];
    const words: readonly string[] = optionWords[name];
    if (value === undefined || words.includes(value)) continue;
    throw new ServeError(name, `${name} must be one of ${words.join(", ")}, not ${value}`);
  }
}

/** How clients name a server: on a Unix socket as on the default host. */
export function addressOf({ host, tls, unix }: CompleteOptions): { host: string; scheme: Scheme } {
  const scheme = tls === undefined || tls === false ? "http" : "https";
  return { host: unix === undefined ? host : defaultOptions.host, scheme };
}

/** `host`, an IPv6 address without the brackets that it may have in a URL. */
function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** The addresses that a host name stands for on this machine. */
export function addressesOf(host: string): readonly string[] {
  // Bun binds "localhost" to 127.0.0.1 alone; browsers try ::1 first.
  return host === "localhost" ? ["127.0.0.1", "::1"] : [withoutBrackets(host)];
}

/**
 * The URL of a site under `base` on a server that was asked to listen on `host`; without a port for
 * a Unix socket.
 */
export function urlOf(scheme: Scheme, host: string, port: number, base = "/"): URL {
  const bare = withoutBrackets(host);
  const shown = bare.includes(":") ? `[${bare}]` : bare;
  return new URL(`${scheme}://${port === 0 ? shown : `${shown}:${port}`}${base}`);
}

/** The names of a server that listens on `host`. Few servers are ever asked for other hosts. */
export function hostNames(host: string): readonly string[] {
  const { machineNames } = require("./machine-names.ts") as typeof import("./machine-names.ts");
  return [host, ...machineNames()];
}

/** How a server stops. */
export interface StopOptions {
  readonly force?: boolean;
  readonly patienceMs?: number;
  /**
   * Whether another process goes on with the server's `sockets`. Then `/readyz` stays as it is, the
   * listeners of `metrics` and `health` close with the others, and with the same patience, and the
   * file of a Unix socket is left where it is. False by default.
   */
  readonly isReplaced?: boolean;
}
