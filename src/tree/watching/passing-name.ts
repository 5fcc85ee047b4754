/**
 * Names that change without any page changing: files that editors write beside the one they save,
 * what version control keeps, and names that are not served.
 */

import { isHiddenName } from "../path.ts";

/** Files that programs make while they save, and remove or keep beside the real one. */
const passing = new RegExp(
  [
    // Backups: Vim, Emacs, nano, gedit, Kate.
    "~$|\\.bak$",
    // Swap and lock files: Vim, Kate, Emacs, Office.
    "^\\..*\\.sw[a-z]$|\\.sw[op]$|\\.kate-swp$|^#.*#$|^\\.#|^~\\$",
    // Vim's probe of whether it may write into a folder: the first free of 4913, 5036, and so on.
    "^(?:4913|5036|5159|5282)$",
    // Files that are renamed over the real one: JetBrains, GLib, KDE, sed.
    "___jb_(?:tmp|old)___$|^\\.goutputstream-|^sed[A-Za-z\\d]{6}$",
    // Downloads and archives that are not complete, and the desktops' own files.
    "\\.(?:tmp|temp|part|partial|crdownload)$|^\\.DS_Store$|^Thumbs\\.db$|^desktop\\.ini$",
    // Removed files that a client of NFS still has open.
    "^\\.nfs[\\da-f]+$",
  ].join("|"),
  "i",
);

/** The folders of version control, which change with every command. */
const versionControl: ReadonlySet<string> = new Set([".git", ".hg", ".jj", ".svn"]);

/**
 * Whether no page depends on what is at `path`, relative to the root: by its name alone. With
 * `hidden`, names that begin with a dot are served.
 */
export function isPassing(path: string, hidden: boolean): boolean {
  const names = path.split("/");
  if (passing.test(names.at(-1) ?? "")) return true;
  return names.some(
    (name, depth) => versionControl.has(name) || (!hidden && isHiddenName(name, depth)),
  );
}
