import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import type { Response } from "../../../src/http/message/response.ts";
import type { WebSocketHandler } from "../../../src/site/web-socket/server-web-socket.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";
import { FakeTunnel } from "./fake-tunnel.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
let client = new SiteClient(site.root);
beforeEach(() => {
  client = new SiteClient(site.root);
});

/** The handshake of RFC 6455 §1.2. */
const handshake = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": "chat, superchat",
  "Sec-WebSocket-Version": "13",
};

const field = ({ fields }: Pick<Response, "fields">, name: string): string | undefined =>
  fields.find(([own]) => own === name)?.[1];

const nothing: WebSocketHandler = {};

/** What the site answers to the request with `line` and `fields`. */
async function answer(
  line: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return client.answer(requestOf(line, fields));
}

describe("a handshake (RFC 6455 §4.2.2)", () => {
  test("is answered with 101 and the accept of RFC 6455 §1.3", async () => {
    client.routes.addWebSocket("/chat", nothing, { protocols: ["superchat", "chat"] });
    const response = await answer("GET /chat", handshake);
    expect(response).toMatchObject({ status: 101, upgrade: "websocket" });
    expect(response.fields).toEqual([
      ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
      ["Sec-WebSocket-Protocol", "chat"],
    ]);
  });

  test("opens a socket, which the route has while it is open", async () => {
    const names: unknown[] = [];
    const route = client.routes.addWebSocket("/chat/:room", (socket) => {
      names.push(socket.params["room"], socket.request.path, socket.protocol);
    });
    const { body } = await answer("GET /chat/a%20b", handshake);
    expect(route.sockets.size).toBe(0);
    if (body.kind !== "tunnel") throw new Error(body.kind);
    const tunnel = new FakeTunnel();
    tunnel.user = body.open(tunnel);
    expect(route.sockets.size).toBe(1);
    expect(names).toEqual(["a b", "/chat/a b", ""]);
    tunnel.abort();
    expect(route.sockets.size).toBe(0);
  });

  test("of another version gets 426, with the version and the protocol", async () => {
    client.routes.addWebSocket("/chat", nothing);
    const response = await answer("GET /chat", {
      ...handshake,
      "Sec-WebSocket-Version": "8",
    });
    expect(response).toMatchObject({ status: 426, upgrade: "websocket" });
    expect(field(response, "Sec-WebSocket-Version")).toBe("13");
  });

  test("that is malformed gets 400", async () => {
    client.routes.addWebSocket("/chat", nothing);
    const response = await answer("GET /chat", { ...handshake, "Sec-WebSocket-Key": "x" });
    expect([response.status, response.upgrade]).toEqual([400, undefined]);
  });

  test("is for a route of WebSockets before any other, and else a GET", async () => {
    client.routes.add("GET", "/chat", () => new globalThis.Response("page"));
    expect((await client.ask("GET /chat", handshake)).body).toBe("page");
    using _ = client.routes.addWebSocket("/*", nothing);
    expect((await answer("GET /chat", handshake)).status).toBe(101);
    expect((await client.ask("GET /chat")).body).toBe("page");
    expect((await answer("PUT /chat", handshake)).status).toBe(405);
  });

  test("uses up a route for one request", async () => {
    client.routes.addWebSocket("/chat", nothing, { once: true });
    expect((await answer("GET /chat", handshake)).status).toBe(101);
    expect((await answer("GET /chat", handshake)).status).toBe(404);
  });

  test("of a page of another origin gets 403, unless the route takes it (§10.2)", async () => {
    client.routes.addWebSocket("/own", nothing);
    client.routes.addWebSocket("/any", nothing, { crossOrigin: true });
    const foreign = { ...handshake, Origin: "http://elsewhere.example" };
    expect((await answer("GET /own", foreign)).status).toBe(403);
    expect((await answer("GET /any", foreign)).status).toBe(101);
    expect((await answer("GET /own", { ...handshake, Origin: "http://a" })).status).toBe(101);
  });
});

describe("a request that opens none", () => {
  test("gets the file of that path, or else 426 (RFC 9110 §15.5.22)", async () => {
    client.routes.addWebSocket("/MySchedule.html", nothing);
    client.routes.addWebSocket("/chat", nothing);
    client.routes.addWebSocket("/rooms/:id", nothing);
    client.routes.addWebSocket("/any/*", nothing);
    expect((await answer("GET /MySchedule.html")).status).toBe(200);
    const response = await answer("GET /chat");
    expect(response).toMatchObject({ status: 426, upgrade: "websocket" });
    expect((await answer("GET /rooms/5")).status).toBe(426);
    // A browser that goes there gets what the site says of missing pages.
    expect((await answer("GET /chat", { Accept: "text/html" })).status).toBe(404);
    expect((await answer("GET /any/5")).status).toBe(404);
    expect((await answer("HEAD /chat")).status).toBe(404);
  });

  test("doesn't find it in Allow", async () => {
    client.routes.addWebSocket("/chat", nothing);
    const response = await answer("OPTIONS /chat");
    expect(field(response, "Allow")).not.toContain("WebSocket");
  });
});

describe("a route that can't be", () => {
  test.each([
    ["a subprotocol that is no token", {}, ["a b"], 'not a subprotocol: "a b"'],
    [
      "a hook that there isn't",
      { mesage: () => 1 },
      [],
      "no hook mesage: there are open, message, pong, close",
    ],
    ["a hook that is no function", { message: "x" }, [], "message must be a function"],
  ])("has %s", (_what, handler, protocols, message) => {
    const add = (): unknown =>
      client.routes.addWebSocket("/chat", handler as unknown as WebSocketHandler, { protocols });
    expect(add).toThrow(new TypeError(message));
  });
});
