/**
 * The routes that a library's user added, by path and method. They belong to the server and not to
 * what it serves at the time: a site comes and goes, they stay.
 */

import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath } from "../../tree/path.ts";
import { isToken } from "../../http/grammar.ts";
import type { Request } from "../request.ts";
import type { RouteHandler } from "./route-request.ts";

/** What was added for a path. */
export interface AddedRoute {
  readonly path: ContainedPath;
  readonly handlers: ReadonlyMap<string, RouteHandler>;
}

/** The added routes of one server. */
export class AddedRoutes {
  /** By path, decoded and spelled in one way. */
  readonly #byPath = new Map<string, AddedRoute & { handlers: Map<string, RouteHandler> }>();

  /**
   * Lets `handler` answer `method` on exactly `path`; a later one for the same two replaces it.
   * Throws a TypeError on a method that is no token or a path that no request could ask for.
   */
  add(method: string, path: string, handler: RouteHandler): void {
    const contained = containPath(path);
    if (!contained.ok) throw new TypeError(`not a path: ${JSON.stringify(path)}`);
    if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
    const key = encodePath(contained.value);
    const route = this.#byPath.get(key) ?? { path: contained.value, handlers: new Map() };
    this.#byPath.set(key, route);
    route.handlers.set(method, handler);
  }

  /** What was added for the path that `request` asks for. */
  find(request: Request): AddedRoute | undefined {
    if (this.#byPath.size === 0) return undefined;
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = containPath(target.path);
    return path.ok ? this.#byPath.get(encodePath(path.value)) : undefined;
  }
}
