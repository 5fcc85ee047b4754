/**
 * Responses that wait in a connection for the end of the turn, so that one write sends several.
 */

import { describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Batched } from "../../../src/schedule/write-batcher.ts";
import { WriteBatcher } from "../../../src/schedule/write-batcher.ts";
import { serve } from "../../../src/server/serve.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";
import { FakeClient } from "../fake-client.ts";

/** A batcher that holds every write until it is told to let them go. */
class Holding extends WriteBatcher {
  readonly held: Batched[] = [];

  override hold(one: Batched): boolean {
    this.held.push(one);
    return true;
  }

  letGo(): void {
    for (const one of this.held.splice(0)) one.leave();
  }
}

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const page = new Uint8Array([0x70]);
const kept = new ResponseBuilder(200).bytes(page, "text/plain").buildCached();

/** A client whose answers are held, each what `handler` says. */
function heldClient(handler = () => kept): { client: FakeClient; holding: Holding } {
  const holding = new Holding(new FakeScheduler());
  return { client: new FakeClient(handler, { idleTimeMs: 5000 }, holding), holding };
}

describe("a connection whose answer is held", () => {
  test("sends it when it is released, and only once", () => {
    const { client, holding } = heldClient();
    client.send(get);
    expect(client.transport.text).toBe("");
    holding.letGo();
    expect(client.transport.text).toEndWith("\r\n\r\np");
    const { length } = client.transport.text;
    client.connection.leave();
    expect(client.transport.text).toHaveLength(length);
  });

  test("sends it with the next, when more is asked for before", () => {
    const { client, holding } = heldClient();
    client.send(get);
    client.send(get);
    holding.letGo();
    expect(client.transport.text.split("HTTP/1.1 200 OK")).toHaveLength(3);
  });

  test("isn't closed by the deadline that it was under before", () => {
    const { client, holding } = heldClient();
    client.clock.advance(4999);
    client.send(get);
    client.clock.advance(2);
    expect(client.state).toBe("idle");
    holding.letGo();
    expect(client.transport.text).toStartWith("HTTP/1.1 200 OK");
    client.clock.advance(4990);
    expect(client.state).toBe("idle");
    client.clock.advance(100);
    expect(client.state).toBe("closed");
  });

  test("sends nothing when it has been closed meanwhile", () => {
    const { client, holding } = heldClient();
    client.send(get);
    client.connection.closed();
    holding.letGo();
    expect(client.transport.text).toBe("");
  });
});

describe("an answer isn't held", () => {
  test("when the next request has begun, which has a deadline of its own", () => {
    const { client, holding } = heldClient();
    client.clock.advance(4999);
    client.send(get + get.slice(0, 9));
    expect(holding.held).toHaveLength(0);
    expect(client.transport.text).toEndWith("\r\n\r\np");
    client.clock.advance(2);
    expect(client.state).toBe("head");
  });

  test("when its octets are a route's own, which may write others into them", async () => {
    const letter = new Uint8Array(1);
    let count = 0;
    await using server = await serve({ root: import.meta.dir, port: 0, host: "127.0.0.1" });
    server.route("GET", "/letter", () => {
      letter[0] = 0x41 + count++;
      return new ResponseBuilder(200).bytes(letter, "text/plain").build();
    });
    const answers = Array.from({ length: 12 }, () => "");
    const clients = await Promise.all(
      answers.map((_, i) =>
        Bun.connect({
          hostname: "127.0.0.1",
          port: Number(server.url.port),
          socket: { data: (_socket, octets) => void (answers[i] += octets.toString("latin1")) },
        }),
      ),
    );
    for (let round = 1; round <= 3; round++) {
      for (const client of clients) client.write("GET /letter HTTP/1.1\r\nHost: localhost\r\n\r\n");
      while (answers.some((text) => text.split("\r\n\r\n").length <= round)) await Bun.sleep(1);
    }
    for (const client of clients) client.end();
    const letters = answers.flatMap((text) =>
      text
        .split("\r\n\r\n")
        .slice(1)
        .map((body) => body.slice(0, 1)),
    );
    expect(new Set(letters).size).toBe(36);
  });
});
