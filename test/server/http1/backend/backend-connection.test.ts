import { beforeEach, describe, expect, test } from "bun:test";

import { resolveLimits } from "../../../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";
import { Timers } from "../../../../src/schedule/timers.ts";
import { BackendConnection } from "../../../../src/server/http1/backend/backend-connection.ts";
import type { BackendError, BackendResponse } from "../../../../src/site/proxy/backend.ts";
import { FakeClock } from "../../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../../schedule/fake-scheduler.ts";
import { FakeTransport } from "../../fake-transport.ts";
import { FeedBody, outgoing } from "./outgoing.ts";

const turn = (): Promise<void> => Bun.sleep(0);

let clock = new FakeClock();
let transport = new FakeTransport();
let told: string[] = [];
let connection = open();

function open(): BackendConnection {
  const limits = resolveLimits({ bodyBufferBytesMax: 8 });
  if (!limits.ok) throw new Error(limits.error.limit);
  clock = new FakeClock();
  transport = new FakeTransport();
  told = [];
  const timers = new Timers(clock, new FakeScheduler().alarm());
  return new BackendConnection({ limits: limits.value, clock, timers }, transport, {
    free: () => void told.push("free"),
    gone: () => void told.push("gone"),
  });
}

beforeEach(() => {
  connection = open();
});

const receive = (text: string): void => connection.receive(latin1Bytes(text));

const fault = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "answered",
    (error: unknown) => {
      const { fault: kind, isStale } = error as BackendError;
      return `${kind}${isStale ? " stale" : ""}`;
    },
  );

const ok = "HTTP/1.1 200 OK\r\n";

/** The chunks of a response that is a stream. */
function chunksOf({ body }: BackendResponse): AsyncIterator<Uint8Array> {
  if (body.kind !== "stream") throw new Error(body.kind);
  return body.chunks[Symbol.asyncIterator]();
}

const next = async (chunks: AsyncIterator<Uint8Array>): Promise<string | undefined> => {
  const { done, value } = await chunks.next();
  return done === true ? undefined : latin1Text(value);
};

describe("a connection to a backend", () => {
  test("is free again when request and response are whole", async () => {
    const answer = connection.ask(outgoing({}));
    expect(transport.text).toBe("GET /x HTTP/1.1\r\nHost: b\r\n\r\n");
    receive(`${ok}Content-Length: 2\r\n\r\nhi`);
    expect(told).toEqual(["free"]);
    const { status, body } = await answer;
    expect([status, body.kind === "bytes" && latin1Text(body.bytes)]).toEqual([200, "hi"]);
    expect(connection.deadlineMs).toBe(clock.turnMs() + 4000);
  });

  test("isn't, where anything about it is in doubt", async () => {
    for (const response of [
      `${ok}Content-Length: 2\r\n\r\nhi!`,
      `${ok}Content-Length: 2\r\nConnection: close\r\n\r\nhi`,
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ]) {
      connection = open();
      const answer = connection.ask(outgoing({}));
      receive(response);
      expect((await answer).status).toBe(200);
      expect([told, transport.ending]).toEqual([["gone"], "close"]);
    }
    connection = open();
    const early = connection.ask(outgoing({ method: "POST", content: "chunked" }));
    receive(`${ok}Content-Length: 0\r\n\r\n`);
    expect((await early).status).toBe(200);
    expect(told).toEqual(["gone"]);
  });

  test("takes octets that no request asked for as its end (RFC 9112 §9.2)", () => {
    receive(`${ok}Content-Length: 0\r\n\r\n`);
    expect([told, transport.ending]).toEqual([["gone"], "close"]);
  });

  test("reads content as it is asked for, and pauses the backend meanwhile", async () => {
    const answer = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: 24\r\n\r\n`);
    const chunks = chunksOf(await answer);
    receive("01234567");
    expect(transport.paused).toBeTrue();
    expect(await next(chunks)).toBe("01234567");
    expect(transport.paused).toBeFalse();
    const waiting = next(chunks);
    receive("89abcdef");
    expect(await waiting).toBe("89abcdef");
    receive("01234567");
    expect(await next(chunks)).toBe("01234567");
    expect(told).toEqual([]);
    expect(await next(chunks)).toBeUndefined();
    expect(told).toEqual(["free"]);
    expect(await next(chunks)).toBeUndefined();
  });

  test("reads nothing behind long content until more is asked for", async () => {
    const long = "x".repeat(16 * 1024);
    const answer = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: ${2 * long.length}\r\n\r\n`);
    const chunks = chunksOf(await answer);
    const first = next(chunks);
    expect(transport.paused).toBeFalse();
    receive(long);
    expect([await first, transport.paused]).toEqual([long, true]);
    const second = next(chunks);
    expect(transport.paused).toBeFalse();
    receive(long);
    expect([await second, transport.paused]).toEqual([long, true]);
    expect([await next(chunks), told, transport.paused]).toEqual([undefined, ["free"], false]);
  });

  test("gives what came before the backend closed it, and then its end", async () => {
    const answer = connection.ask(outgoing({}));
    receive(`${ok}\r\nabc`);
    const chunks = chunksOf(await answer);
    connection.peerEnded();
    connection.closed();
    expect(await next(chunks)).toBe("abc");
    expect(await next(chunks)).toBeUndefined();
  });

  test("breaks its content off where the backend does", async () => {
    const answer = connection.ask(outgoing({}));
    receive(`${ok}\r\nabc`);
    const chunks = chunksOf(await answer);
    connection.closed();
    expect(await next(chunks)).toBe("abc");
    expect(await fault(next(chunks))).toBe("broken");
    expect(await fault(next(chunks))).toBe("broken");
  });

  test("is closed when its content isn't wanted any more", async () => {
    const answer = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: 100\r\n\r\nabc`);
    const chunks = chunksOf(await answer);
    await chunks.return?.();
    expect([told, transport.ending]).toEqual([["gone"], "terminate"]);
  });

  test("tells a request that it was lost unheard from one that was answered in part", async () => {
    const first = connection.ask(outgoing({}));
    connection.peerEnded();
    expect(await fault(first)).toBe("broken");
    connection = open();
    const served = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: 0\r\n\r\n`);
    await served;
    const second = connection.ask(outgoing({}));
    connection.peerEnded();
    expect(await fault(second)).toBe("broken stale");
    connection = open();
    const before = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: 0\r\n\r\n`);
    await before;
    const heard = connection.ask(outgoing({}));
    receive("HTTP/1.1 2");
    connection.closed(new Error("reset"));
    expect(await fault(heard)).toBe("broken");
  });

  test("fails when there is no answer in time, which counts from the end of the request", async () => {
    const body = new FeedBody();
    const answer = connection.ask(outgoing({ method: "POST", content: 2, body }));
    // The client has deadlines of its own.
    expect(connection.deadlineMs).toBe(Infinity);
    body.feed("hi");
    await turn();
    body.end();
    await turn();
    expect(connection.deadlineMs).toBe(clock.turnMs() + 1000);
    // Octets now and then don't move it.
    const { deadlineMs } = connection;
    receive("HTTP/1.1 1");
    expect(connection.deadlineMs).toBe(deadlineMs);
    connection.expire();
    expect(await fault(answer)).toBe("late");
    expect([told, transport.ending]).toEqual([["gone"], "terminate"]);
  });

  test("fails when the backend is silent in its answer", async () => {
    const answer = connection.ask(outgoing({}));
    receive(`${ok}Content-Length: 100\r\n\r\n`);
    const chunks = chunksOf(await answer);
    const waiting = fault(next(chunks));
    expect(connection.deadlineMs).toBe(clock.turnMs() + 3_600_000);
    connection.expire();
    expect(await waiting).toBe("late");
  });

  test("sends content when the backend doesn't ask for it in time", () => {
    const body = FeedBody.whole("hi");
    void connection.ask(outgoing({ method: "POST", content: 2, body, expectsContinue: true }));
    expect(connection.deadlineMs).toBe(clock.turnMs() + 1000);
    connection.expire();
    expect(transport.text).toEndWith("\r\n\r\nhi");
  });

  test("bounds interim responses, and passes them on but for 100", async () => {
    const seen: number[] = [];
    const answer = connection.ask(outgoing({ interim: (status) => void seen.push(status) }));
    receive("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
    expect(seen).toEqual([103]);
    receive("HTTP/1.1 102 Processing\r\n\r\n".repeat(15));
    expect(await fault(answer)).toBe("malformed");
    expect(seen).toHaveLength(15);
  });

  test("gives up only the request that it has", async () => {
    const [one, two] = [outgoing({}), outgoing({})];
    const answer = connection.ask(one);
    connection.giveUp(two);
    expect(told).toEqual([]);
    connection.giveUp(one);
    expect(await fault(answer)).toBe("aborted");
    expect(transport.ending).toBe("terminate");
  });
});
