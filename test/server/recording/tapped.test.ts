import { describe, expect, test } from "bun:test";

import type { TappedConnection, Wiretap } from "../../../src/base/wiretap.ts";
import { serve } from "../../../index.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";
import { RawClient } from "../../raw-client.ts";

/** What a wiretap was told of each connection. */
class HeardTap implements Wiretap {
  readonly connections: { received: string; sent: string; events: string[] }[] = [];
  ends = 0;

  connected(): TappedConnection {
    const heard = { received: "", sent: "", events: [] as string[] };
    this.connections.push(heard);
    return {
      received: (octets) => void (heard.received += latin1Text(octets)),
      sent: (octets) => void (heard.sent += latin1Text(octets)),
      clientEnded: () => void heard.events.push("client ended"),
      serverEnded: (how) => void heard.events.push(how),
      closed: () => void heard.events.push("over"),
    };
  }

  ended(): void {
    this.ends++;
  }
}

const get = "GET /a.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";

function broken(): never {
  throw new Error("broken");
}

describe("a wiretap", () => {
  test.each([false, true])("is told of all octets, with tls: %p", async (tls) => {
    const tap = new HeardTap();
    // Larger than what is sent from memory.
    const files = { "/a.bin": Buffer.alloc(3_000_000, "abc") };
    const server = await serve({ files, tls, wiretap: tap });
    const secure = tls ? { ca: server.ca ?? "", serverName: "localhost" } : undefined;
    const client = await RawClient.connect(server.port, "127.0.0.1", secure);
    client.send(get + get);
    client.shut();
    await client.ending();
    await server.stop();
    const [heard] = tap.connections;
    expect(tap.connections).toHaveLength(1);
    expect(heard?.received).toBe(get + get);
    expect(heard?.sent.length).toBe(client.received);
    expect(heard?.sent === client.text).toBe(true);
    expect(heard?.events[0]).toBe("client ended");
    expect(heard?.events).toContain("closed");
    expect(heard?.events.at(-1)).toBe("over");
    expect(tap.ends).toBe(1);
  });

  test("that throws is an error of the server, and answers go on", async () => {
    const errors: unknown[] = [];
    const quiet = { sent: () => undefined, clientEnded: () => undefined };
    const tapped = { ...quiet, received: broken, serverEnded: broken, closed: broken };
    const wiretap = { connected: () => tapped, ended: () => undefined };
    const files = { "/a.txt": "hello" };
    const server = await serve({ files, wiretap, onError: (error) => errors.push(error) });
    const response = await fetch(`http://127.0.0.1:${server.port}/a.txt`);
    expect(await response.text()).toBe("hello");
    await server.stop({ force: true });
    expect(errors).toEqual([new Error("broken")]);
  });

  test("is told of a WebSocket's handshake and of its end, and the socket works", async () => {
    const tap = new HeardTap();
    const server = await serve({ files: {}, wiretap: tap });
    server.webSocket("/chat", async (socket) => {
      for await (const message of socket) socket.send(message);
    });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/chat`);
    const echoed = Promise.withResolvers<unknown>();
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", ({ data }) => echoed.resolve(data));
    expect(await echoed.promise).toBe("hello");
    socket.close();
    while (tap.connections[0]?.events.includes("over") !== true) await Bun.sleep(1);
    expect(tap.connections[0]?.sent).toStartWith("HTTP/1.1 101 ");
    expect(server.connections).toBe(0);
    await server.stop({ force: true });
  });

  test("is told of a file that the kernel would have sent, and of a reset", async () => {
    const tap = new HeardTap();
    const root = new URL("../../../fixtures/site/img", import.meta.url).pathname;
    const server = await serve({ root, wiretap: tap });
    const response = await fetch(`http://127.0.0.1:${server.port}/lab-at-dusk.png`);
    const body = await response.bytes();
    expect(tap.connections[0]?.sent.endsWith(latin1Text(body))).toBe(true);
    const client = await RawClient.connect(server.port);
    client.send("GET / HTTP/1.1\r\n");
    while (tap.connections[1]?.received !== "GET / HTTP/1.1\r\n") await Bun.sleep(1);
    await server.stop({ force: true });
    expect(tap.connections[1]?.events).toEqual(["reset", "over"]);
    client.close();
  });
});
