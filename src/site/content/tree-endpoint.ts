/**
 * GET and HEAD of a tree. This file maps the request's path to a path of the tree: as it is, or by
 * the site's options: redirects, rewrites, names without `.html`, and the page of a single-page
 * site.
 *
 * Every redirect keeps the query. Every location within the site is made from contained segments,
 * so that it can't name another host. If both `about.html` and `about/` exist, `/about` is the page
 * and `/about/` the folder. A file named `about` takes precedence over `about.html`.
 */

import { refusals } from "../../http/message/error.ts";
import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Response } from "../../http/message/response.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath, parentPath, rootPath, siblingPath } from "../../tree/path.ts";
import type { Kind, Outcome, Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { TreeContent } from "./tree-content.ts";
import { redirect } from "./redirect.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { PathMapping } from "../rules/path-mapping.ts";
import type { PathPattern } from "../rules/path-pattern.ts";

const pageSuffix = ".html";

function firstTarget(patterns: Iterable<PathPattern>, path: ContainedPath): string | undefined {
  for (const pattern of patterns) {
    const target = pattern.target(path.segments, path.trailingSlash);
    if (target !== undefined) return target;
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

/** Adds to Vary the fields that the choice of the page depends on (RFC 9110 §12.5.5). */
function dependsOnNavigation(response: Response): Response {
  const { withVary } =
    require("../rules/response-headers.ts") as typeof import("../rules/response-headers.ts");
  const fields = withVary(withVary(response.fields, "Accept"), "Sec-Fetch-Dest");
  return { ...response, fields };
}

/** What `TreeEndpoint` needs. */
interface TreeEndpointService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly mapping: PathMapping;
  /** Seconds for which responses are fresh; undefined when they are revalidated each time. */
  readonly cacheSeconds: number | undefined;
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
    const { content, mapping, pages, cacheSeconds } = this.#service;
    if (target.form !== "origin" && target.form !== "absolute") {
      return pages.refusal(refusals["target-form"]);
    }
    const { query } = target;
    const contained = containPath(target.path);
    if (!contained.ok) {
      if (contained.error !== "unnameable") return pages.refusal(refusals.path);
      return this.#answerAbsent(request, { kind: "absent" }, rootPath, query, view);
    }
    const asked = contained.value;
    for (const { pattern, status } of mapping.redirects) {
      const to = pattern.target(asked.segments, asked.trailingSlash);
      // A pattern for "/docs" also matches its own target "/docs/", which would be a loop.
      if (to === undefined || to === encodePath(asked)) continue;
      return redirect(status, to, query, cacheSeconds);
    }
    const rewritten = firstTarget(mapping.rewrites, asked);
    if (rewritten !== undefined) {
      const instead = containPath(rewritten);
      return this.#answerAt(request, instead.ok ? instead.value : asked, query, view);
    }
    if (!mapping.cleanUrls && !mapping.single) return content.answer(request, asked, query, view);
    // Only paths that no rewrite matches: a redirect would reveal the rewritten path.
    const location = mapping.cleanUrls ? this.#cleanLocation(asked, view) : undefined;
    return whenReady(location, (clean) =>
      clean === undefined
        ? this.#answerAt(request, asked, query, view)
        : redirect(308, clean, query, cacheSeconds),
    );
  }

  /** Answers with what is at `path`, with `path.html`, or with the page of a single-page site. */
  #answerAt(request: Request, path: ContainedPath, query: string | undefined, view: View): Answer {
    const { content, mapping } = this.#service;
    const { cleanUrls, single } = mapping;
    if (!cleanUrls && !single) return content.answer(request, path, query, view);
    const { tree } = this.#service;
    return whenReady(tree.open(path, view), (found) => {
      const page =
        cleanUrls && !path.trailingSlash && yields(found.kind)
          ? this.#pageOf(path, view)
          : undefined;
      return whenReady(page, (other) => {
        if (other !== undefined) return content.answer(request, other, query, view);
        return found.kind === "absent"
          ? this.#answerAbsent(request, found, path, query, view)
          : content.answerFound(request, found, path, query, view);
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

  /** Answers for an absent path. On a single-page site, a navigation gets the root's index. */
  #answerAbsent(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Answer {
    const { content, mapping, tree } = this.#service;
    if (!mapping.single) return content.answerFound(request, found, path, query, view);
    const { isNavigation } =
      require("../rules/navigation.ts") as typeof import("../rules/navigation.ts");
    const page = isNavigation(request.head.fields) ? tree.open(rootPath, view) : found;
    const answer = whenReady(page, (one) =>
      one === found || one.kind === "directory"
        ? content.answerFound(request, found, path, query, view)
        : content.answerFound(request, one, rootPath, query, view),
    );
    return whenReady(answer, dependsOnNavigation);
  }
}
