/**
 * What a changed file means for the pages that are open: a style sheet can be swapped and a picture
 * loaded again in place, and after anything else a page is loaded anew.
 *
 * Pages aren't told which file has changed: a visitor would learn names of files that no listing
 * shows, and the path of a file isn't the path that a page knows it by when there are rewrites or
 * links.
 */

import { mediaTypeOf } from "../../tree/mime.ts";
import type { TreeChange } from "../../tree/watching/change-gathering.ts";

/** The kinds of changes, the most thorough first. */
const changeKinds = ["page", "style", "image"] as const;

/** What pages have to do. */
export type ChangeKind = (typeof changeKinds)[number];

/** Suffixes of precompressed files, which stand for the file without. */
const codedSuffix = /\.(?:br|gz|zst)$/i;

/** Sources of files that a tool makes and then writes too, and notes for debuggers. */
const notLoaded = /\.(?:map|s[ac]ss|styl|tsbuildinfo)$/i;

/** What the change of the file at `path` means; undefined when no page loads such a file. */
function kindOf(path: string): ChangeKind | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(codedSuffix, "");
  if (notLoaded.test(name)) return undefined;
  const mediaType = mediaTypeOf(name) ?? "";
  if (mediaType.startsWith("text/css")) return "style";
  return mediaType.startsWith("image/") ? "image" : "page";
}

/** The kinds of `change`, each once; none when it concerns no page, and "page" alone. */
export function kindsOf({ paths, isAll }: TreeChange): readonly ChangeKind[] {
  const found = new Set(paths.map(kindOf));
  if (isAll || found.has("page")) return ["page"];
  return changeKinds.filter((kind) => found.has(kind));
}
