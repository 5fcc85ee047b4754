/**
 * The routes that the library's user added, by path and method. They belong to the server, so they
 * remain when a reload replaces the site.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Response } from "../../http/message/response.ts";
import { CachedResponse } from "../../http/message/response.ts";
import type { View } from "../../tree/view.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import type { Request } from "../request.ts";
import type { AddedRoute, AddedRoutes, FoundRoute, RouteOptions } from "./added-routes.ts";
import type {
  ChangedAnswer,
  RouteAnswer,
  RouteHandler,
  RouteRequest,
  RouteService,
} from "./route-request.ts";
import type {
  WebSocketHandler,
  WebSocketOptions,
  WebSocketRoute,
} from "../web-socket/server-web-socket.ts";

type WebSockets = typeof import("../web-socket/web-socket-route.ts");

/** What opens WebSockets. Loaded with the first route that does. */
function webSockets(): WebSockets {
  return require("../web-socket/web-socket-route.ts") as WebSockets;
}

/** What converts answers. Loaded with the first that isn't postern's own. */
function fetchResponse(): typeof import("./fetch-response.ts") {
  return require("./fetch-response.ts") as typeof import("./fetch-response.ts");
}

/** The added routes of one server. Their code is loaded with the first, since most have none. */
export class RouteTable {
  readonly #changed: () => void;
  #added: AddedRoutes | undefined;
  #hasWebSockets = false;

  /** `changed` is called after a route has been added or removed. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /**
   * Adds `handler` for `method`, "*" for any, on `path`, which may have placeholders, `:name` and
   * `*`. Of several routes for a request, the one whose path matches the least answers; of several
   * on one path, the one that was added last. Throws a TypeError if no request can match.
   */
  add(method: string, path: string, handler: RouteHandler, options: RouteOptions = {}): AddedRoute {
    const { AddedRoutes: Routes } =
      require("./added-routes.ts") as typeof import("./added-routes.ts");
    this.#added ??= new Routes();
    const route = this.#added.add(method, path, handler, options, this.#changed);
    this.#changed();
    return route;
  }

  /** The same for handshakes of WebSockets, which `handler` is told of; see `Server.webSocket`. */
  addWebSocket(
    path: string,
    handler: WebSocketHandler,
    { protocols, ...options }: WebSocketOptions = {},
  ): WebSocketRoute {
    const { webSocketMethod } = require("./added-routes.ts") as typeof import("./added-routes.ts");
    const opened = webSockets().openWebSockets(handler, protocols);
    const route = this.add(webSocketMethod, path, opened.handler, options);
    this.#hasWebSockets = true;
    return { ...route, sockets: opened.sockets };
  }

  /** Whether WebSockets can be opened at the path of `request`, which opens none. */
  opensWebSockets(request: Request): boolean {
    return this.#hasWebSockets && this.#added?.opensWebSockets(request) === true;
  }

  /** The methods at the path of `request` whose routes take requests of any origin. */
  crossOriginMethods(request: Request): ReadonlySet<string> | undefined {
    return this.#added?.crossOriginMethods(request);
  }

  /** Whether there is a route for `request` that takes requests of any origin. */
  takesCrossOrigin(request: Request): boolean {
    return this.#added?.takesCrossOrigin(request) === true;
  }

  /** The methods of the routes for the path of `request`. */
  methods(request: Request): readonly string[] {
    return this.#added?.methods(request) ?? [];
  }

  /** The route that answers `request`; one for a single request is removed. */
  take(request: Request): FoundRoute | undefined {
    return this.#added?.take(request);
  }
}

/** Converts and checks the return value of a handler. */
function accept(answer: RouteAnswer, request: Request, service: RouteService): Answer {
  const { limits, budgets } = service;
  if (answer instanceof globalThis.Response) {
    return fetchResponse().fromFetch(answer, limits.sendPieceBytes, budgets.scheduler);
  }
  if (isResponse(answer)) {
    const { body } = answer;
    if ((answer.status === 101) !== (body.kind === "tunnel")) {
      throw new TypeError("a 101 is made by ResponseBuilder.switching");
    }
    if (body.kind !== "bytes" || answer instanceof CachedResponse) return answer;
    return { ...answer, body: { ...body, isForeign: true } };
  }
  if (typeof (answer as ChangedAnswer | undefined)?.change === "function") {
    const { change } = answer;
    const accepted = accept(answer.answer, request, service);
    return whenReady(accepted, (response) => change(response, request));
  }
  // Without types, a handler may return something else.
  throw fetchResponse().noAnswer(
    `a route's handler must answer with a response, not ${typeof answer}`,
  );
}

function isResponse(answer: Exclude<RouteAnswer, globalThis.Response>): answer is Response {
  return typeof (answer as Response | undefined)?.status === "number";
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
    return this.#routes.methods(request);
  }

  answer(request: Request, view: View): Eventual<Response | undefined> {
    const route = this.#routes.take(request);
    if (route === undefined) {
      if (!this.#routes.opensWebSockets(request)) return undefined;
      return webSockets().answerPlain(request, this.#service.tree, view);
    }
    const answer = route.handler(this.#requestOf(request, route));
    return whenReady(answer, (given) => accept(given, request, this.#service));
  }

  /** The request that the handler of `route` gets. */
  #requestOf(request: Request, route: FoundRoute): RouteRequest {
    if (this.#RouteRequest === undefined) {
      const module = require("./route-request.ts") as typeof import("./route-request.ts");
      this.#RouteRequest = module.RouteRequest;
    }
    return new this.#RouteRequest(request, route, this.#service);
  }
}
