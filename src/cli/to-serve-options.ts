/**
 * From what a file and the command line ask for to the options of the library.
 */

import type { ServeOptions, TlsOptions } from "../server/serve-options.ts";
import type { Config } from "./config/config.ts";

/**
 * Both together: `words` win over `file`. Limits and header fields are added to the file's, and so
 * is a certificate or a key.
 */
export function mergeConfigs(file: Config, words: Config): Config {
  return {
    ...file,
    ...words,
    limits: { ...file.limits, ...words.limits },
    headers: [...(file.headers ?? []), ...(words.headers ?? [])],
    ...(file.tls === undefined ? {} : { tls: { ...file.tls, ...words.tls } }),
    // Whoever asks for a log asks for it to be seen.
    quiet: words.quiet ?? (words.log === undefined && file.quiet === true),
  };
}

/** What `config` asks of the library. */
export function serveOptions({ quiet, workers: _workers, tls, ...options }: Config): ServeOptions {
  return {
    ...options,
    // Half a certificate is refused where it is read.
    ...(tls === undefined ? {} : { tls: tls as TlsOptions }),
    log: quiet === true ? "none" : (options.log ?? "short"),
    record: false,
  };
}
