import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { BodyError } from "../../../src/site/request.ts";
import type { Handler } from "../../../src/site/request.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { answer, FakeClient, FakeFile } from "../fake-client.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (length: number, fields = ""): string =>
  `POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${fields}\r\n`;
const ok = (text: string, fields = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n${fields}\r\n${text}`;

/** Answers with the target. */
const echo: Handler = ({ head }) => answer(head.rawTarget);

/** Answers with the body. */
const echoBody: Handler = async ({ body }) => answer(latin1Text(await body.readAll(1e6)));

/** Answers 405, without a look at the body. */
const refuse: Handler = () => new ResponseBuilder(405).text("no", "text/plain").build();

/** An HTTP/1.0 request. */
const old = (fields = ""): string => `GET / HTTP/1.0\r\n${fields}\r\n`;

/** A stream of two chunks. */
async function* abcd(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("ab"));
  yield Buffer.from("cd");
}

describe("pipelining (RFC 9112 §9.3.2)", () => {
  test("answers in the order of the requests", async () => {
    const client = new FakeClient();
    client.send(get("/1") + get("/2") + get("/3"));
    for (const path of ["/1", "/2", "/3"]) {
      await client.settle();
      expect(client.asked.map(({ request }) => request.head.rawTarget).at(-1)).toBe(path);
      client.asked.at(-1)?.answer(answer(path));
    }
    await client.settle();
    expect(client.text).toBe(ok("/1") + ok("/2") + ok("/3"));
  });

  test("asks for the second when the first has been answered, and not before", async () => {
    const client = new FakeClient();
    client.send(get("/1") + get("/2"));
    await client.settle();
    expect(client.asked.length).toBe(1);
    client.asked[0]?.answer(answer("first"));
    await client.settle();
    expect(client.asked.length).toBe(2);
  });

  test("puts all that one turn answers into one write", () => {
    const client = new FakeClient(echo);
    client.send(get("/1") + get("/2") + get("/3"));
    expect(client.transport.writes.length).toBe(1);
    expect(client.text).toBe(ok("/1") + ok("/2") + ok("/3"));
  });

  test("answers the same, however the octets are cut", () => {
    const octets = get("/1") + get("/2");
    for (let cut = 1; cut < octets.length; cut++) {
      const client = new FakeClient(echo);
      client.send(octets.slice(0, cut));
      client.send(octets.slice(cut));
      expect(client.text).toBe(ok("/1") + ok("/2"));
    }
  });

  test("puts a small file into one write with its head, and many into few", () => {
    const client = new FakeClient(() => answer("x".repeat(1000)));
    client.send(get("/").repeat(100));
    expect(client.transport.writes.length).toBe(1);
    expect(client.reports.length).toBe(100);
  });
});

describe("a client that pipelines and never reads", () => {
  test("costs a socket's buffers and one piece, and is read no further", () => {
    let asked = 0;
    const client = new FakeClient(() => {
      asked++;
      return answer("x".repeat(10_000));
    });
    client.transport.room = 65_536;
    let sent = 0;
    while (!client.transport.paused && sent < 1000) {
      client.send(get("/").repeat(100));
      sent++;
    }
    expect(client.transport.paused).toBe(true);
    expect(sent).toBeLessThanOrEqual(2);
    const queuedMax = 65_536 + defaultLimits.sendPieceBytes + 20_000;
    expect(asked * 10_000).toBeLessThanOrEqual(queuedMax);
    expect(client.state).toBe("idle");
  });

  test("is asked for nothing while an answer is queued that the socket did not take", () => {
    const client = new FakeClient(echo);
    client.transport.room = 10;
    client.send(get("/1"));
    client.send(get("/2"));
    expect(client.reports.length).toBe(1);
    client.drain();
    expect(client.reports.length).toBe(2);
  });

  test("is not written to again before its socket has drained", async () => {
    const file = new FakeFile(500_000);
    const client = new FakeClient(() => file.response());
    client.transport.room = 1000;
    client.send(post(20));
    const { attempts } = client.transport;
    for (let i = 0; i < 10; i++) client.send("x");
    await client.settle();
    expect(client.transport.attempts).toBe(attempts);
  });

  test("is read again when it reads, and gets everything", () => {
    const client = new FakeClient(() => answer("x".repeat(10_000)));
    client.transport.room = 1000;
    client.send(get("/").repeat(300));
    expect(client.transport.paused).toBe(true);
    for (let i = 0; i < 1000 && client.reports.length < 300; i++) client.drain(50_000);
    client.drain();
    expect(client.reports.length).toBe(300);
    expect(client.transport.paused).toBe(false);
    // Each with its Date and the two lines of `keepAliveLines`.
    expect(client.transport.taken).toBe(300 * (ok("x".repeat(10_000)).length + 37 + 47));
  });

  test("is reset when it takes nothing for writeTimeMs", () => {
    const client = new FakeClient(() => answer("x".repeat(10_000)));
    client.transport.room = 1000;
    client.send(get("/").repeat(10));
    client.clock.advance(defaultLimits.writeTimeMs - 1);
    expect(client.state).not.toBe("closed");
    client.clock.advance(33);
    expect(client.transport.ending).toBe("terminate");
  });
});

describe("early answers (RFC 9112 §9.3, §9.6)", () => {
  const refusal =
    "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n";

  test("read a short body that the handler left, and go on", () => {
    const client = new FakeClient(refuse);
    client.send(post(10));
    expect(client.text).toBe(`${refusal}\r\nno`);
    expect(client.state).toBe("settling");
    client.send("01234");
    client.send(`56789${get("/")}`);
    expect(client.statuses).toEqual([405, 405]);
    expect(client.state).toBe("idle");
  });

  test("say that they close when the body is longer than is thrown away", () => {
    const client = new FakeClient(refuse);
    client.send(post(defaultLimits.discardBytesMax));
    expect(client.text).not.toContain("Connection: close");
    const other = new FakeClient(refuse);
    other.send(post(defaultLimits.discardBytesMax + 1));
    expect(other.text).toBe(`${refusal}Connection: close\r\n\r\nno`);
    expect(other.transport.ending).toBe("shutdown");
    expect(other.state).toBe("lingering");
  });

  test("go on reading after they have shut, so that the client sees the answer", () => {
    const client = new FakeClient(refuse);
    client.send(post(10_000_000));
    for (let i = 0; i < 100; i++) client.send("x".repeat(100_000));
    expect(client.state).toBe("lingering");
    expect(client.transport.paused).toBe(false);
    client.connection.peerEnded();
    expect(client.transport.ending).toBe("close");
    expect(client.statuses).toEqual([405]);
  });

  test("answer nothing that comes after them", () => {
    const client = new FakeClient(refuse);
    client.send(post(10_000_000));
    client.send("x".repeat(10_000_000) + get("/"));
    expect(client.statuses).toEqual([405]);
    expect(client.reports.length).toBe(1);
  });

  test("are reset when the client sends more than lingerBytesMax", () => {
    const client = new FakeClient(refuse, { lingerBytesMax: 1000 });
    client.send(post(10_000_000));
    client.send("x".repeat(1000));
    expect(client.state).toBe("lingering");
    client.send("x");
    expect(client.transport.ending).toBe("terminate");
  });

  test("are closed, and not reset, when the client stays longer than lingerTimeMs", () => {
    const client = new FakeClient(refuse);
    client.send(post(10_000_000));
    client.clock.advance(defaultLimits.lingerTimeMs - 1);
    client.send("x");
    expect(client.state).toBe("lingering");
    client.clock.advance(33);
    // What the kernel holds for a slow reader is delivered after a close, and lost by a reset.
    expect(client.transport.ending).toBe("close");
  });

  test("end a chunked body that goes on for longer than discardBytesMax", () => {
    const client = new FakeClient(refuse, { discardBytesMax: 1000 });
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(client.text).toBe(`${refusal}\r\nno`);
    client.send(`3e8\r\n${"x".repeat(1000)}\r\n`);
    expect(client.state).toBe("settling");
    client.send("1\r\nx\r\n");
    expect(client.state).toBe("lingering");
  });

  test("end a chunked body that is malformed, without a second answer", () => {
    const client = new FakeClient(refuse);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    expect(client.statuses).toEqual([405]);
    expect(client.state).toBe("lingering");
  });

  test("end when the rest of the body is too late", () => {
    const client = new FakeClient(refuse);
    client.send(`${post(10)}012`);
    client.clock.advance(defaultLimits.bodyTimeMs + 5000);
    expect(client.statuses).toEqual([405]);
    expect(client.transport.ending).toBe("close");
    expect(client.transport.calls).toContain("shutdown");
  });

  test("keep nothing of a body that will not be read, in however small chunks", () => {
    const client = new FakeClient(() => answer("x".repeat(1_000_000)), { discardBytesMax: 1000 });
    client.transport.room = 100;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let sent = 0;
    while (!client.transport.paused && client.state !== "closed" && sent < 40_000_000) {
      client.send("1\r\nx\r\n".repeat(10_000));
      sent += 60_000;
    }
    // Either it isn't read any more, or it is thrown away and counted: never kept.
    expect(sent).toBeLessThan(defaultLimits.lingerBytesMax + 600_000);
  });

  test("that are not read are reset, and not tried for ever", () => {
    const client = new FakeClient(() => answer("x".repeat(1_000_000)));
    client.transport.room = 100;
    client.send(`${post(10)}012`);
    for (let seconds = 0; seconds < 140; seconds++) client.clock.advance(1000);
    expect(client.transport.ending).toBe("terminate");
    expect(client.clock.alarmMs).toBe(Infinity);
  });

  test("that close and are not read are reset, and not tried for ever", () => {
    const client = new FakeClient(() => answer("x".repeat(1_000_000)));
    client.transport.room = 100;
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (let seconds = 0; seconds < 140; seconds++) client.clock.advance(1000);
    expect(client.transport.ending).toBe("terminate");
    expect(client.clock.alarmMs).toBe(Infinity);
  });
});

describe("100 (Continue) (RFC 9110 §10.1.1)", () => {
  const expecting = post(3, "Expect: 100-continue\r\n");
  const go = "HTTP/1.1 100 Continue\r\n\r\n";

  test("is sent once, when the handler reads", async () => {
    const client = new FakeClient(echoBody);
    client.send(expecting);
    expect(client.text).toBe(go);
    client.send("a");
    client.send("b");
    expect(client.text).toBe(go);
    client.send("c");
    await client.settle();
    expect(client.text).toBe(go + ok("abc"));
    expect(client.state).toBe("idle");
  });

  test("is not sent before the handler reads", async () => {
    const client = new FakeClient();
    client.send(expecting);
    await client.settle();
    expect(client.text).toBe("");
    const [asked] = client.asked;
    const reading = asked?.request.body.read();
    expect(client.text).toBe(go);
    client.send("abc");
    expect(latin1Text((await reading) ?? new Uint8Array(0))).toBe("abc");
  });

  test("is not sent by a handler that doesn't read; the connection ends", () => {
    const client = new FakeClient(echo);
    client.send(expecting);
    expect(client.text).toBe(ok("/form", "Connection: close\r\n"));
    expect(client.state).toBe("lingering");
  });

  test("is not sent when the body has arrived already", async () => {
    const client = new FakeClient(echoBody);
    client.send(`${expecting}abc`);
    await client.settle();
    expect(client.text).toBe(ok("abc"));
  });

  test("is not sent when some of the body has arrived already", async () => {
    const client = new FakeClient(echoBody);
    client.send(`${expecting}a`);
    await client.settle();
    expect(client.text).toBe("");
    client.send("bc");
    await client.settle();
    expect(client.text).toBe(ok("abc"));
  });

  test("is not sent to an HTTP/1.0 client", async () => {
    const client = new FakeClient(echoBody);
    client.send("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    await client.settle();
    expect(client.text).toBe("");
    client.send("a");
    await client.settle();
    expect(client.statuses).toEqual([200]);
  });

  test("is not sent for a request without a body", () => {
    const client = new FakeClient(echo);
    client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    expect(client.text).toBe(ok("/"));
  });

  test("never stands inside the final response", async () => {
    const client = new FakeClient(({ body }) => {
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array([0x61]);
        const octets = await body.read();
        if (octets !== undefined) yield octets;
      };
      return new ResponseBuilder(200).stream(chunks(), "text/plain").build();
    });
    client.send(expecting);
    await client.settle();
    expect(client.transport.text.slice(1)).not.toContain("HTTP/1.1");
  });
});

describe("a client that shuts its side (RFC 9112 §9.6)", () => {
  test("between two requests: is closed at once", () => {
    const client = new FakeClient(echo);
    client.send(get("/"));
    client.connection.peerEnded();
    expect(client.transport.ending).toBe("close");
    expect(client.statuses).toEqual([200]);
  });

  test("after its request: still gets the answer, whole", async () => {
    const client = new FakeClient();
    client.send(get("/"));
    client.connection.peerEnded();
    expect(client.state).toBe("handling");
    client.asked[0]?.answer(answer("late"));
    await client.settle();
    expect(client.text).toBe(ok("late"));
    expect(client.transport.calls).toEqual(["close"]);
  });

  test("after its request for a large file: gets all of it, as it reads", async () => {
    const file = new FakeFile(1_000_000);
    const client = new FakeClient(() => file.response());
    client.transport.room = 1000;
    client.send(get("/"));
    client.connection.peerEnded();
    while (client.state !== "closed") {
      client.drain(100_000);
      await client.settle();
    }
    expect(client.transport.text.split("\r\n\r\n")[1]).toBe("f".repeat(1_000_000));
    expect(client.transport.ending).toBe("close");
    expect(file.closed).toBe(1);
  });

  test("in the middle of a head: is told that it was incomplete", () => {
    const client = new FakeClient(echo);
    client.send("GET / HTTP/1.1\r\nHo");
    client.connection.peerEnded();
    expect(client.statuses).toEqual([400]);
    expect(client.reports[0]?.refusal).toBe("incomplete");
    expect(client.transport.ending).toBe("close");
  });

  test("in the middle of a body that is read: is told so, and the handler, too", async () => {
    let kind: string | undefined;
    const client = new FakeClient(async ({ body }) => {
      try {
        return answer(latin1Text(await body.readAll(100)));
      } catch (error) {
        kind = error instanceof BodyError ? error.kind : "no BodyError";
        throw error;
      }
    });
    client.send(`${post(10)}abc`);
    await client.settle();
    client.connection.peerEnded();
    await client.settle();
    expect(kind).toBe("incomplete");
    expect(client.statuses).toEqual([400]);
    expect(client.failures).toEqual([]);
    expect(client.transport.ending).toBe("close");
  });

  test("in the middle of a body that is not read: is answered all the same", () => {
    const client = new FakeClient(echo);
    client.send(`${post(10)}abc`);
    client.connection.peerEnded();
    expect(client.statuses).toEqual([200]);
    expect(client.transport.ending).toBe("close");
  });
});

describe("persistence (RFC 9112 §9.3)", () => {
  test("HTTP/1.1 persists without close", () => {
    const client = new FakeClient(echo);
    client.send(get("/"));
    expect(client.state).toBe("idle");
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(client.text).toBe(ok("/") + ok("/", "Connection: close\r\n"));
    expect(client.transport.ending).toBe("shutdown");
  });

  test("a response says how long an idle connection stays open, a second less than it does", () => {
    for (const [idleTimeMs, seconds] of [
      [10_000, 9],
      [2999, 1],
      [250, 0],
    ] as const) {
      const client = new FakeClient(echo, { idleTimeMs });
      client.send(get("/"));
      const lines = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
      expect(client.transport.text).toContain(lines);
      client.clock.advance(idleTimeMs - 1);
      expect(client.state).toBe("idle");
      client.clock.advance(50);
      expect(client.state).toBe("closed");
    }
  });

  test("HTTP/1.0 closes without keep-alive", () => {
    const closing = new FakeClient(echo);
    closing.send(old());
    expect(closing.text).toBe(ok("/", "Connection: close\r\n"));
    expect(closing.transport.ending).toBe("shutdown");
    const going = new FakeClient(echo);
    going.send(old("Connection: keep-alive\r\n"));
    expect(going.text).toBe(ok("/"));
    expect(going.transport.text).toContain("\r\nConnection: keep-alive\r\n");
    expect(going.state).toBe("idle");
  });

  test("nothing is answered after a request that asked to close", () => {
    const client = new FakeClient(echo);
    client.send(`GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${get("/2")}`);
    expect(client.reports.length).toBe(1);
  });

  test("nothing is answered after a request that was malformed", () => {
    const client = new FakeClient(echo);
    client.send(`${get("/1")}GET /2 HTTP/1.1\r\n\r\n${get("/3")}`);
    expect(client.statuses).toEqual([200, 400]);
    client.send(get("/4"));
    expect(client.statuses).toEqual([200, 400]);
  });

  test("an HTTP/1.0 client without Connection: keep-alive gets a stream until the end", async () => {
    const client = new FakeClient(() =>
      new ResponseBuilder(200).stream(abcd(), "text/plain").build(),
    );
    client.send(old("Connection: keep-alive\r\n"));
    await client.settle();
    expect(client.text).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nabcd",
    );
    expect(client.transport.ending).toBe("shutdown");
  });
});

describe("HEAD (RFC 9110 §9.3.2)", () => {
  test("has the fields of the GET, no content, and closes the file", () => {
    const file = new FakeFile(1_000_000);
    const client = new FakeClient(() => file.response());
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(client.text).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n",
    );
    expect(file.closed).toBe(1);
    expect(client.reports[0]).toMatchObject({ octets: 0, whole: true });
    expect(client.state).toBe("idle");
  });

  test("does not begin a stream", async () => {
    let begun = false;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      begun = true;
      yield await Promise.resolve(new Uint8Array(1));
    };
    const client = new FakeClient(() =>
      new ResponseBuilder(200).stream(chunks(), "text/plain").build(),
    );
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.settle();
    expect(begun).toBe(false);
    expect(client.text).toEndWith("Transfer-Encoding: chunked\r\n\r\n");
  });

  test("of a malformed request has no content either", () => {
    const client = new FakeClient(echo);
    client.send("HEAD / HTTP/1.1\r\n\r\n");
    expect(client.text).toBe(
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n" +
        "Connection: close\r\n\r\n",
    );
  });
});

describe("handlers", () => {
  const failure = "HTTP/1.1 500 Internal Server Error\r\n";
  const fault = new Error("a fault of ours");

  test("that throw: 500, the error is told, and the connection goes on", () => {
    let asked = 0;
    const client = new FakeClient(() => {
      if (asked++ === 0) throw fault;
      return answer("fine");
    });
    client.send(get("/1") + get("/2"));
    expect(client.text).toStartWith(failure);
    expect(client.text).not.toContain(fault.message);
    expect(client.statuses).toEqual([500, 200]);
    expect(client.failures).toEqual([fault]);
  });

  test("that reject: the same", async () => {
    const client = new FakeClient();
    client.send(get("/1") + get("/2"));
    client.asked[0]?.fail(fault);
    await client.settle();
    client.asked[1]?.answer(answer("fine"));
    await client.settle();
    expect(client.statuses).toEqual([500, 200]);
    expect(client.failures).toEqual([fault]);
  });

  test.each([false, true])(
    "that answer with no response at all (promised: %p): 500",
    async (promised) => {
      const nothing = undefined as unknown as ReturnType<typeof answer>;
      const client = new FakeClient(() => (promised ? Promise.resolve(nothing) : nothing));
      client.send(get("/"));
      await client.settle();
      expect(client.statuses).toEqual([500]);
      expect(client.failures.length).toBe(1);
    },
  );

  test("that never answer: 503 after handlerTimeMs, and the connection ends", async () => {
    const client = new FakeClient();
    client.send(get("/"));
    await client.settle();
    client.clock.advance(defaultLimits.handlerTimeMs - 1);
    expect(client.statuses).toEqual([]);
    client.clock.advance(33);
    expect(client.statuses).toEqual([503]);
    expect(client.text).toContain("Connection: close\r\n");
    expect(client.state).toBe("lingering");
  });

  test("that answer too late: nothing more is sent, and the file is closed", async () => {
    const client = new FakeClient();
    client.send(get("/"));
    client.clock.advance(defaultLimits.handlerTimeMs + 33);
    const file = new FakeFile(100_000);
    client.asked[0]?.answer(file.response());
    await client.settle();
    expect(client.statuses).toEqual([503]);
    expect(file.closed).toBe(1);
    expect(client.reports.length).toBe(1);
  });

  test("that fail too late: nothing more is sent", async () => {
    const client = new FakeClient();
    client.send(get("/"));
    client.clock.advance(defaultLimits.handlerTimeMs + 33);
    client.asked[0]?.fail(fault);
    await client.settle();
    expect(client.statuses).toEqual([503]);
  });

  test("that answer when the client has gone: the file is closed", async () => {
    const client = new FakeClient();
    client.send(get("/"));
    client.connection.closed();
    const file = new FakeFile(100_000);
    client.asked[0]?.answer(file.response());
    await client.settle();
    expect(file.closed).toBe(1);
    expect(client.transport.attempts).toBe(0);
  });

  test("that read a body that is too large: 413", async () => {
    const client = new FakeClient(async ({ body }) => answer(latin1Text(await body.readAll(5))));
    client.send(post(6));
    await client.settle();
    expect(client.statuses).toEqual([413]);
    expect(client.failures).toEqual([]);
  });

  test("that read a malformed chunked body: 400, with the reason in the report", async () => {
    const client = new FakeClient(echoBody);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX");
    await client.settle();
    expect(client.statuses).toEqual([400]);
    expect(client.reports[0]?.refusal).toBe("chunk-data");
  });

  test("that read a body that doesn't come: 408 after bodyTimeMs", async () => {
    const client = new FakeClient(echoBody);
    client.send(post(10));
    client.clock.advance(defaultLimits.bodyTimeMs + 33);
    await client.settle();
    expect(client.statuses).toEqual([408]);
  });

  test("that read a body which comes at the least rate: get all of it", async () => {
    const client = new FakeClient(echoBody);
    client.send(post(10_240));
    for (let i = 0; i < 40; i++) {
      client.clock.advance(1000);
      client.send("x".repeat(256));
      await client.settle();
    }
    expect(client.statuses).toEqual([200]);
  });

  test("that read a body which is late have their own time from then on", async () => {
    const client = new FakeClient(async ({ body }) => {
      await body.readAll(100);
      return client.later({ body } as never);
    });
    client.send(post(3));
    client.clock.advance(9000);
    client.send("abc");
    await client.settle();
    client.clock.advance(defaultLimits.handlerTimeMs - 1000);
    expect(client.statuses).toEqual([]);
    client.asked[0]?.answer(answer("done"));
    await client.settle();
    expect(client.statuses).toEqual([200]);
  });

  test("that wait for a body whose client disconnects are told so", async () => {
    const kinds: string[] = [];
    const client = new FakeClient(async ({ body }) => {
      try {
        return answer(latin1Text(await body.readAll(100)));
      } catch (error) {
        kinds.push(error instanceof BodyError ? error.kind : "no BodyError");
        throw error;
      }
    });
    client.send(`${post(10)}abc`);
    await client.settle();
    client.connection.closed();
    await client.settle();
    expect(kinds).toEqual(["gone"]);
    expect(client.failures).toEqual([]);
    expect(client.statuses).toEqual([]);
  });

  test("that don't read: the client is held back, and not the memory", () => {
    const client = new FakeClient();
    client.send(post(10_000_000));
    let sent = 0;
    while (!client.transport.paused && sent < 10_000_000) {
      client.send("x".repeat(65_536));
      sent += 65_536;
    }
    expect(sent).toBeLessThanOrEqual(defaultLimits.bodyBufferBytesMax + 65_536);
  });
});

/** A stream that never has a chunk, and what becomes of it. */
function endless(): { chunks: ReadableStream<Uint8Array>; seen: { cancelled: boolean } } {
  const seen = { cancelled: false };
  const cancel = (): void => {
    seen.cancelled = true;
  };
  return { chunks: new ReadableStream<Uint8Array>({ cancel }), seen };
}

/** Nothing, and never. */
const never = (): Promise<never> => new Promise(() => undefined);

describe("streams (RFC 9112 §7.1)", () => {
  /** A stream that a test feeds. */
  class Producer {
    asked = 0;
    returned = false;
    #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    readonly #queue = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });

    async *chunks(): AsyncGenerator<Uint8Array> {
      const reader = this.#queue.getReader();
      try {
        for (;;) {
          this.asked++;
          const { done, value } = await reader.read();
          if (done) return;
          yield value;
        }
      } finally {
        this.returned = true;
      }
    }

    give(text: string): void {
      this.#controller?.enqueue(Buffer.from(text, "latin1"));
    }

    end(): void {
      this.#controller?.close();
    }

    fail(error: Error): void {
      this.#controller?.error(error);
    }
  }

  function streaming(request = get("/")): { client: FakeClient; producer: Producer } {
    const producer = new Producer();
    const client = new FakeClient(() =>
      new ResponseBuilder(200).stream(producer.chunks(), "text/plain").build(),
    );
    client.send(request);
    return { client, producer };
  }
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

  test("are chunked, end with the last chunk, and the connection goes on", async () => {
    const { client, producer } = streaming();
    producer.give("abc");
    producer.give("x".repeat(26));
    producer.end();
    await client.settle();
    expect(client.text).toBe(`${head}3\r\nabc\r\n1a\r\n${"x".repeat(26)}\r\n0\r\n\r\n`);
    client.send(get("/"));
    expect(client.reports.length).toBe(1);
    expect(client.reports[0]).toMatchObject({ octets: 29, whole: true });
  });

  test("leave out empty chunks, which would be the last", async () => {
    const { client, producer } = streaming();
    producer.give("a");
    producer.give("");
    producer.give("b");
    producer.end();
    await client.settle();
    expect(client.text).toBe(`${head}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`);
  });

  test("without any chunk are empty", async () => {
    const { client, producer } = streaming();
    producer.end();
    await client.settle();
    expect(client.text).toBe(`${head}0\r\n\r\n`);
  });

  test("send each chunk when it is there, and wait for the next as long as it takes", async () => {
    const { client, producer } = streaming();
    await client.settle();
    expect(client.text).toBe(head);
    for (const text of ["a", "b"]) {
      client.clock.advance(3_600_000);
      producer.give(text);
      await client.settle();
      expect(client.transport.text).toEndWith(`1\r\n${text}\r\n`);
    }
    expect(client.state).toBe("answering");
  });

  test("ask for no chunk until the client has taken the one before", async () => {
    const { client, producer } = streaming();
    client.transport.room = 10;
    for (let i = 0; i < 20; i++) producer.give("x".repeat(100_000));
    await client.settle();
    expect(producer.asked).toBe(1);
    for (let i = 0; i < 9; i++) {
      client.drain(10_000);
      await client.settle();
    }
    expect(producer.asked).toBe(1);
    client.drain(20_000);
    await client.settle();
    expect(producer.asked).toBe(2);
  });

  test("that are not read are reset after writeTimeMs, and told to stop", async () => {
    const { client, producer } = streaming();
    client.transport.room = 10;
    producer.give("x".repeat(1000));
    await client.settle();
    client.clock.advance(defaultLimits.writeTimeMs + 33);
    await client.settle();
    expect(client.transport.ending).toBe("terminate");
    producer.give("y");
    await client.settle();
    expect(producer.returned).toBe(true);
    expect(client.reports.map(({ whole }) => whole)).toEqual([false]);
  });

  test("that throw are cut off by a reset, so that no client takes them for whole", async () => {
    const { client, producer } = streaming();
    const error = new Error("no more");
    producer.give("abc");
    await client.settle();
    producer.fail(error);
    await client.settle();
    expect(client.text).toBe(`${head}3\r\nabc\r\n`);
    expect(client.transport.ending).toBe("terminate");
    expect(client.failures).toEqual([error]);
    expect(client.reports.map(({ whole }) => whole)).toEqual([false]);
  });

  test("that throw before their first chunk: the same", async () => {
    const { client, producer } = streaming();
    producer.fail(new Error("nothing"));
    await client.settle();
    expect(client.transport.ending).toBe("terminate");
  });

  test("may be made of the request's body as it comes", async () => {
    const client = new FakeClient(({ body }) => {
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        for (let octets = await body.read(); octets !== undefined; octets = await body.read()) {
          yield octets;
        }
      };
      return new ResponseBuilder(200).stream(chunks(), "text/plain").build();
    });
    client.send(`${post(6)}ab`);
    await client.settle();
    expect(client.text).toBe(`${head}2\r\nab\r\n`);
    client.send("cd");
    await client.settle();
    client.send(`ef${get("/next")}`);
    await client.settle();
    expect(client.text).toBe(`${head}2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\n${head}0\r\n\r\n`);
  });

  test("of a client that has disconnected are told to stop", async () => {
    const { client, producer } = streaming();
    producer.give("a");
    await client.settle();
    client.connection.closed();
    producer.give("b");
    await client.settle();
    expect(producer.returned).toBe(true);
  });

  test("of a client that has disconnected are told at once, though they wait themselves", async () => {
    const { chunks, seen } = endless();
    const client = new FakeClient(() =>
      new ResponseBuilder(200).stream(chunks, "text/plain").build(),
    );
    client.send(get("/"));
    await client.settle();
    expect(seen.cancelled).toBe(false);
    client.connection.closed();
    await client.settle();
    expect([seen.cancelled, client.failures]).toEqual([true, []]);
  });

  test("that are not sent are told, too: in answer to HEAD, or too late", async () => {
    const { chunks, seen } = endless();
    const response = new ResponseBuilder(200).stream(chunks, "text/plain").build();
    const asking = new FakeClient(() => response);
    asking.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await asking.settle();
    expect([seen.cancelled, asking.state]).toEqual([true, "idle"]);
    const late = endless();
    const gone = new FakeClient();
    gone.send(get("/"));
    gone.connection.closed();
    gone.asked[0]?.answer(new ResponseBuilder(200).stream(late.chunks, "text/plain").build());
    await gone.settle();
    expect(late.seen.cancelled).toBe(true);
  });

  test("that read the request's body when they are told to stop don't disturb the answer", async () => {
    const client = new FakeClient(async ({ body }) => {
      await Promise.resolve();
      const chunks = {
        [Symbol.asyncIterator]: () => ({
          next: never,
          // The body is malformed, which the answer must not be interrupted by.
          return: () => {
            void body.read();
            return Promise.resolve({ done: true, value: undefined } as const);
          },
        }),
      };
      return new ResponseBuilder(200).stream(chunks, "text/plain").build();
    });
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    await client.settle();
    expect(client.statuses).toEqual([200]);
    expect([client.state, client.failures]).toEqual(["lingering", []]);
  });

  test("that can't be stopped are left alone", async () => {
    const chunks = { [Symbol.asyncIterator]: () => ({ next: never }) };
    const client = new FakeClient(() =>
      new ResponseBuilder(200).stream(chunks, "text/plain").build(),
    );
    client.send(get("/"));
    client.connection.closed();
    await client.settle();
    expect(client.failures).toEqual([]);
  });
});

describe("files", () => {
  test("are sent in turns, so that others get theirs", async () => {
    const file = new FakeFile(10_000_000);
    const client = new FakeClient(() => file.response());
    client.send(get("/"));
    expect(client.transport.taken).toBeLessThan(
      defaultLimits.sendBurstBytes + 2 * defaultLimits.sendPieceBytes,
    );
    await client.settle();
    expect(client.reports).toMatchObject([{ octets: 10_000_000, whole: true }]);
    expect(file.closed).toBe(1);
    expect(client.state).toBe("idle");
  });

  test("ask for one next turn at a time, whatever else happens", async () => {
    const file = new FakeFile(100_000_000);
    const client = new FakeClient(() => file.response());
    client.send(get("/"));
    for (let i = 0; i < 5; i++) client.connection.drained();
    expect(client.deferred).toBe(1);
    await client.settle();
    expect(client.reports).toMatchObject([{ octets: 100_000_000, whole: true }]);
  });

  test("that shrink are cut off by a reset, and never padded", () => {
    const file = new FakeFile(500_000);
    const client = new FakeClient(() => {
      const response = file.response();
      file.size = 300_000;
      return response;
    });
    client.send(get("/"));
    expect(client.transport.text.split("\r\n\r\n")[1]).toBe("f".repeat(300_000));
    expect(client.transport.ending).toBe("terminate");
    expect(client.reports).toMatchObject([{ octets: 300_000, whole: false }]);
    expect(file.closed).toBe(1);
  });

  test("that a client stops reading are closed with it", () => {
    const file = new FakeFile(500_000);
    const client = new FakeClient(() => file.response());
    client.transport.room = 1000;
    client.send(get("/"));
    expect(client.state).toBe("answering");
    client.connection.closed();
    expect(file.closed).toBe(1);
    expect(client.reports).toMatchObject([{ whole: false }]);
  });

  test("are sent while the client still sends a body, which is thrown away", async () => {
    const file = new FakeFile(500_000);
    const client = new FakeClient(() => file.response());
    client.transport.room = 1000;
    client.send(post(100_000));
    client.send("x".repeat(100_000));
    expect(client.transport.paused).toBe(false);
    client.drain();
    await client.settle();
    expect(client.reports).toMatchObject([{ octets: 500_000, whole: true }]);
    expect(client.state).toBe("idle");
  });
});
