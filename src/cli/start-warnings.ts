/**
 * What a server says on standard error at its start: how its passwords may get into wrong hands,
 * and that what it is there for can't succeed.
 */

import { accessSync, constants } from "node:fs";
import { join } from "node:path";

import { nameForSystem } from "../base/file-name.ts";
import { isStoreName } from "../site/site-options.ts";
import { displayName } from "../tree/path.ts";
import { authWarnings } from "./auth-warnings.ts";
import type { Config } from "./config/config.ts";
import type { Listening } from "./terminal/reached.ts";

/** Why this process can't make files in the folder `path`; undefined when it can. */
function writingFault(path: string): string | undefined {
  try {
    accessSync(nameForSystem(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    return typeof code === "string" ? code : String(error);
  }
}

/** A line when no upload can be stored. Of a store nothing is asked at the start. */
function uploadWarnings({ root = ".", put, post, uploadDir = "" }: Config): readonly string[] {
  if ((put !== true && post !== "upload") || isStoreName(root)) return [];
  const folder = join(root, uploadDir);
  const fault = writingFault(folder);
  if (fault === undefined) return [];
  const place = displayName(folder);
  return [`no upload can be stored in ${place}: this user may not write there (${fault})`];
}

/** A line for each of them. `words` are those of the command line. */
export function startWarnings(
  server: Listening,
  config: Config,
  words: readonly string[],
): readonly string[] {
  const auth = config.auth === undefined ? [] : authWarnings(server, config, words);
  return [...auth, ...uploadWarnings(config)];
}
