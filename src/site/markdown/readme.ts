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
  // A tree that has to wait is asked for all names at once, and has the answers below.
  if (tree.openFile !== undefined)
    await Promise.all(pathsIn(folder).map(async (path) => await open(path)));
  for (const path of pathsIn(folder)) {
    const found = await open(path);
    if (found.kind !== "file") continue;
    if (!isUnsized(found.file)) return { file: found.file, path };
    found.file.close();
  }
  return undefined;
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
