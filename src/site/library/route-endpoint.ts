/**
 * The routes that the library's user added, by path and method. They belong to the server, so they
 * remain when a reload replaces the site.
 */

import { whenReady } from "../../base/eventual.ts";
import { isToken } from "../../http/octets/grammar.ts";
import type { Response } from "../../http/message/response.ts";
import { CachedResponse } from "../../http/message/response.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath } from "../../tree/path.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { RouteHandler, RouteRequest, RouteService } from "./route-request.ts";

/** How a route differs from others. */
export interface RouteOptions {
  /**
   * Whether pages of any origin may send requests that change something, or open a WebSocket; false
   * by default. Such a route has to find out by itself who sends a request.
   */
  readonly crossOrigin?: boolean;
}

/** The handlers of a path, by method. */
interface Route {
  readonly path: ContainedPath;
  readonly handlers: Map<string, RouteHandler>;
  /** The methods whose route takes requests of any origin. */
  readonly crossOrigin: Set<string>;
}

/** What other servers write as a placeholder: ":id" and "{id}" as a segment, and "*" anywhere. */
const placeholder = /\/(:[^/]*|\{[^/]*|[^/]*\*[^/]*)/;

/**
 * The path of a route. Its characters may be percent-encoded, as in a request, or not. Throws a
 * TypeError if no request can have it, and if it has a query or a placeholder: a route is compared
 * exactly, so the handler would never be called.
 */
function readPath(path: string): ContainedPath {
  const fault = (text: string): TypeError => new TypeError(`${text}: ${JSON.stringify(path)}`);
  if (!path.isWellFormed()) throw fault("not a path");
  // Characters that aren't ASCII are percent-encoded, as clients send them.
  const contained = containPath(path.replace(/[^\0-\x7f]+/gu, encodeURIComponent));
  if (!contained.ok) throw fault("not a path");
  if (/[?#]/.test(path)) throw fault("a route's path has no query (write ? as %3F, # as %23)");
  const [, pattern] = placeholder.exec(path) ?? [];
  if (pattern === undefined) return contained.value;
  throw fault(`a route is compared exactly, so ${pattern} matches nothing (percent-encode : * {)`);
}

/** The methods of RFC 9110 §9.3 that a request with a path can have, and PATCH (RFC 5789). */
const methodsInUse = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/** Throws a TypeError if no request with a path has `method`, which is case-sensitive. */
function checkMethod(method: string): void {
  if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
  // The target of CONNECT is a host and a port (RFC 9112 §3.2.3).
  if (method === "CONNECT") throw new TypeError("CONNECT has no path");
  const meant = method.toUpperCase();
  if (meant === method || !methodsInUse.includes(meant)) return;
  // Methods are case-sensitive (RFC 9110 §9.1).
  throw new TypeError(`not a method: ${JSON.stringify(method)}; clients send ${meant}`);
}

/** The added routes of one server. */
export class RouteTable {
  /** By encoded path, so that all spellings of a path are one key. */
  readonly #byPath = new Map<string, Route>();
  readonly #changed: () => void;

  /** `changed` is called after a route has been added. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /**
   * Adds `handler` for `method` on exactly `path`; it replaces an earlier one. Throws a TypeError
   * if no request can match: a method that no client sends, or a path that no request can have or
   * that is written as a pattern.
   */
  add(method: string, path: string, handler: RouteHandler, options: RouteOptions = {}): void {
    const contained = readPath(path);
    checkMethod(method);
    const key = encodePath(contained);
    const route = this.#byPath.get(key) ?? {
      path: contained,
      handlers: new Map(),
      crossOrigin: new Set(),
    };
    this.#byPath.set(key, route);
    route.handlers.set(method, handler);
    if (options.crossOrigin === true) route.crossOrigin.add(method);
    else route.crossOrigin.delete(method);
    this.#changed();
  }

  /** The methods at the path of `request` whose routes take requests of any origin. */
  crossOriginMethods(request: Request): ReadonlySet<string> | undefined {
    return this.find(request)?.crossOrigin;
  }

  /** Whether there is a route for `request` that takes requests of any origin. */
  takesCrossOrigin(request: Request): boolean {
    return this.find(request)?.crossOrigin.has(request.head.method) === true;
  }

  /** The route for the path of `request`. */
  find(request: Request): Route | undefined {
    if (this.#byPath.size === 0) return undefined;
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const path = containPath(target.path);
    return path.ok ? this.#byPath.get(encodePath(path.value)) : undefined;
  }
}

/** Converts and checks the return value of a handler. */
function accept(answer: Response | globalThis.Response, { limits, budgets }: RouteService): Answer {
  if (answer instanceof globalThis.Response) {
    const { fromFetch } = require("./fetch-response.ts") as typeof import("./fetch-response.ts");
    return fromFetch(answer, limits.sendPieceBytes, budgets.scheduler);
  }
  // Without types, a handler may return something else.
  if (typeof (answer as Response | undefined)?.status !== "number") {
    throw new TypeError("a route's handler must answer with a response");
  }
  const { body } = answer;
  if (body.kind !== "bytes" || answer instanceof CachedResponse) return answer;
  return { ...answer, body: { ...body, isForeign: true } };
}

/** Answers with the added routes. A GET route also answers HEAD. */
export class RouteEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #routes: RouteTable;
  readonly #service: RouteService;
  /** Loaded by the first request of a route, because most servers have none. */
  #RouteRequest: typeof RouteRequest | undefined;

  constructor(routes: RouteTable, service: RouteService) {
    this.#routes = routes;
    this.#service = service;
  }

  methods(request: Request): readonly string[] {
    return [...(this.#routes.find(request)?.handlers.keys() ?? [])];
  }

  answer(request: Request): Answer | undefined {
    const route = this.#routes.find(request);
    if (route === undefined) return undefined;
    const { handlers, path } = route;
    const { method } = request.head;
    const handler = handlers.get(method) ?? (method === "HEAD" ? handlers.get("GET") : undefined);
    if (handler === undefined) return undefined;
    const answer = handler(this.#requestOf(request, path));
    return whenReady(answer, (given) => accept(given, this.#service));
  }

  /** The request that the handler of the route at `path` gets. */
  #requestOf(request: Request, path: ContainedPath): RouteRequest {
    if (this.#RouteRequest === undefined) {
      const module = require("./route-request.ts") as typeof import("./route-request.ts");
      this.#RouteRequest = module.RouteRequest;
    }
    return new this.#RouteRequest(request, path, this.#service);
  }
}
