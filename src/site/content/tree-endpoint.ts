/**
 * GET and HEAD of a tree. Which path of the tree answers a request's path: as it stands, or by the
 * conveniences that a site may ask for: redirects, rewrites, names without `.html`, and the one
 * page of a single-page site.
 *
 * The query goes along with every redirect, and every location within the site is made from
 * contained segments, so that it can't name another host. Where `about.html` and `about/` are both
 * there, `/about` is the page and `/about/` the folder; a file without a suffix is itself.
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
import { isNavigation } from "../rules/navigation.ts";
import type { PathMapping } from "../rules/path-mapping.ts";
import type { PathPattern } from "../rules/path-pattern.ts";
import { withVary } from "../rules/response-headers.ts";

const pageSuffix = ".html";

function firstTarget(patterns: Iterable<PathPattern>, path: ContainedPath): string | undefined {
  for (const pattern of patterns) {
    const target = pattern.target(path.segments, path.trailingSlash);
    if (target !== undefined) return target;
  }
  return undefined;
}

/** Whether a page may stand for a name that leads to this: nothing, or a folder without its "/". */
function yields(kind: Kind): boolean {
  return kind === "absent" || kind === "redirect";
}

/** The path without its `.html`; undefined where that names no file beside the page. */
function barePath(path: ContainedPath): ContainedPath | undefined {
  const bare = containPath(encodePath(path).slice(0, -pageSuffix.length));
  return bare.ok && bare.value.segments.length === path.segments.length ? bare.value : undefined;
}

/** Says on what the choice of the one page has depended (RFC 9110 §12.5.5). */
function dependsOnNavigation(response: Response): Response {
  const fields = withVary(withVary(response.fields, "Accept"), "Sec-Fetch-Dest");
  return { ...response, fields };
}

/** What the endpoint of a tree needs. */
interface TreeEndpointService {
  readonly tree: Tree;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly mapping: PathMapping;
  /** Seconds for which answers are fresh; undefined when they are revalidated each time. */
  readonly cacheSeconds: number | undefined;
}

/** GET and HEAD of a tree, under the conveniences of its site. */
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
      // "/docs" to "/docs/" fits where it leads to, too.
      if (to === undefined || to === encodePath(asked)) continue;
      return redirect(status, to, query, cacheSeconds);
    }
    const rewritten = firstTarget(mapping.rewrites, asked);
    if (rewritten !== undefined) {
      const instead = containPath(rewritten);
      return this.#answerAt(request, instead.ok ? instead.value : asked, query, view);
    }
    if (!mapping.cleanUrls && !mapping.single) return content.answer(request, asked, query, view);
    // A path that was rewritten is not told about, and so not sent anywhere else.
    const location = mapping.cleanUrls ? this.#cleanLocation(asked, view) : undefined;
    return whenReady(location, (clean) =>
      clean === undefined
        ? this.#answerAt(request, asked, query, view)
        : redirect(308, clean, query, cacheSeconds),
    );
  }

  /** Answers with what is at `path`, the page that it means, or the one page. */
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

  /** The page that a path without its suffix means; undefined when there is none. */
  #pageOf(path: ContainedPath, view: View): Eventual<ContainedPath | undefined> {
    const page = siblingPath(path, pageSuffix);
    if (page === undefined) return undefined;
    return whenReady(this.#service.tree.peek(page, view), (kind) =>
      yields(kind) ? undefined : page,
    );
  }

  /** Where a path that spells out `.html` had better be asked for; undefined when it is fine. */
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

  /** Answers where `found` is nothing: a navigation gets the one page, if that is asked for. */
  #answerAbsent(
    request: Request,
    found: Outcome,
    path: ContainedPath,
    query: string | undefined,
    view: View,
  ): Answer {
    const { content, mapping, tree } = this.#service;
    if (!mapping.single) return content.answerFound(request, found, path, query, view);
    const page = isNavigation(request.head.fields) ? tree.open(rootPath, view) : found;
    const answer = whenReady(page, (one) =>
      one === found || one.kind === "directory"
        ? content.answerFound(request, found, path, query, view)
        : content.answerFound(request, one, rootPath, query, view),
    );
    return whenReady(answer, dependsOnNavigation);
  }
}
