/** A session over a fake tunnel, as a route opens one. */

import type { Limits } from "../../../src/base/limits.ts";
import type { RouteRequest } from "../../../src/site/library/route-request.ts";
import type {
  ServerWebSocket,
  WebSocketHooks,
} from "../../../src/site/web-socket/server-web-socket.ts";
import { WebSocketSession } from "../../../src/site/web-socket/web-socket-session.ts";
import { FakeTunnel } from "./fake-tunnel.ts";

export interface Opened {
  readonly tunnel: FakeTunnel;
  readonly session: WebSocketSession;
  readonly sockets: Set<ServerWebSocket>;
  /** What the hook `close` was told, each time. */
  readonly ends: (readonly [code: number, reason: string])[];
}

export function openSession(
  hooks: WebSocketHooks,
  limits: Partial<Record<keyof Limits, number>> = {},
): Opened {
  const tunnel = new FakeTunnel(limits);
  const ends: [number, string][] = [];
  const sockets = new Set<ServerWebSocket>();
  const close: WebSocketHooks["close"] = (socket, code, reason) => {
    ends.push([code, reason]);
    return hooks.close?.(socket, code, reason);
  };
  const request = { params: { id: "5" } } as unknown as RouteRequest;
  const parts = { request, protocol: "v1", hooks: { ...hooks, close }, sockets };
  const session = new WebSocketSession(parts, tunnel);
  tunnel.user = session;
  session.begin();
  return { tunnel, session, sockets, ends };
}

/** Answers each message with itself. */
export const echo: WebSocketHooks = { message: (socket, message) => socket.send(message) };
