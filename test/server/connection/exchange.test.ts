import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { disposeResponse, Exchange } from "../../../src/server/connection/exchange.ts";
import { noBody } from "../../../src/server/connection/request-body.ts";
import { Observers } from "../../../src/server/observers.ts";
import type { ExchangeReport, Observer } from "../../../src/site/observer.ts";
import type { RequestHead } from "../../../src/http/message/request.ts";
import type { Request } from "../../../src/site/request.ts";
import { headOf } from "../../http1/transcript.ts";
import { answer, contextOf, FakeClient, FakeFile } from "../fake-client.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const request: Request = {
  head: headOf(get),
  body: noBody,
  remoteAddress: "192.0.2.1",
  receivedMs: 0,
};

/** Observers of which one is `observer`. */
function observersWith(observer: Observer): Observers {
  const observers = new Observers((error) => {
    throw error;
  });
  observers.set([observer]);
  return observers;
}

describe("an exchange", () => {
  test("reports that it began, was answered and ended, with what it took", () => {
    const clock = new FakeClock();
    const told: unknown[] = [];
    const observers = observersWith({
      began: (begun) => told.push(begun),
      answered: (asked, response) => told.push([asked, response.status]),
      ended: (report) => told.push(report),
    });
    const context = contextOf({ clock, observers });
    const exchange = new Exchange(context, "192.0.2.1", noBody, request);
    const response = answer("hello");
    clock.advance(20);
    exchange.answer(response);
    clock.advance(5);
    exchange.end(5, true);
    expect(told).toEqual([
      request,
      [request, 200],
      {
        head: request.head,
        request,
        method: "GET",
        remoteAddress: "192.0.2.1",
        response,
        refusal: undefined,
        octets: 5,
        durationMs: 25,
        whole: true,
        isStopping: false,
      } satisfies ExchangeReport,
    ]);
  });

  test.each<
    readonly [what: string, left: boolean, happen: (exchange: Exchange<RequestHead>) => void]
  >([
    ["the client ends its side", true, (exchange) => exchange.clientLeft()],
    ["it ends before the response is whole", true, (exchange) => exchange.end(0, false)],
    ["the server refuses it", true, (exchange) => exchange.end(0, true, "overloaded")],
    ["all of the response was sent", false, (exchange) => exchange.end(5, true)],
  ])("when %s: tells whoever asked that the client left, %p, and once", (_what, left, happen) => {
    const asked: Request = { ...request };
    let told = 0;
    asked.whenLeft = () => told++;
    const exchange = new Exchange(contextOf({}), "::1", noBody, asked);
    expect([asked.hasLeft, told]).toEqual([undefined, 0]);
    happen(exchange);
    exchange.clientLeft();
    exchange.end(0, false);
    expect([asked.hasLeft === true, told]).toEqual([left, left ? 1 : 0]);
  });

  test("ends once, the first time", () => {
    const reports: ExchangeReport[] = [];
    const observers = observersWith({ ended: (report) => reports.push(report) });
    const exchange = new Exchange(contextOf({ observers }), "::1", noBody, request);
    exchange.end(5, true);
    exchange.end(0, false);
    expect(reports.map(({ whole }) => whole)).toEqual([true]);
  });

  test("whose head could not be read ends without having begun", () => {
    const told: string[] = [];
    const observers = observersWith({
      began: () => told.push("began"),
      answered: () => told.push("answered"),
      ended: ({ head, method, refusal }) => told.push(`${head?.method}, ${method}: ${refusal}`),
    });
    const exchange = new Exchange(contextOf({ observers }), "::1", noBody);
    exchange.answer(answer("no"));
    exchange.end(2, true, "target", "GET");
    expect(told).toEqual(["undefined, GET: target"]);
  });

  test("reads no clock for the time that it takes, when no observer is told of its end", () => {
    class CountingClock extends FakeClock {
      reads = 0;
      override monotonicMs(): number {
        this.reads++;
        return super.monotonicMs();
      }
    }
    const clock = new CountingClock();
    const observers = observersWith({ began: () => undefined });
    const exchange = new Exchange(contextOf({ clock, observers }), "::1", noBody, request);
    exchange.answer(answer(""));
    exchange.end(0, true);
    expect(clock.reads).toBe(0);
  });
});

describe("every exchange on a connection that began ends once", () => {
  const ends: readonly (readonly [string, (client: FakeClient) => void, number | undefined])[] = [
    ["answered", (client) => client.asked[0]?.answer(answer("a")), 200],
    ["failed", (client) => client.asked[0]?.fail(new Error("a fault")), 500],
    ["not answered in time", (client) => client.clock.advance(1e6), 503],
    ["abandoned by its client", (client) => client.connection.closed(), undefined],
    ["reset by the server", (client) => client.connection.abort(), undefined],
  ];
  test.each(ends)("%s", async (_, end, status) => {
    const client = new FakeClient();
    const told: (string | number | undefined)[] = [];
    client.observers.set([
      {
        began: ({ head }) => told.push(head.method),
        ended: ({ response }) => told.push(response?.status),
      },
    ]);
    client.connection.receive(latin1Bytes(get));
    end(client);
    await client.settle();
    client.connection.closed();
    expect(told).toEqual(["GET", status]);
  });
});

describe("a response that is not sent", () => {
  test("has its file closed", () => {
    const file = new FakeFile(10);
    disposeResponse(file.response());
    expect(file.closed).toBe(1);
  });

  test("has its stream ended", async () => {
    let isCancelled = false;
    const chunks = new ReadableStream<Uint8Array>({
      cancel: () => {
        isCancelled = true;
      },
    });
    disposeResponse(new ResponseBuilder(200).stream(chunks, "text/plain").build());
    await new Promise((resolve) => setImmediate(resolve));
    expect(isCancelled).toBe(true);
  });
});
