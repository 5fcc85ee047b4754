/**
 * What a request asked for, as an error page shows it, and the ways on from there: the nearest
 * folder above that a visitor can look at, and home: the root, or the base that it is served under.
 *
 * Nothing of it tells a visitor more than the folders themselves do: a folder is named when its own
 * answer would be its index or its listing. Loaded by the first page that is made.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, containPath, folderPath, parentPath, rootPath } from "../../tree/path.ts";
import type { Kind, Tree } from "../../tree/tree.ts";
import { View } from "../../tree/view.ts";
import type { Request } from "../request.ts";
import type { PageLink } from "./error-markup.ts";
import { hrefFrom } from "./error-markup.ts";

/** What a request asked for. */
export interface AskedPath {
  /** The path for people to read: decoded where it can be, and cut. */
  readonly shown: string;
  /** The path of the request's target as it was sent; "" when its form has none. */
  readonly rawPath: string;
  /** The path, where it is one of a tree. */
  readonly path: ContainedPath | undefined;
}

/** `text`, of which at most `unitsMax` code units are shown, without half a character. */
function cut(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  return `${text.slice(0, unitsMax).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** `rawPath` for people to read, of which no path can be made: decoded if it is UTF-8. */
function readable(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return rawPath;
  }
}

/** What `request` asked for; at most `unitsMax` code units of it are shown. */
export function readAskedPath(
  { head: { target, rawTarget } }: Request,
  unitsMax: number,
): AskedPath {
  if (target.form !== "origin" && target.form !== "absolute") {
    return { shown: cut(rawTarget, unitsMax), rawPath: "", path: undefined };
  }
  const contained = containPath(target.path);
  const path = contained.ok ? contained.value : undefined;
  return { shown: cut(path?.text ?? readable(target.path), unitsMax), rawPath: target.path, path };
}

/** The link from the page that answers `asked` to `path`. */
export function linkFrom({ rawPath }: AskedPath, path: ContainedPath): PageLink {
  return { path: path.text, href: hrefFrom(rawPath, path.segments, path.trailingSlash) };
}

/** The link to `home`; undefined there itself, and where there is no path to go from. */
export function linkHome({ rawPath, path }: AskedPath, home: ContainedPath): string | undefined {
  if (rawPath === "" || path?.text === home.text) return undefined;
  return hrefFrom(rawPath, home.segments, true);
}

/** Folders that are tried from the root on, where that of the path itself is none. */
const foldersTriedMax = 16;

/** What a site knows of the ways on. */
export interface Ways {
  readonly tree: Tree;
  /** Whether folders are listed. */
  readonly isListed: boolean;
  /** The site's root, or the base that it is served under. */
  readonly home: ContainedPath;
}

/** Finds the way up from one path. */
class WayUp {
  readonly #tree: Tree;
  readonly #isListed: boolean;
  readonly #home: ContainedPath;
  readonly #view: View;

  constructor({ tree, isListed, home }: Ways, view: View) {
    this.#tree = tree;
    this.#isListed = isListed;
    this.#home = home;
    this.#view = view;
  }

  /** The nearest folder above `path` and below home or the root that can be looked at. */
  find(path: ContainedPath): Eventual<ContainedPath | undefined> {
    const parent = parentPath(path);
    if (parent.segments.length === 0 || parent.text === this.#home.text) return undefined;
    const found = whenReady(this.#peek(parent), (kind) => {
      // Storage that fails is not asked about all the others, too: the page can do without a link.
      if (kind === "failed") return undefined;
      return this.#answers(kind) ? parent : this.#descend(parent, 0, rootPath, undefined);
    });
    return whenReady(found, (folder) => (folder?.text === this.#home.text ? undefined : folder));
  }

  /** Goes down towards `parent` from `folder`, as long as there are folders. */
  #descend(
    parent: ContainedPath,
    depth: number,
    folder: ContainedPath,
    best: ContainedPath | undefined,
  ): Eventual<ContainedPath | undefined> {
    const name = parent.segments[depth];
    // The parent itself was tried before.
    const isOver = depth >= Math.min(foldersTriedMax, parent.segments.length - 1);
    const child = name === undefined || isOver ? undefined : childPath(folder, name);
    if (child === undefined) return best;
    const next = folderPath(child);
    return whenReady(this.#peek(next), (kind) => {
      const isThere = this.#answers(kind) || kind === "forbidden" || kind === "directory";
      if (!isThere) return best;
      return this.#descend(parent, depth + 1, next, this.#answers(kind) ? next : best);
    });
  }

  #answers(kind: Kind): boolean {
    return kind === "file" || (kind === "directory" && this.#isListed);
  }

  /**
   * Peeks at `folder`. What a peek at a listed folder saw can't be checked again from a cache, so
   * the page depends on two other things that say the same: the looks at the path itself, which
   * pass through the folder and see its mode, and that the folder has no index.
   */
  #peek(folder: ContainedPath): Eventual<Kind> {
    const own = this.#newView();
    return whenReady(this.#tree.peek(folder, own), (kind) => {
      if (kind !== "directory") {
        this.#view.include(own);
        return kind;
      }
      const index = childPath(folder, this.#tree.index);
      if (index === undefined) return kind;
      const ofIndex = this.#newView();
      return whenReady(this.#tree.peek(index, ofIndex), () => {
        this.#view.include(ofIndex);
        return kind;
      });
    });
  }

  #newView(): View {
    return this.#view.optional();
  }
}

/**
 * The link to the nearest folder above `asked` that a visitor can look at; undefined when only home
 * or the root is left, or what was asked for is no path.
 */
export function linkUp(asked: AskedPath, ways: Ways, view: View): Eventual<PageLink | undefined> {
  if (asked.path === undefined) return undefined;
  const found = new WayUp(ways, view).find(asked.path);
  return whenReady(found, (path) => (path === undefined ? undefined : linkFrom(asked, path)));
}
