/**
 * What a configuration can say, in a file as on the command line: the options of the library that
 * are plain values, and those of the command.
 */

import type { ServeOptions, TlsOptions } from "../../server/serve-options.ts";

/** The names under which a configuration is looked for in the current folder. */
export const configFileNames = ["postern.config.ts", "postern.config.json"] as const;

/** Options that only a program which calls `serve` can set. */
type CodeOption =
  | "files"
  | "reusePort"
  | "sockets"
  | "write"
  | "isTerminal"
  | "onError"
  | "onUpload"
  | "record"
  | "wiretap";

/**
 * A configuration, as `postern.config.json` holds it and `postern.config.ts` exports it by default.
 * `root` and the files of `tls` are relative to the file.
 */
export interface Config extends Omit<ServeOptions, CodeOption | "tls"> {
  /**
   * The certificate and its key; a flag of the command line may replace or complete them. True for
   * one that postern makes, and keeps for the user.
   */
  readonly tls?: boolean | Partial<TlsOptions>;
  /** Processes that serve together; "auto" for one on each core. 1 by default. */
  readonly workers?: number | "auto";
  /**
  /**
   * A file that the access log is appended to; SIGUSR1 opens it again. By default the log goes to
   * standard output. The format is "combined" in a file, unless `log` names another.
   */
  readonly logFile?: string;
  /**
   * How long the file may get, and how many are kept beside it: "10M" for five of ten mebibytes,
   * "1Gx2". By default it is never rotated.
   */
  readonly logRotate?: string;
  /**
   * The user that the process becomes when it listens, "www-data" or "www-data:web", as names or
   * numbers; for root, which may have ports below 1024. By default it stays who it is.
   */
  readonly user?: string;
  /** Whether nothing is printed but errors, and only a log in a file; false by default. */
  readonly quiet?: boolean;
  /** A file that has the port in it while the server listens; none by default. */
  readonly portFile?: string;
  /** A folder into which what passes is recorded, as wire scripts; none by default. */
  readonly recordTo?: string;
  /** Whether a QR code of the network address is printed on a terminal; false by default. */
  readonly qr?: boolean;
  /** Whether the site is opened in the user's browser; false by default. */
  readonly open?: boolean;
}

/** `Value`, with a text where a number may be: the text of a time or a size, "1h" or "8M". */
type Written<Value> = {
  readonly [Name in keyof Value]: number extends Value[Name] ? Value[Name] | string : Value[Name];
};

/** A configuration as a file writes it: times and sizes may be texts, as on the command line. */
export interface WrittenConfig extends Omit<Config, "cache" | "limits" | "store" | "uploadQuota"> {
  readonly cache?: number | string;
  readonly limits?: Written<NonNullable<Config["limits"]>>;
  readonly store?: Written<NonNullable<Config["store"]>>;
  readonly uploadQuota?: number | string;
}

/**
 * Returns `config` as it is; an editor takes the type of its argument from here.
 *
 * ```ts
 * export default defineConfig({ root: "dist", cache: "1h", cleanUrls: true });
 * ```
 */
export function defineConfig(config: WrittenConfig): WrittenConfig {
  return config;
}
