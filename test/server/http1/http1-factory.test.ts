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
