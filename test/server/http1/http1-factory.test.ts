import { expect, test } from "bun:test";

import type { Request } from "../../../src/site/request.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { http1Factory } from "../../../src/server/http1/http1-factory.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { answer, contextOf } from "../fake-client.ts";
import { FakeTransport } from "../fake-transport.ts";

const get = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

/** The requests of connections that are made one after the other, each with its own limits. */
function requestsOn(limitsOfEach: readonly ReturnType<typeof limitsWith>[]): Request[] {
  const requests: Request[] = [];
  const make = http1Factory();
  for (const limits of limitsOfEach) {
    const context = contextOf({
      limits,
      answer: (request) => {
        requests.push(request);
        return answer("");
      },
    });
    make(context, new FakeTransport(), "192.0.2.1").receive(get.slice());
  }
  return requests;
}

test("connections of one factory recognise each other's heads, under the same limits", () => {
  const limits = limitsWith({});
  const [, second, third] = requestsOn([limits, limits, limits]);
  // A head is kept when it comes for the second time.
  expect(third?.head).toBe(second?.head as Request["head"]);
});

test("connections under other limits begin with a cache of their own", () => {
  const before = limitsWith({});
  const after = limitsWith({});
  const [, second, third] = requestsOn([before, before, after]);
  expect(third?.head).not.toBe(second?.head as Request["head"]);
});

test("a connection speaks HTTP/1.1 to its transport", () => {
  const transport = new FakeTransport();
  const connection = http1Factory()(contextOf(), transport, "192.0.2.1");
  expect(connection.remoteAddress).toBe("192.0.2.1");
  connection.turnAway("cleartext");
  expect(transport.text).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(transport.ending).toBe("shutdown");
});

test("connections share one bound for output that waits, and give back what they held", () => {
  const make = http1Factory();
  const context = contextOf({
    limits: limitsWith({ queuedBytesMax: 100_000 }),
    answer: () => answer("x".repeat(60_000)),
  });
  const asks = (room: number): FakeTransport => {
    const transport = new FakeTransport();
    transport.room = room;
    const connection = make(context, transport, "192.0.2.1");
    connection.receive(get.slice());
    if (room === 0 && transport.ending === undefined) held.push(connection);
    return transport;
  };
  const held: ReturnType<typeof make>[] = [];
  expect(asks(0).ending).toBeUndefined();
  // A second client that reads nothing is reset, and has got nothing that could be wrong.
  const second = asks(0);
  expect(second.ending).toBe("terminate");
  expect(second.octets.length).toBe(0);
  // A client that reads is served.
  const reader = asks(Infinity);
  expect(reader.ending).toBeUndefined();
  expect(reader.text).toEndWith("x".repeat(60_000));
  held[0]?.abort();
  expect(asks(0).ending).toBeUndefined();
});
