/**
 * From the words of the command line to the options of the library.
 */

import type { ServeOptions } from "../server/serve-options.ts";
import type { CommandLine } from "./options.ts";

/** What the command line asks of the library. */
export function serveOptions(command: CommandLine): ServeOptions {
  return {
    root: command.root,
    host: command.host,
    permissions: command.permissions,
    explain: command.explain,
    hidden: command.hidden,
    symlinks: command.symlinks,
    listing: command.listing,
    post: command.post,
    compress: command.compress,
    form: command.form,
    log: command.quiet ? "none" : command.log,
    record: false,
    ...(command.maxBody === undefined ? {} : { limits: { bodyBytesMax: command.maxBody } }),
  };
}
