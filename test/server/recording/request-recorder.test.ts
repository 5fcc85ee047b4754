import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { IncomingBody } from "../../../src/server/connection/request-body.ts";
import { RequestRecorder } from "../../../src/server/recording/request-recorder.ts";
import type { RecorderLimits } from "../../../src/server/recording/request-recorder.ts";
import type { ExchangeReport } from "../../../src/site/observer.ts";
import type { Request } from "../../../src/site/request.ts";
import { headOf } from "../../http1/transcript.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

const ok = new ResponseBuilder(204).build();

const silent = { wanted: () => undefined };

/** A request line, on a connection of its own. */
function requestOf(line: string, connection: object = {}): Request {
  const head = headOf(`${line} HTTP/1.1\r\nHost: a\r\nX-Spelt: As Is\r\n\r\n`);
  const body = new IncomingBody(undefined, silent);
  return { head, body, remoteAddress: "127.0.0.1", receivedMs: 5, connection };
}

/** A handshake of a WebSocket. */
function handshakeOf(path: string): Request {
  const head = headOf(`GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n`);
  const body = new IncomingBody(undefined, silent);
  return { head, body, remoteAddress: "::1", receivedMs: 5, connection: {} };
}

/** A request with content; `body` is what its connection fills. */
function postOf(path: string): { request: Request; body: IncomingBody } {
  const head = headOf(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const body = new IncomingBody(undefined, silent);
  return { request: { head, body, remoteAddress: "::1", receivedMs: 5, connection: {} }, body };
}

function reportOf(request: Request, changes: Partial<ExchangeReport> = {}): ExchangeReport {
  return {
    head: request.head,
    request,
    method: request.head.method,
    remoteAddress: "127.0.0.1",
    response: ok,
    refusal: undefined,
    octets: 0,
    durationMs: 1,
    whole: true,
    ...changes,
  };
}

class Fixture {
  limits: RecorderLimits;
  /** Rings the alarm of the one that waits. */
  clock = new FakeClock();
  readonly recorder: RequestRecorder;

  constructor(changes: Partial<Record<keyof RecorderLimits, number>> = {}) {
    const limits: object = { ...defaultLimits, ...changes };
    this.limits = limits as RecorderLimits;
    this.recorder = new RequestRecorder(
      () => this.limits,
      () => (this.clock = new FakeClock()),
    );
  }

  /** A request that comes and is answered. */
  answer(line: string, changes: Partial<ExchangeReport> = {}, connection: object = {}): void {
    const request = requestOf(line, connection);
    this.recorder.began(request);
    this.recorder.ended(reportOf(request, changes));
  }

  get targets(): readonly string[] {
    return this.recorder.requests.map(({ target }) => target);
  }
}

/** The message that `promise` is rejected with. */
async function faultOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error("it was resolved"),
    (reason: unknown) => reason,
  );
  return (error as Error).message;
}

describe("the record of requests", () => {
  test("keeps a request as it came, with what was sent", () => {
    const { recorder } = new Fixture();
    const request = requestOf("GET /a%20b?c=d&c=%20");
    recorder.began(request);
    recorder.ended(reportOf(request, { octets: 7, durationMs: 3 }));
    const [record] = recorder.requests;
    expect(record).toMatchObject({ method: "GET", target: "/a%20b?c=d&c=%20", path: "/a b" });
    expect(record).toMatchObject({ status: 204, sentOctets: 7, aborted: false, isOver: true });
    expect(record).toMatchObject({ receivedMs: 5, durationMs: 3, remoteAddress: "127.0.0.1" });
    expect(record).toMatchObject({ bodyOctets: 0, bodyIsWhole: true });
    expect(record?.searchParams.getAll("c")).toEqual(["d", " "]);
    expect([...(record?.fields ?? [])]).toEqual([
      ["Host", "a"],
      ["X-Spelt", "As Is"],
    ]);
    expect(record?.fields.get("x-spelt")).toBe("As Is");
    const raw = latin1Text(record?.raw ?? new Uint8Array(0));
    expect(raw).toBe("GET /a%20b?c=d&c=%20 HTTP/1.1\r\nHost: a\r\nX-Spelt: As Is\r\n\r\n");
  });

  test("drops the oldest beyond the maximum, which may change", () => {
    const fixture = new Fixture({ requestsKeptMax: 2 });
    for (const path of ["/1", "/2", "/3"]) fixture.answer(`GET ${path}`);
    expect(fixture.targets).toEqual(["/2", "/3"]);
    fixture.limits = { ...fixture.limits, requestsKeptMax: 1 };
    fixture.answer("GET /4");
    expect(fixture.targets).toEqual(["/4"]);
  });

  test("drops the oldest beyond the bytes, those of a body in progress among them", () => {
    const fixture = new Fixture({ requestsKeptBytesMax: 6000, requestBodyKeptBytesMax: 4000 });
    fixture.answer("GET /1");
    const { request, body } = postOf("/2");
    fixture.recorder.began(request);
    fixture.answer("GET /3");
    expect(fixture.targets).toEqual(["/1", "/2", "/3"]);
    body.discard(new Uint8Array(2500));
    expect(fixture.targets).toEqual(["/2", "/3"]);
    body.discard(new Uint8Array(1000));
    expect(fixture.targets).toEqual(["/3"]);
    // Its octets come on, and are no longer kept or counted.
    body.discard(new Uint8Array(100_000));
    fixture.recorder.ended(reportOf(request));
    expect(fixture.targets).toEqual(["/3"]);
  });

  test("keeps the messages of a WebSocket, the first without a gap, as many as fit", () => {
    const { recorder } = new Fixture({ requestBodyKeptBytesMax: 1000 });
    const request = handshakeOf("/chat");
    recorder.began(request);
    const [record] = recorder.requests;
    const octets = Uint8Array.of(1, 2);
    request.tookMessage?.("hello");
    request.tookMessage?.(octets);
    octets.fill(0);
    expect(record).toMatchObject({ messages: ["hello", Uint8Array.of(1, 2)], messageCount: 2 });
    request.tookMessage?.("x".repeat(1000));
    request.tookMessage?.("small");
    expect(record?.messages.length).toBe(2);
    expect(record?.messageCount).toBe(4);
    const plain = requestOf("GET /");
    recorder.began(plain);
    expect(plain.tookMessage).toBeUndefined();
  });

  test("drops the oldest for messages, too, and keeps none of what was dropped", () => {
    const fixture = new Fixture({ requestsKeptBytesMax: 6000, requestBodyKeptBytesMax: 5000 });
    const request = handshakeOf("/chat");
    fixture.recorder.began(request);
    const [record] = fixture.recorder.requests;
    fixture.answer("GET /2");
    request.tookMessage?.(new Uint8Array(4500));
    expect(fixture.targets).toEqual(["/2"]);
    request.tookMessage?.("late");
    expect(record?.messages.length).toBe(1);
  });

  test("shows a request in progress, and one that the client left without an answer", () => {
    const { recorder } = new Fixture();
    const request = requestOf("GET /slow");
    recorder.began(request);
    const [record] = recorder.requests;
    expect(record).toMatchObject({ isOver: false, status: undefined, durationMs: undefined });
    recorder.ended(reportOf(request, { response: undefined, whole: false }));
    expect(record).toMatchObject({ isOver: true, status: undefined, aborted: true });
  });

  test("shows the status of an answer that is being sent", () => {
    const { recorder } = new Fixture();
    const request = requestOf("GET /long");
    recorder.began(request);
    recorder.answered(request, ok);
    expect(recorder.requests[0]).toMatchObject({ isOver: false, status: 204 });
    recorder.ended(reportOf(request, { whole: false, octets: 3 }));
    expect(recorder.requests[0]).toMatchObject({ status: 204, aborted: true, sentOctets: 3 });
  });

  test("leaves out heads that could not be read", () => {
    const fixture = new Fixture();
    const request = requestOf("GET /");
    fixture.recorder.ended(reportOf(request, { head: undefined, request: undefined }));
    expect(fixture.recorder.requests).toEqual([]);
  });

  test("numbers connections in the order of their first requests", () => {
    const fixture = new Fixture();
    const [one, two] = [{}, {}];
    for (const connection of [one, two, one]) fixture.answer("GET /", {}, connection);
    expect(fixture.recorder.requests.map(({ connection }) => connection)).toEqual([1, 2, 1]);
  });
});

describe("next", () => {
  test("gives out what has come already, each request once, in their order", async () => {
    const fixture = new Fixture();
    for (const path of ["/a", "/b", "/a?2"]) fixture.answer(`GET ${path}`);
    const next = async (path: string): Promise<string> =>
      (await fixture.recorder.next({ path })).target;
    expect([await next("/a"), await next("/a"), await next("/:any")]).toEqual(["/a", "/a?2", "/b"]);
  });

  test("waits for a request that fits, and until it is over", async () => {
    const fixture = new Fixture();
    const waiting = fixture.recorder.next({
      method: "POST",
      path: "/hook",
      where: ({ fields }) => fields.has("x-spelt"),
    });
    let isThere = false;
    void waiting.then(() => (isThere = true));
    fixture.answer("GET /hook");
    fixture.answer("POST /hooks");
    const request = requestOf("POST /hook");
    fixture.recorder.began(request);
    await Promise.resolve();
    expect(isThere).toBe(false);
    fixture.recorder.ended(reportOf(request));
    expect((await waiting).status).toBe(204);
  });

  test("gives each that wait a request of their own", async () => {
    const fixture = new Fixture();
    const both = [fixture.recorder.next({}), fixture.recorder.next({})];
    fixture.answer("GET /1");
    fixture.answer("GET /2");
    const records = await Promise.all(both);
    expect(records.map(({ target }) => target)).toEqual(["/1", "/2"]);
  });

  test("fails after its time with what came instead, the nearest first", async () => {
    const fixture = new Fixture();
    fixture.answer("GET /else");
    fixture.answer("GET /hook");
    fixture.answer("POST /hooks", { response: undefined, whole: false });
    fixture.recorder.began(requestOf("POST /hook"));
    const waiting = fixture.recorder.next({ method: "POST", path: "/hook", within: 300 });
    fixture.clock.advance(300);
    expect(await faultOf(waiting)).toBe(
      [
        "waited for POST /hook: none in 300 ms. What came, nearest first:",
        "  POST /hook → not answered yet",
        "  GET /hook → 204, another method",
        "  POST /hooks → not answered, the client left",
        "  GET /else → 204",
      ].join("\n"),
    );
    const again = fixture.recorder.next({ path: "/none" });
    fixture.clock.advance(2000);
    expect(await faultOf(again)).toStartWith(
      "waited for /none: none in 2000 ms. What came, nearest first:\n",
    );
  });

  test("fails when requests were dropped, and at once when they are while it waits", async () => {
    const fixture = new Fixture({ requestsKeptMax: 1 });
    const waiting = fixture.recorder.next({ path: "/hook" });
    fixture.answer("GET /1");
    fixture.answer("GET /2");
    const dropped = "1 requests were dropped, the oldest: at most 1 requests and 16777216 bytes";
    expect(await faultOf(waiting)).toStartWith(`waited for /hook: ${dropped}`);
    expect(await faultOf(fixture.recorder.next({ path: "/2" }))).toInclude(dropped);
    fixture.recorder.reset();
    fixture.answer("GET /3");
    expect((await fixture.recorder.next({})).target).toBe("/3");
  });

  test("fails when the server stops, and when too many wait", async () => {
    const fixture = new Fixture({ requestsKeptMax: 1 });
    const first = fixture.recorder.next({});
    expect(await faultOf(fixture.recorder.next({}))).toInclude("1 others wait already");
    fixture.recorder.close();
    expect(await faultOf(first)).toBe("waited for any request: the server has stopped");
  });

  test("takes no key, method or path that nothing can match", () => {
    const { recorder } = new Fixture();
    expect(() => recorder.next({ pth: "/x" } as never)).toThrow(TypeError);
    expect(() => recorder.next({ method: "post" })).toThrow("clients send POST");
    expect(() => recorder.next({ path: "hook" })).toThrow('not a path: "hook"');
    expect(() => recorder.expect("GET", "/x", { time: 1 } as never)).toThrow(TypeError);
    for (const within of [-1, Number.NaN, Infinity]) {
      expect(() => recorder.next({ within })).toThrow("within must be");
    }
  });
});

describe("expect", () => {
  test("returns the requests that came, as often as is said", () => {
    const fixture = new Fixture();
    for (const line of ["POST /hook", "GET /hook", "POST /hook?2"]) fixture.answer(line);
    const { recorder } = fixture;
    const targets = (times?: number): readonly string[] =>
      recorder
        .expect("POST", "/hook", times === undefined ? {} : { times })
        .map(({ target }) => target);
    expect(targets()).toEqual(["/hook", "/hook?2"]);
    expect(targets(2)).toEqual(["/hook", "/hook?2"]);
    expect(recorder.expect("*", "/hook", { times: 3 })).toHaveLength(3);
    expect(recorder.expect("PUT", "/hook", { times: 0 })).toEqual([]);
  });

  test("fails with what came instead, the nearest first", () => {
    const fixture = new Fixture();
    expect(() => fixture.recorder.expect("POST", "/hook", {})).toThrow(
      new Error("expected POST /hook: none came. No request came."),
    );
    for (const line of ["GET /", "POST /hoook", "PUT /hook", "POST /hook"]) fixture.answer(line);
    expect(() => fixture.recorder.expect("POST", "/hook", { times: 2 })).toThrow(
      new Error(
        [
          "expected 2 × POST /hook: 1 came. What came, nearest first:",
          "  POST /hook → 204",
          "  PUT /hook → 204, another method",
          "  POST /hoook → 204",
          "  GET / → 204",
        ].join("\n"),
      ),
    );
    expect(() => fixture.recorder.expect("POST", "/hook", { where: () => false })).toThrow(
      '  POST /hook → 204, which "where" does not accept\n',
    );
  });

  test("fails when requests were dropped, even if what is left is as expected", () => {
    const fixture = new Fixture({ requestsKeptMax: 1 });
    fixture.answer("GET /1");
    fixture.answer("GET /2");
    expect(() => fixture.recorder.expect("GET", "/2", {})).toThrow("were dropped");
    expect(() => fixture.recorder.expect("GET", "/3", { times: 0 })).toThrow("were dropped");
    fixture.recorder.reset();
    expect(fixture.recorder.expect("GET", "/3", { times: 0 })).toEqual([]);
  });
});

describe("reset", () => {
  test("empties the list, which stays the same, and forgets what is in progress", () => {
    const fixture = new Fixture();
    const { requests } = fixture.recorder;
    fixture.answer("GET /1");
    const { request, body } = postOf("/2");
    fixture.recorder.began(request);
    fixture.recorder.reset();
    body.discard(latin1Bytes("abc"));
    fixture.recorder.ended(reportOf(request));
    expect(requests).toEqual([]);
    fixture.answer("GET /3");
    expect(requests.map(({ target }) => target)).toEqual(["/3"]);
  });
});
