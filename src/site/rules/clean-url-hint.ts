/** What is said where a page that clean URLs serve without a slash is asked for with one. */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, displayName, parentPath, siblingPath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { Missed } from "../pages/error-page.ts";

/** What is known of why a path that doesn't exist was asked for. */
export type Hints = Pick<Missed, "hint" | "meant">;

/**
 * The page that `path`, which is absent and ends in a slash, was to be: the same name with `suffix`
 * instead; undefined when there is none.
 */
export function pageMeant(
  path: ContainedPath,
  suffix: string,
  tree: Tree,
  view: View,
): Eventual<Hints | undefined> {
  const page = siblingPath(path, suffix);
  const meant = childPath(parentPath(path), path.segments.at(-1) ?? "");
  if (page === undefined || meant === undefined) return undefined;
  return whenReady(tree.peek(page, view), (kind) => {
    if (kind !== "file") return undefined;
    const [from, to] = [displayName(page.text), displayName(meant.text)];
    return { hint: `--clean-urls serves ${from} as ${to}, without a slash at its end`, meant };
  });
}
