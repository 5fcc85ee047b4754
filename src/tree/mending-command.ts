/**
 * The command that mends a denial, to be pasted into a shell.
 */

import { shellWord } from "../base/shell-word.ts";
import type { Denial } from "./permission.ts";
import { permits } from "./permission.ts";

/**
 * The command for a shell that gives what `denial` lacks, "chmod o+r -- 'a b.html'". Undefined when
 * no bit is lacking. The path is relative to the root, or begins with `root`, a folder's path.
 */
export function mendingCommand({ path, mode, lacks }: Denial, root = ""): string | undefined {
  if (permits(mode, lacks === "o+r" ? "read" : "search")) return undefined;
  const isWhole = root === "" || path.startsWith("/");
  return `chmod ${lacks} -- ${shellWord(isWhole ? path : `${root.replace(/\/$/, "")}/${path}`)}`;
}
