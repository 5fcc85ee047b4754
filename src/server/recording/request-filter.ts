/**
 * Which requests a test waits for or expects: by method, path and a predicate, all of which may be
 * left out.
 */

import { readMethod } from "../../site/library/added-routes.ts";
import { RoutePattern } from "../../site/library/route-pattern.ts";
import type { RecordedRequest, RequestRecord } from "./recorded-request.ts";

/** Which requests are meant; what is left out is any. */
export interface RequestFilter {
  /** Case-sensitive, as it is sent; "*" for any. */
  readonly method?: string;
  /** A path, or a pattern as of a route: "/hooks/:id", "/api/*". The query doesn't count. */
  readonly path?: string;
  /** Whether a request of that method and path is meant. */
  readonly where?: (request: RecordedRequest) => boolean;
}

/** How well a request fits: "fits", or what is the first that doesn't. */
export type Fit = "fits" | "where" | "method" | "path";

/** A filter that has been read. */
export class ReadFilter {
  /** As in a message: "POST /hook". */
  readonly text: string;
  /** The path as it was given; undefined for any. */
  readonly path: string | undefined;
  readonly #method: string;
  readonly #pattern: RoutePattern | undefined;
  readonly #where: RequestFilter["where"];

  /** Throws a TypeError if no request can have the method and the path. */
  constructor({ method = "*", path, where }: RequestFilter) {
    this.#method = readMethod(method);
    this.#pattern = path === undefined ? undefined : new RoutePattern(path);
    this.#where = where;
    this.path = path;
    const words = [this.#method === "*" ? "" : method, path ?? ""].filter((word) => word !== "");
    const what = words.length === 0 ? "any request" : words.join(" ");
    this.text = where === undefined ? what : `${what} that "where" accepts`;
  }

  /** How well `request` fits. */
  fit(request: RequestRecord): Fit {
    const { containedPath: path, method } = request;
    const pattern = this.#pattern;
    if (pattern !== undefined && (path === undefined || !fitsPath(pattern, path))) return "path";
    if (this.#method !== "*" && this.#method !== method) return "method";
    return this.#where?.(request) === false ? "where" : "fits";
  }
}

function fitsPath(pattern: RoutePattern, path: Parameters<RoutePattern["match"]>[0]): boolean {
  return pattern.match(path) !== undefined;
}
