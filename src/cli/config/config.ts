/**
 * What a configuration can say, in a file as on the command line: the options of the library that
 * are plain values.
 */

import type { ServeOptions, TlsOptions } from "../../server/serve-options.ts";

/**
 * A configuration, as `postern.config.json` holds it and `postern.config.ts` exports it by default.
 * `root` and the files of `tls` are relative to the file.
 */
export interface Config extends Omit<
  ServeOptions,
  "reusePort" | "write" | "onError" | "record" | "tls"
> {
  /** The certificate and its key; the command line may name one of them, or another one. */
  readonly tls?: Partial<TlsOptions>;
  /** Processes that serve together; "auto" for one on each core. 1 by default. */
  readonly workers?: number | "auto";
  /** Whether nothing is printed but errors; false by default. */
  readonly quiet?: boolean;
}

/**
 * Gives `config` back as it is; it is there so that an editor knows what may stand in it.
 *
 * ```ts
 * export default defineConfig({ root: "dist", cache: 3600, cleanUrls: true });
 * ```
 */
export function defineConfig(config: Config): Config {
  return config;
}
