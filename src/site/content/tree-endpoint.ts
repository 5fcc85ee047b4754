/**
 * GET and HEAD of a tree. This file maps the request's path to a path of the tree: as it is, or by
 * the site's options: redirects, rewrites, names without `.html`, and the page of a single-page
 * site.
 *
 * Every redirect keeps the query. Every location within the site is made from contained segments,
 * relative to the path asked for, so that it can't name another host. A folder that a rewrite leads
 * to without its slash is redirected to the path asked for with a slash, so that the client stays
 * where the rewrite applies. A folder asked for with empty segments is redirected to its own path.
 * If both `about.html` and `about/` exist, `/about` is the page and `/about/` the folder. A file
 * named `about` takes precedence over `about.html`.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { ContainedPath } from "../../tree/path.ts";
import {
  containPath,
  encodeName,
  encodePath,
  folderPath,
  parentPath,
  rootPath,
  siblingPath,
  withoutEmptySegments,
} from "../../tree/path.ts";
import type { Kind, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { TreeContent } from "./tree-content.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { PathMapping } from "../rules/path-mapping.ts";
import type { PathPattern } from "../rules/path-pattern.ts";

const pageSuffix = ".html";

/** What a path is rewritten to, and whether it has to be asked for with a slash at its end. */
interface Rewritten {
  readonly path: ContainedPath;
  readonly lacksSlash: boolean;
}

/** The path that a rewrite answers `path` with; undefined when none matches. */
function rewrite(patterns: Iterable<PathPattern>, path: ContainedPath): Rewritten | undefined {
  for (const pattern of patterns) {
    const to = pattern.target(path.segments, path.trailingSlash);
    if (to === undefined) continue;
    const instead = containPath(to);
    if (!instead.ok) return { path, lacksSlash: false };
    // The root has a slash of its own: with "/app/*" to "/*", "/app" is a folder without its slash.
    const isRoot = instead.value.segments.length === 0;
    return { path: instead.value, lacksSlash: pattern.endsOpen && isRoot && !path.trailingSlash };
  }
  return undefined;
}

/** Whether a page answers for a path of this kind: an absent one, or a folder's without its "/". */
function yields(kind: Kind): boolean {
  return kind === "absent" || kind === "redirect";
}

/** The path without its `.html`; undefined if the rest isn't a path in the same folder. */
function barePath(path: ContainedPath): ContainedPath | undefined {
  const bare = containPath(encodePath(path).slice(0, -pageSuffix.length));
  return bare.ok && bare.value.segments.length === path.segments.length ? bare.value : undefined;
}

const none: Outcome = { kind: "absent" };

/** What `TreeEndpoint` needs. */
interface TreeEndpointService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly mapping: PathMapping;
}

/** GET and HEAD of a tree, with the path mapping of its site. */
export class TreeEndpoint implements Endpoint {
  readonly isRepeatable = true;
  readonly #service: TreeEndpointService;

  constructor(service: TreeEndpointService) {
    this.#service = service;
  }

  methods(): readonly string[] {
    return ["GET", "HEAD"];
  }

  answer(request: Request, view: View): Answer | undefined {
    const { method, target } = request.head;
    if (method !== "GET" && method !== "HEAD") return undefined;
    const { content, mapping, pages } = this.#service;
    if (target.form !== "origin" && target.form !== "absolute") {
      return pages.refusal(refusals["target-form"]);
    }
    const { query } = target;
    const contained = containPath(target.path);
    if (!contained.ok) {
      if (contained.error !== "unnameable") return pages.refusal(refusals.path);
      return this.#answerUnnameable(request, target.path, query, view);
    }
    const asked = contained.value;
    for (const { pattern, status } of mapping.redirects) {
      const to = pattern.target(asked.segments, asked.trailingSlash);
      if (to === undefined || this.#leadsBack(to, asked)) continue;
      return content.redirect(request, status, to, query);
    }
    const rewritten = rewrite(mapping.rewrites, asked);
    if (rewritten !== undefined) {
      if (!rewritten.lacksSlash) return this.#answerAt(request, asked, rewritten.path, query, view);
      return content.redirect(request, 308, `${encodePath(asked)}/`, query);
    }
    if (!mapping.cleanUrls && !mapping.single) return content.answer(request, asked, query, view);
    // Only paths that no rewrite matches: a redirect would reveal the rewritten path.
    const location = mapping.cleanUrls ? this.#cleanLocation(asked, view) : undefined;
    return whenReady(location, (clean) =>
      clean === undefined
        ? this.#answerAt(request, asked, asked, query, view)
        : content.redirect(request, 308, clean, query),
    );
  }

  /**
   * Answers a path that no file has. A folder's path that has empty segments besides is redirected
   * to the folder: `//docs` to `../docs/`. A file's is not, because its relative references would
   * have meant something else.
   */
  #answerUnnameable(
    request: Request,
    rawPath: string,
    query: string | undefined,
    view: View,
  ): Answer {
    const { content, tree } = this.#service;
    const folder = withoutEmptySegments(rawPath);
    if (folder === undefined) return this.#answerAbsent(request, none, rootPath, query, view);
    // The root is a folder, and has its slash already.
    const kind = folder.trailingSlash ? "redirect" : tree.peek(folder, view);
    return whenReady(kind, (one) =>
      one === "redirect"
        ? content.redirect(request, 308, encodePath(folderPath(folder)), query)
        : this.#answerAbsent(request, none, rootPath, query, view),
    );
  }

  /**
   * Whether a redirect from `asked` to `to` would be a loop. A pattern for "/docs" also matches its
   * own target "/docs/", and with clean URLs "/about.html" redirects back to "/about".
   */
  #leadsBack(to: string, asked: ContainedPath): boolean {
    const path = encodePath(asked);
    if (to === path) return true;
    if (!this.#service.mapping.cleanUrls) return false;
    const page = asked.trailingSlash ? encodeName(this.#service.tree.index) : pageSuffix;
    return to === path + page;
  }

  /**
   * Answers with what is at `path`, with `path.html`, or with the page of a single-page site.
   * `path` is the path `asked`, or what that is rewritten to.
   */
  #answerAt(
    request: Request,
    asked: ContainedPath,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Answer {
    const { content, mapping, tree } = this.#service;
    const { cleanUrls } = mapping;
    return whenReady(tree.open(path, view), (found) => {
      const page =
        cleanUrls && !path.trailingSlash && yields(found.kind)
          ? this.#pageOf(path, view)
          : undefined;
      return whenReady(page, (other) => {
        if (other !== undefined) return content.answer(request, other, query, view);
        if (found.kind === "absent") {
          return this.#answerAbsent(request, found, path, query, view, path === asked);
        }
        if (found.kind !== "redirect") {
          return content.answerFound(request, found, path, query, view);
        }
        // The slash is missing from the path asked for, or only from the rewritten path.
        return asked.trailingSlash
          ? content.answer(request, folderPath(path), query, view)
          : content.answerFound(request, found, asked, query, view);
      });
    });
  }

  /** The path of the page for a path without `.html`; undefined when there is none. */
  #pageOf(path: ContainedPath, view: View): Eventual<ContainedPath | undefined> {
    const page = siblingPath(path, pageSuffix);
    if (page === undefined) return undefined;
    return whenReady(this.#service.tree.peek(page, view), (kind) =>
      yields(kind) ? undefined : page,
    );
  }

  /** The location without `.html` that `path` redirects to; undefined when it doesn't redirect. */
  #cleanLocation(path: ContainedPath, view: View): Eventual<string | undefined> {
    const { tree } = this.#service;
    const name = path.segments.at(-1);
    if (path.trailingSlash || name === undefined || !name.endsWith(pageSuffix)) return undefined;
    return whenReady(tree.peek(path, view), (kind) => {
      if (kind !== "file") return undefined;
      if (name === tree.index) return encodePath(parentPath(path));
      const bare = barePath(path);
      if (bare === undefined) return undefined;
      return whenReady(tree.peek(bare, view), (other) =>
        yields(other) ? encodePath(bare) : undefined,
      );
    });
  }

  /** Answers for an absent path, which the site's options may say something about. */
  #answerAbsent(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string | undefined,
    view: View,
    isAsked = false,
  ): Answer {
    const { content, mapping } = this.#service;
    if (!mapping.single && !mapping.cleanUrls) {
      return content.answerFound(request, found, path, query, view);
    }
    const { answerAbsent } = require("./absent-path.ts") as typeof import("./absent-path.ts");
    return answerAbsent(this.#service, { request, found, path, query, isAsked }, view);
  }
}
