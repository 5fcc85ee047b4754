/**
 * What the library's user sees of WebSockets: the socket of one client, and what is told of it.
 */

import type { WebSocketMessage } from "../../websocket/message-reader.ts";
import type { AddedRoute, RouteOptions } from "../library/added-routes.ts";
import type { RouteParams, RouteRequest } from "../library/route-request.ts";

/**
 * The WebSocket of one client (RFC 6455). Its messages go to the handler's `message`; where there
 * is none, they are iterated: `for await (const message of socket)`. The loop ends when the socket
 * is closed.
 */
export interface ServerWebSocket extends AsyncIterable<WebSocketMessage> {
  /** The request that opened it. */
  readonly request: RouteRequest;
  /** What the placeholders of the route's path matched, as `request.params`. */
  readonly params: RouteParams;
  /** The subprotocol that was agreed on; "" for none. */
  readonly protocol: string;
  /**
   * "closing" from this side's Close until the client's, "closed" after it or when the connection
   * is lost.
   */
  readonly state: "open" | "closing" | "closed";
  /** Octets that were sent and that the client's socket has not taken yet. */
  readonly pending: number;
  /**
   * Sends a text message, or a binary one, which is copied. False when the client reads more slowly
   * than that: then `await drained()`. When more than `limits.webSocketQueueBytesMax` octets wait
   * already, the connection is reset. Does nothing when the socket isn't open.
   */
  send(message: string | ArrayBuffer | ArrayBufferView): boolean;
  /** Resolves when the client reads as fast as is sent, and when the socket is closed. */
  drained(): Promise<void>;
  /**
   * Sends a Ping, whose Pong goes to the handler's `pong`. Throws a RangeError on more than 125
   * octets of payload. The server pings a silent client by itself (`limits.webSocketIdleTimeMs`).
   */
  ping(payload?: string | Uint8Array): void;
  /**
   * Sends octets as they are, in place of a frame: what a broken server might send, for tests of a
   * client. They are copied. As `send` otherwise.
   */
  sendOctets(octets: Uint8Array): boolean;
  /**
   * Begins the closing handshake (RFC 6455 §7.1.2); messages that still come are dropped. Throws a
   * TypeError on a `code` that may not be sent (1000 to 1003, 1007 to 1014, 3000 to 4999 may), and
   * on a `reason` of more than 123 octets. Does nothing when the socket isn't open.
   */
  close(code?: number, reason?: string): void;
  /** Resets the connection, without a Close frame. */
  abort(): void;
}

/**
 * What is told of a WebSocket. What throws or rejects is reported as an error of the server, and
 * closes the socket with 1011. Calls for one socket come one after the other: the next message
 * waits for the promise of the one before, and the client is held back meanwhile.
 */
export interface WebSocketHooks {
  /** It is open; first messages come when the promise is fulfilled. */
  readonly open?: (socket: ServerWebSocket) => unknown;
  /** A message has come: text as a string, else octets. */
  readonly message?: (socket: ServerWebSocket, message: WebSocketMessage) => unknown;
  /** A Pong has come, asked for or not. */
  readonly pong?: (socket: ServerWebSocket, payload: Uint8Array) => unknown;
  /**
   * It is closed; called once. `code` and `reason` are those of the client's Close frame, 1005 when
   * it had none, 1006 when the connection was lost without one, or those with which the server
   * refused what the client has sent.
   */
  readonly close?: (socket: ServerWebSocket, code: number, reason: string) => unknown;
}

/** Hooks, or `open` alone: `async (socket) => { for await (const message of socket) … }`. */
export type WebSocketHandler = WebSocketHooks | ((socket: ServerWebSocket) => unknown);

/** How a WebSocket route differs from others. */
export interface WebSocketOptions extends RouteOptions {
  /**
   * The subprotocols that it speaks (RFC 6455 §1.9); none by default. The first that the client
   * names is chosen. A client that offers others only is accepted without one.
   */
  readonly protocols?: readonly string[];
}

/** A WebSocket route that was added. Disposing of it removes it; its sockets stay open. */
export interface WebSocketRoute extends AddedRoute {
  /** Its sockets that aren't closed. */
  readonly sockets: ReadonlySet<ServerWebSocket>;
}
