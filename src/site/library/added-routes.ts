/**
 * The routes of a server that has some. Paths without placeholders are found by one look in a map;
 * patterns are tried one by one, those that match the least first, whatever the order in which they
 * were added.
 */

import { isToken } from "../../http/octets/grammar.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath, encodePath } from "../../tree/path.ts";
import type { Request } from "../request.ts";
import { RoutePattern } from "./route-pattern.ts";
import type { RouteHandler, RouteParams } from "./route-request.ts";

/** How a route differs from others. */
export interface RouteOptions {
  /**
   * Whether pages of any origin may send requests that change something, or open a WebSocket; false
   * by default. Such a route has to find out by itself who sends a request.
   */
  readonly crossOrigin?: boolean;
  /**
   * Whether it answers one request and is removed with it; false by default. Such routes come
   * before those that stay, in the order in which they were added.
   */
  readonly once?: boolean;
}

/** A route that was added. Disposing of it removes it. */
export interface AddedRoute extends Disposable {
  /** Removes the route; one that it had replaced answers again. May be called more than once. */
  remove(): void;
}

/** What "any method" is called, besides "*". */
const anyMethod = "ANY";

/**
 * The method of routes that open WebSockets. It is no token, so no request has it: a WebSocket and
 * a page may have one path.
 */
export const webSocketMethod = "(WebSocket)";

/** The methods of RFC 9110 §9.3 that a request with a path can have, and PATCH (RFC 5789). */
const methodsInUse = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/**
 * The method of a route, "*" for any. Throws a TypeError if no request with a path has `method`,
 * which is case-sensitive.
 */
export function readMethod(method: string): string {
  if (method === anyMethod || method === "*") return "*";
  if (method === webSocketMethod) return method;
  if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
  // The target of CONNECT is a host and a port (RFC 9112 §3.2.3).
  if (method === "CONNECT") throw new TypeError("CONNECT has no path");
  const meant = method.toUpperCase();
  if (meant === method || ![...methodsInUse, anyMethod].includes(meant)) return method;
  // Methods are case-sensitive (RFC 9110 §9.1).
  const instead = meant === anyMethod ? "any method is ANY" : `clients send ${meant}`;
  throw new TypeError(`not a method: ${JSON.stringify(method)}; ${instead}`);
}

/** A handler with what it was added for. */
interface Route {
  readonly handler: RouteHandler;
  readonly names: readonly string[];
  readonly crossOrigin: boolean;
  readonly once: boolean;
}

/** A route that answers a request. */
export interface FoundRoute {
  readonly handler: RouteHandler;
  /** The path of the request. */
  readonly path: ContainedPath;
  readonly params: RouteParams;
}

/** The methods of routes that answer `method`, in their order. */
function keysOf(method: string): readonly string[] {
  if (method === webSocketMethod) return [method];
  return method === "HEAD" ? ["HEAD", "GET", "*"] : [method, "*"];
}

/** The routes of one path or pattern. */
class RoutePlace {
  readonly pattern: RoutePattern;
  /** By method: those for one request in their order, and the others, of which the last answers. */
  readonly #byMethod = new Map<string, { readonly once: Route[]; readonly lasting: Route[] }>();

  constructor(pattern: RoutePattern) {
    this.pattern = pattern;
  }

  get methods(): readonly string[] {
    return [...this.#byMethod.keys()].filter((key) => key !== "*" && key !== webSocketMethod);
  }

  get isEmpty(): boolean {
    return this.#byMethod.size === 0;
  }

  add(method: string, route: Route): void {
    const routes = this.#byMethod.get(method) ?? { once: [], lasting: [] };
    this.#byMethod.set(method, routes);
    (route.once ? routes.once : routes.lasting).push(route);
  }

  /** Removes `route`; false when it is not there any more. */
  remove(method: string, route: Route): boolean {
    const routes = this.#byMethod.get(method);
    const list = route.once ? routes?.once : routes?.lasting;
    const at = list?.indexOf(route) ?? -1;
    if (at === -1) return false;
    list?.splice(at, 1);
    if (routes?.once.length === 0 && routes.lasting.length === 0) this.#byMethod.delete(method);
    return true;
  }

  /** The route that answers exactly `method`. */
  #of(method: string): Route | undefined {
    const routes = this.#byMethod.get(method);
    return routes?.once[0] ?? routes?.lasting.at(-1);
  }

  /** The route that answers `method`, and the method that it was added for. */
  find(method: string): readonly [method: string, route: Route] | undefined {
    for (const one of keysOf(method)) {
      const route = this.#of(one);
      if (route !== undefined) return [one, route];
    }
    return undefined;
  }
}

/** A place that a request's path leads to. */
interface FoundPlace {
  readonly place: RoutePlace;
  readonly values: readonly string[];
}

const noValues: readonly string[] = [];

/** The path of `request`; undefined when it has none that a file or a route could have. */
export function pathOf({ head: { target } }: Request): ContainedPath | undefined {
  if (target.form !== "origin" && target.form !== "absolute") return undefined;
  const path = containPath(target.path);
  return path.ok ? path.value : undefined;
}

/** The values of placeholders by name. A name such as "__proto__" is one like any other. */
function paramsOf(names: readonly string[], values: readonly string[]): RouteParams {
  const params = Object.create(null) as Record<string, string>;
  for (const [i, name] of names.entries()) params[name] = values[i] ?? "";
  return params;
}

function compareRanks(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All routes of one server. */
export class AddedRoutes {
  /** By encoded path, so that all spellings of a path are one key. */
  readonly #exact = new Map<string, RoutePlace>();
  /** In the order in which they are tried. */
  #patterns: readonly RoutePlace[] = [];

  /** Adds a route; see `RouteTable.add`. `changed` is called when the handle has removed it. */
  add(
    method: string,
    path: string,
    handler: RouteHandler,
    { crossOrigin = false, once = false }: RouteOptions,
    changed: () => void,
  ): AddedRoute {
    const pattern = new RoutePattern(path);
    const read = readMethod(method);
    const route: Route = { handler, names: pattern.names, crossOrigin, once };
    const place = this.#placeOf(pattern);
    place.add(read, route);
    const remove = (): void => {
      if (this.#remove(place, read, route)) changed();
    };
    return { remove, [Symbol.dispose]: remove };
  }

  #placeOf(pattern: RoutePattern): RoutePlace {
    const { key, isExact } = pattern;
    const known = isExact
      ? this.#exact.get(key)
      : this.#patterns.find((place) => place.pattern.key === key);
    if (known !== undefined) return known;
    const place = new RoutePlace(pattern);
    if (isExact) this.#exact.set(key, place);
    else {
      const all = [...this.#patterns, place];
      this.#patterns = all.toSorted((a, b) => compareRanks(a.pattern.rank, b.pattern.rank));
    }
    return place;
  }

  #remove(place: RoutePlace, method: string, route: Route): boolean {
    if (!place.remove(method, route)) return false;
    if (!place.isEmpty) return true;
    if (place.pattern.isExact) this.#exact.delete(place.pattern.key);
    else this.#patterns = this.#patterns.filter((one) => one !== place);
    return true;
  }

  /** The places of `path`, the one that matches the least first. */
  #places(path: ContainedPath): readonly FoundPlace[] {
    const exact = this.#exact.get(encodePath(path));
    const found: FoundPlace[] = exact === undefined ? [] : [{ place: exact, values: noValues }];
    for (const place of this.#patterns) {
      const values = place.pattern.match(path);
      if (values !== undefined) found.push({ place, values });
    }
    return found;
  }

  #placesOf(request: Request): readonly FoundPlace[] {
    const path = pathOf(request);
    return path === undefined ? [] : this.#places(path);
  }

  /** The methods for the path of `request`, but for those that a route for any method answers. */
  methods(request: Request): readonly string[] {
    return this.#placesOf(request).flatMap(({ place }) => place.methods);
  }

  /** The methods at the path of `request` whose routes take requests of any origin. */
  crossOriginMethods(request: Request): ReadonlySet<string> {
    const places = this.#placesOf(request);
    const methods = places.flatMap(({ place }) => place.methods);
    return new Set(methods.filter((method) => routeIn(places, method)?.route.crossOrigin === true));
  }

  /** Whether the route for `request` takes requests of any origin. */
  takesCrossOrigin(request: Request): boolean {
    return routeFor(this.#placesOf(request), request)?.route.crossOrigin === true;
  }

  /** Whether a WebSocket can be opened at exactly the path of `request`, or of its pattern. */
  opensWebSockets(request: Request): boolean {
    const found = routeIn(this.#placesOf(request), webSocketMethod);
    return found !== undefined && !found.place.pattern.isOpen;
  }

  /** The route that answers `request`; one for a single request is removed. */
  take(request: Request): FoundRoute | undefined {
    const path = pathOf(request);
    if (path === undefined) return undefined;
    const found = routeFor(this.#places(path), request);
    if (found === undefined) return undefined;
    const { place, values, method, route } = found;
    if (route.once) this.#remove(place, method, route);
    return { handler: route.handler, path, params: paramsOf(route.names, values) };
  }
}

/** The route in `places` that answers `request`: for a handshake, one of WebSockets comes first. */
function routeFor(places: readonly FoundPlace[], request: Request): ReturnType<typeof routeIn> {
  const { method, opensWebSocket, version } = request.head;
  // RFC 9110 §7.8: in HTTP/1.0 there is no upgrade.
  const isHandshake = opensWebSocket && method === "GET" && version !== "HTTP/1.0";
  const found = isHandshake ? routeIn(places, webSocketMethod) : undefined;
  return found ?? routeIn(places, method);
}

/** The first route in `places` that answers `method`. */
function routeIn(
  places: readonly FoundPlace[],
  method: string,
): (FoundPlace & { readonly method: string; readonly route: Route }) | undefined {
  for (const found of places) {
    const [own, route] = found.place.find(method) ?? [];
    if (own !== undefined && route !== undefined) return { ...found, method: own, route };
  }
  return undefined;
}
