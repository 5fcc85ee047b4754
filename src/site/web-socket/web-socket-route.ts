/**
 * A route that opens WebSockets: it answers a handshake with 101 and a tunnel (RFC 6455 §4.2.2), or
 * says what is wrong with it. The site's guards have passed it by then: a page of another origin
 * gets 403 (§10.2), as browsers let any page open a WebSocket to any server.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import { isToken } from "../../http/octets/grammar.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { containPath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import type { View } from "../../tree/view.ts";
import type { OpeningHandshake } from "../../websocket/opening-handshake.ts";
import { readHandshake, webSocketVersion } from "../../websocket/opening-handshake.ts";
import type { RouteHandler } from "../library/route-request.ts";
import type { Request } from "../request.ts";
import { isNavigation } from "../rules/navigation.ts";
import type { ServerWebSocket, WebSocketHandler, WebSocketHooks } from "./server-web-socket.ts";
import { WebSocketSession } from "./web-socket-session.ts";

/** What the key of a handshake is joined with before it is hashed (RFC 6455 §1.3). */
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The proof that a handshake was understood (RFC 6455 §4.2.2 step 5.4). */
function acceptOf(key: string): string {
  return new Bun.CryptoHasher("sha1").update(`${key}${acceptSuffix}`).digest("base64");
}

const hookNames: readonly string[] = ["open", "message", "pong", "close"];

/** The hooks of `handler`. Throws a TypeError on what is none, which would never be called. */
function hooksOf(handler: WebSocketHandler): WebSocketHooks {
  if (typeof handler === "function") return { open: handler };
  for (const [name, hook] of Object.entries(handler)) {
    if (!hookNames.includes(name)) {
      throw new TypeError(`no hook ${name}: there are ${hookNames.join(", ")}`);
    }
    if (hook !== undefined && typeof hook !== "function") {
      throw new TypeError(`${name} must be a function`);
    }
  }
  return { ...handler };
}

/** The answer to a handshake that can't be accepted. */
function refuse({ status, text }: Extract<OpeningHandshake, { kind: "refused" }>): Response {
  const builder = new ResponseBuilder(status).noting({ reason: text });
  if (status === 426) {
    builder.upgrading("websocket").field("Sec-WebSocket-Version", webSocketVersion);
  }
  return builder.text(`${text}\n`).build();
}

/** What answers the handshakes of a route, and the sockets that it has opened. */
interface WebSocketEndpoint {
  readonly handler: RouteHandler;
  readonly sockets: ReadonlySet<ServerWebSocket>;
}

/**
 * A route for `handler` that speaks the subprotocols `protocols`. Throws a TypeError when one of
 * them is no token, and when `handler` has what is no hook.
 */
export function openWebSockets(
  handler: WebSocketHandler,
  protocols: readonly string[] = [],
): WebSocketEndpoint {
  const hooks = hooksOf(handler);
  const wrong = protocols.find((protocol) => !isToken(protocol));
  if (wrong !== undefined) throw new TypeError(`not a subprotocol: ${JSON.stringify(wrong)}`);
  const known = [...protocols];
  const sockets = new Set<ServerWebSocket>();
  return {
    sockets,
    handler: (request) => {
      const handshake = readHandshake(request.head, known);
      if (handshake.kind === "refused") return refuse(handshake);
      const { key, protocol } = handshake;
      const builder = ResponseBuilder.switching("websocket", (tunnel) => {
        const parts = { request, protocol: protocol ?? "", hooks, sockets };
        const session = new WebSocketSession(parts, tunnel);
        session.begin();
        return session;
      });
      builder.field("Sec-WebSocket-Accept", acceptOf(key));
      if (protocol !== undefined) builder.field("Sec-WebSocket-Protocol", protocol);
      return builder.build();
    },
  };
}

/**
 * Answers a GET that opens no WebSocket, on a path where one can be opened: with 426 (RFC 9110
 * §15.5.22) where `tree` has nothing at that path. A page may have the path for its own, so a
 * browser that goes there is left to the tree.
 */
export function answerPlain(
  { head }: Request,
  tree: Pick<Tree, "peek">,
  view: View,
): Eventual<Response | undefined> {
  const path = "path" in head.target ? containPath(head.target.path) : undefined;
  if (head.method !== "GET" || path?.ok !== true || isNavigation(head.fields)) return undefined;
  const text = "Only WebSockets are opened here.";
  return whenReady(tree.peek(path.value, view), (kind) =>
    kind === "absent" ? refuse({ kind: "refused", status: 426, text }) : undefined,
  );
}
