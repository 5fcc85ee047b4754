/**
 * The README of a folder, for the page of its listing. It is opened like any file, so strangers see
 * it only if they may read it.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, encodeName } from "../../tree/path.ts";
import type { OpenFile, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import { isUnsized } from "../content/file-response.ts";
import { escapeHtml } from "../pages/markup.ts";
import type { Documents, RenderedDocument } from "./document.ts";

/** The names of a README; the first that is there and may be read is shown. */
const readmeNames = ["README.md", "readme.md", "Readme.md", "README", "README.txt", "readme.txt"];

/** A README that has been rendered. The same object for the same version of the file. */
export interface Readme {
  readonly name: string;
  readonly document: RenderedDocument;
}

/** What `findReadme` found: the file is open. */
interface OpenReadme {
  readonly file: OpenFile;
  readonly path: ContainedPath;
}

/** The paths of the names that a README in `folder` may have. */
function pathsIn(folder: ContainedPath): readonly ContainedPath[] {
  return readmeNames.flatMap((name) => childPath(folder, name) ?? []);
}

async function openReadme(
  tree: Tree,
  folder: ContainedPath,
  view: View,
): Promise<OpenReadme | undefined> {
  const open = (path: ContainedPath): Eventual<Outcome> =>
    tree.openFile?.(path, view) ?? tree.open(path, view);
  const paths = pathsIn(folder);
  // A tree that has to wait is asked for all names at once, and each once: one that fails would
  // have to be waited for again.
  const ahead =
    tree.openFile === undefined
      ? []
      : await Promise.all(paths.map(async (path) => await open(path)));
  let first: OpenReadme | undefined;
  for (const [at, path] of paths.entries()) {
    if (first !== undefined && ahead.length === 0) break;
    const found = ahead[at] ?? (await open(path));
    if (found.kind !== "file") continue;
    if (first === undefined && !isUnsized(found.file)) first = { file: found.file, path };
    else found.file.close();
  }
  return first;
}

/** The README of the folder at `path`; undefined when there is none to show. */
export async function findReadme(
  tree: Tree,
  folder: ContainedPath,
  view: View,
  documents: Documents,
): Promise<Readme | undefined> {
  const opened = await openReadme(tree, folder, view);
  if (opened === undefined) return undefined;
  const { name } = opened.file;
  const document = await documents.of(opened.file, opened.path, "below");
  return document === undefined || document.octets.length === 0 ? undefined : { name, document };
}

/** `readme` as a part of a page whose address is that of the folder. */
export function readmeSection({ name, document }: Readme): string {
  const shown = escapeHtml(name);
  const href = `./${encodeName(name)}`;
  const html = new TextDecoder().decode(document.octets);
  const more = document.isCut ? cutNote(href) : "";
  return `<section class="readme" aria-label="${shown}">
<h2 class="name"><a href="${href}">${shown}</a></h2>
${html}${more}</section>
`;
}

/** Says that the file at `href` has more than is shown. */
export function cutNote(href: string): string {
  return `<p class="soft">This is the beginning. <a href="${href}">The whole file</a></p>\n`;
}
