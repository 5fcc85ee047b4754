/**
 * The command that mends a denial, to be pasted into a shell.
 */

import { shellWord } from "../base/shell-word.ts";
import type { Denial } from "./permission.ts";
import { isLacking } from "./permission.ts";

/**
 * The command for a shell that gives what `denial` lacks, "chmod o+r -- 'a b.html'". Undefined when
 * no bit is lacking, and in a store, where there is no file. The path is relative to the root, or
 * begins with `root`, a folder's path.
 */
export function mendingCommand(denial: Denial, root = ""): string | undefined {
  const { path, lacks, object } = denial;
  if (object !== undefined || !isLacking(denial)) return undefined;
  const isWhole = root === "" || path.startsWith("/");
  return `chmod ${lacks} -- ${shellWord(isWhole ? path : `${root.replace(/\/$/, "")}/${path}`)}`;
}
