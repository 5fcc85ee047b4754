/**
 * GET and HEAD of paths outside of the base that a site is served under. As in Vite's preview, `/`
 * and its index redirect to the base, and any other path is 404 with a link to the same path below
 * the base, where a site that was built for `/` is found out at once.
 *
 * Every location and link is relative, so it holds behind a proxy that strips a prefix.
 */

import type { Response } from "../../http/message/response.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath, joinPaths } from "../../tree/path.ts";
import type { TreeContent } from "../content/tree-content.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { PathMapping } from "./path-mapping.ts";

/** What `BaseEndpoint` needs. */
interface BaseService {
  /** With a slash at its end; not the root. */
  readonly base: ContainedPath;
  /** The name of a folder's index. */
  readonly index: string;
  readonly content: TreeContent;
  readonly pages: ErrorPages;
  readonly mapping: PathMapping;
  /** Whether something is served at the path: below the base, or mounted elsewhere. */
  readonly isServed: (path: ContainedPath) => boolean;
}

/** Whether a redirect or a rewrite is about `path`. */
function isMapped({ redirects, rewrites }: PathMapping, path: ContainedPath): boolean {
  const { segments, trailingSlash } = path;
  const patterns = [...redirects.map(({ pattern }) => pattern), ...rewrites];
  return patterns.some((pattern) => pattern.target(segments, trailingSlash) !== undefined);
}

/** Answers what isn't below the base. */
export class BaseEndpoint implements Endpoint {
  readonly isRepeatable = true;
  readonly #service: BaseService;

  constructor(service: BaseService) {
    this.#service = service;
  }

  methods(): readonly string[] {
    return [];
  }

  answer(request: Request): Response | undefined {
    const { method, target } = request.head;
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const asked = containPath(target.path);
    if (!asked.ok) return undefined;
    const path = asked.value;
    const { base, content, index, isServed, mapping, pages } = this.#service;
    if (isServed(path) || isMapped(mapping, path)) return undefined;
    const [name] = path.segments;
    if (name === undefined || (path.text === `/${name}` && name === index)) {
      return content.redirect(request, 302, encodePath(base), target.query);
    }
    return pages.outsideOfBase(request, joinPaths(base, path));
  }
}
