import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { defaultLimits } from "../../../src/base/limits.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";
import { cycle } from "../../../src/http1/connection-state.ts";
import type { ConnectionState } from "../../../src/http1/connection-state.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Asked } from "../fake-client.ts";
import { answer, FakeClient, FakeFile } from "../fake-client.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

/** A stream that never has anything. */
async function* silence(): AsyncGenerator<Uint8Array> {
  yield await new Promise<Uint8Array>(() => undefined);
}

/** How a fresh connection comes to stand in a place. */
interface Place {
  readonly state: ConnectionState;
  readonly enter: () => FakeClient;
}

const places: Record<string, Place> = {
  "idle, fresh": { state: "idle", enter: () => new FakeClient() },
  "idle, after an exchange": {
    state: "idle",
    enter: () => {
      const client = new FakeClient(() => answer("ok"));
      client.send(get);
      return client;
    },
  },
  "idle, with an answer that is not read": {
    state: "idle",
    enter: () => {
      const client = new FakeClient(() => answer("ok"));
      client.transport.room = 10;
      client.send(get);
      return client;
    },
  },
  head: {
    state: "head",
    enter: () => {
      const client = new FakeClient();
      client.send("GET / HTTP/1.1\r\nHo");
      return client;
    },
  },
  "handling, waiting for the handler": {
    state: "handling",
    enter: () => {
      const client = new FakeClient();
      client.send(get);
      return client;
    },
  },
  "handling, waiting for the body": {
    state: "handling",
    enter: () => {
      const client = new FakeClient(async ({ body }) => answer(latin1Text(await body.readAll(20))));
      client.send(post);
      return client;
    },
  },
  "answering with a file": {
    state: "answering",
    enter: () => {
      const client = new FakeClient(() => new FakeFile(1_000_000).response());
      client.transport.room = 1000;
      client.send(get);
      return client;
    },
  },
  "answering with a stream that has nothing": {
    state: "answering",
    enter: () => {
      const client = new FakeClient(() =>
        new ResponseBuilder(200).stream(silence(), "text/plain").build(),
      );
      client.send(get);
      return client;
    },
  },
  "settling, waiting for the body": {
    state: "settling",
    enter: () => {
      const client = new FakeClient(() => answer("ok"));
      client.send(`${post}abc`);
      return client;
    },
  },
  "settling, with an answer that is not read": {
    state: "settling",
    enter: () => {
      const client = new FakeClient(() => answer("ok"));
      client.transport.room = 10;
      client.send("GET / HTTP/1.0\r\n\r\n");
      return client;
    },
  },
  refusing: {
    state: "refusing",
    enter: () => {
      const client = new FakeClient();
      client.transport.room = 10;
      client.send("nonsense\r\n\r\n");
      return client;
    },
  },
  lingering: {
    state: "lingering",
    enter: () => {
      const client = new FakeClient();
      client.send("nonsense\r\n\r\n");
      return client;
    },
  },
  closed: {
    state: "closed",
    enter: () => {
      const client = new FakeClient();
      client.connection.abort();
      return client;
    },
  },
};

/** What an event leads to: the state, the last status, what ended the stream; undefined for as it was. */
type Outcome = readonly [state: ConnectionState, status?: number | undefined, ending?: string];

/** Does `event` in each place and compares what comes of it. */
function expectOutcomes(
  event: (client: FakeClient) => void,
  outcomes: Record<string, Outcome>,
): void {
  expect(Object.keys(outcomes)).toEqual(Object.keys(places));
  for (const [name, { state, enter }] of Object.entries(places)) {
    const client = enter();
    expect([name, client.state]).toEqual([name, state]);
    event(client);
    const [wanted, status = enter().statuses.at(-1), ending = enter().transport.ending] =
      outcomes[name] ?? [];
    const came = [name, client.state, client.statuses.at(-1), client.transport.ending];
    expect(came as unknown[]).toEqual([name, wanted, status, ending]);
    expect([name, client.closedCount]).toEqual([name, client.state === "closed" ? 1 : 0]);
    expect([name, client.failures]).toEqual([name, []]);
  }
}

function writeToNobody(client: FakeClient): void {
  client.transport.broken = true;
  client.connection.drained();
}

test("each state of the table is entered here", () => {
  const entered = new Set(Object.values(places).map(({ state }) => state));
  expect([...entered].toSorted()).toEqual((Object.keys(cycle) as ConnectionState[]).toSorted());
});

describe("in each state", () => {
  test("stop lets what has begun finish, and closes when nothing has", () => {
    expectOutcomes(({ connection }) => connection.stop(false), {
      "idle, fresh": ["closed", undefined, "close"],
      "idle, after an exchange": ["closed", undefined, "close"],
      "idle, with an answer that is not read": ["idle"],
      head: ["head"],
      "handling, waiting for the handler": ["handling"],
      "handling, waiting for the body": ["handling"],
      "answering with a file": ["answering"],
      "answering with a stream that has nothing": ["answering"],
      "settling, waiting for the body": ["settling"],
      "settling, with an answer that is not read": ["settling"],
      refusing: ["refusing"],
      lingering: ["lingering"],
      closed: ["closed"],
    });
  });

  test("a deadline that passes is answered 408 or 503 where an answer is possible, and ends the rest", () => {
    expectOutcomes(({ connection }) => connection.expire(), {
      "idle, fresh": ["closed", undefined, "close"],
      "idle, after an exchange": ["closed", undefined, "close"],
      "idle, with an answer that is not read": ["idle"],
      head: ["lingering", 408, "shutdown"],
      "handling, waiting for the handler": ["lingering", 503, "shutdown"],
      "handling, waiting for the body": ["lingering", 408, "shutdown"],
      "answering with a file": ["answering"],
      "answering with a stream that has nothing": ["closed", undefined, "terminate"],
      "settling, waiting for the body": ["lingering", undefined, "shutdown"],
      "settling, with an answer that is not read": ["settling"],
      refusing: ["refusing"],
      lingering: ["closed", undefined, "close"],
      closed: ["closed"],
    });
  });

  /** The states in which the client's reading is waited for. */
  const unread = [
    "idle, with an answer that is not read",
    "answering with a file",
    "settling, with an answer that is not read",
    "refusing",
  ];

  test.each(unread)("%s: a client is let be while it reads, and reset when it stops", (name) => {
    const place = places[name];
    if (place === undefined) throw new Error(name);
    const client = place.enter();
    client.transport.held = 4_000_000;
    for (let second = 0; second < 300; second++) {
      client.clock.advance(1000);
      client.transport.held -= 1000;
    }
    expect(client.state).toBe(place.state);
    // Fewer than writeBytesPerSecondMin is as good as nothing; what was read before earns minutes.
    for (let second = 0; second < 700; second++) {
      client.clock.advance(1000);
      client.transport.held -= 100;
    }
    expect([client.state, client.transport.ending]).toEqual(["closed", "terminate"]);
  });

  test.each(unread)("%s: a client may pause for less than the time it has", (name) => {
    const place = places[name];
    if (place === undefined) throw new Error(name);
    const client = place.enter();
    client.transport.held = 4_000_000;
    const pauseSeconds = defaultLimits.writeTimeMs / 1000 - 2;
    for (let second = 1; second < 300; second++) {
      client.clock.advance(1000);
      if (second % pauseSeconds === pauseSeconds / 2) client.transport.held -= 100_000;
    }
    expect(client.state).toBe(place.state);
  });

  test("a write that finds the client gone ends it", () => {
    expectOutcomes(writeToNobody, {
      "idle, fresh": ["idle"],
      "idle, after an exchange": ["idle"],
      "idle, with an answer that is not read": ["closed", undefined, "terminate"],
      head: ["head"],
      "handling, waiting for the handler": ["handling"],
      "handling, waiting for the body": ["handling"],
      "answering with a file": ["closed", undefined, "terminate"],
      "answering with a stream that has nothing": ["answering"],
      "settling, waiting for the body": ["settling"],
      "settling, with an answer that is not read": ["closed", undefined, "terminate"],
      refusing: ["closed", undefined, "terminate"],
      lingering: ["lingering"],
      closed: ["closed"],
    });
  });

  test("a client that shuts its side gets what is owed to it, and no more", () => {
    expectOutcomes(({ connection }) => connection.peerEnded(), {
      "idle, fresh": ["closed", undefined, "close"],
      "idle, after an exchange": ["closed", undefined, "close"],
      "idle, with an answer that is not read": ["idle"],
      head: ["closed", 400, "close"],
      "handling, waiting for the handler": ["handling"],
      "handling, waiting for the body": ["closed", 400, "close"],
      "answering with a file": ["answering"],
      "answering with a stream that has nothing": ["answering"],
      "settling, waiting for the body": ["closed", undefined, "close"],
      "settling, with an answer that is not read": ["settling"],
      refusing: ["refusing"],
      lingering: ["closed", undefined, "close"],
      closed: ["closed"],
    });
  });

  test("an abort resets, and a socket that is closed needs nothing more", () => {
    for (const [name, { state, enter }] of Object.entries(places)) {
      const [aborted, closed] = [enter(), enter()];
      aborted.connection.abort();
      expect([name, aborted.transport.ending]).toEqual([name, "terminate"]);
      closed.connection.closed();
      expect([name, closed.state]).toEqual([name, "closed"]);
      if (state !== "closed") expect(closed.transport.calls).not.toContain("terminate");
    }
  });

  test("turning away is for a connection that has not begun", () => {
    for (const [name, { state, enter }] of Object.entries(places)) {
      const client = enter();
      const before = client.statuses.length;
      client.connection.turnAway("overloaded");
      const came = state === "idle" && client.transport.room === Infinity ? [503] : [];
      expect([name, client.statuses.slice(before)]).toEqual([name, came]);
    }
  });

  test("the end leaves no deadline behind", () => {
    for (const { enter } of Object.values(places)) {
      const client = enter();
      client.connection.abort();
      expect(client.timers.size).toBe(0);
      expect(client.clock.alarmMs).toBe(Infinity);
    }
  });

  test("client or server gives up at last, whatever the client does not do", () => {
    for (const [name, { enter }] of Object.entries(places)) {
      // Only a stream may be silent for as long as it likes.
      if (name === "answering with a stream that has nothing") continue;
      const client = enter();
      client.clock.advance(120_000);
      expect([name, client.state]).toEqual([name, "closed"]);
    }
  });
});

describe("stop", () => {
  test("lets a pipelined request that has arrived be answered, as the last", async () => {
    const client = new FakeClient();
    client.send(get + get);
    client.connection.stop(false);
    for (const text of ["one", "two"]) {
      client.asked.at(-1)?.answer(answer(text));
      await client.settle();
    }
    expect(client.statuses[0]).toBe(200);
    expect(client.transport.text).toContain("Connection: close\r\n");
    expect(["shutdown", "close"]).toContain(client.transport.ending ?? "");
  });

  test("tells the client so in the next answer", async () => {
    const client = new FakeClient();
    client.send(get);
    client.connection.stop(false);
    client.asked[0]?.answer(answer("last"));
    await client.settle();
    expect(client.text).toContain("Connection: close\r\n\r\nlast");
    expect(client.transport.ending).toBe("shutdown");
  });

  test("sends a file that is on its way to its end", async () => {
    const file = new FakeFile(5_000_000);
    const client = new FakeClient(() => file.response());
    client.transport.room = 1000;
    client.send(get);
    client.connection.stop(false);
    for (let i = 0; i < 100 && client.reports.length === 0; i++) {
      client.drain(100_000);
      await client.settle();
    }
    expect(client.reports).toMatchObject([{ octets: 5_000_000, whole: true }]);
    expect(client.transport.ending).toBe("close");
    expect(client.state).toBe("closed");
  });
});

/** A request's octets, whole, in part, or wrong. */
const octets = fc.constantFrom(
  get,
  "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  post,
  `${post}0123456789`,
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`,
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
  "3\r\nabc\r\n",
  "0\r\n\r\n",
  "zz\r\n",
  "01234",
  "GET / HT",
  "TP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "\r\n",
  "nonsense\r\n\r\n",
  "x".repeat(100_000),
);

type Reply = "text" | "large" | "file" | "stream" | "failing stream" | "empty" | "error";
type Step =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "reply"; readonly index: number; readonly reply: Reply }
  | { readonly kind: "read"; readonly index: number }
  | { readonly kind: "drain"; readonly room: number }
  | { readonly kind: "advance"; readonly byMs: number }
  | { readonly kind: "expire" | "peerEnded" | "closed" | "stop" | "abort" | "turnAway" }
  | { readonly kind: "broken" | "settle" };

const replies: readonly Reply[] = [
  "text",
  "large",
  "file",
  "stream",
  "failing stream",
  "empty",
  "error",
];
const index = fc.nat({ max: 3 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("send"), text: octets }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("reply"),
        index,
        reply: fc.constantFrom(...replies),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("read"), index }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("drain"),
        room: fc.oneof(fc.nat({ max: 500 }), fc.nat({ max: 500_000 }), fc.constant(Infinity)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("advance"), byMs: fc.nat({ max: 40_000 }) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("settle") }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "expire",
          "peerEnded",
          "closed",
          "stop",
          "abort",
          "turnAway",
          "broken",
        ),
      }),
    },
  ),
  { maxLength: 30 },
);

/** Everything that a run has opened, to see that it is closed again. */
class Opened {
  readonly files: FakeFile[] = [];
  readonly answered = new Set<Asked>();
  readonly error = new Error("a handler's own");
  begun = 0;
  ended = 0;

  response(reply: Exclude<Reply, "error">): Response {
    switch (reply) {
      case "text":
        return answer("text");
      case "large":
        return answer("x".repeat(300_000));
      case "empty":
        return new ResponseBuilder(204).build();
      case "file": {
        const file = new FakeFile(3_000_000);
        this.files.push(file);
        return file.response();
      }
      case "stream":
        return new ResponseBuilder(200).stream(this.#chunks(false), "text/plain").build();
      case "failing stream":
        return new ResponseBuilder(200).stream(this.#chunks(true), "text/plain").build();
    }
  }

  async *#chunks(fails: boolean): AsyncGenerator<Uint8Array> {
    this.begun++;
    try {
      for (let i = 0; i < 3; i++) {
        yield new Uint8Array(40_000);
        await Promise.resolve();
      }
      if (fails) throw this.error;
    } finally {
      this.ended++;
    }
  }
}

async function play(client: FakeClient, opened: Opened, step: Step): Promise<void> {
  const { connection, transport } = client;
  switch (step.kind) {
    case "send":
      // A socket that is paused says nothing.
      if (!transport.paused) client.send(step.text);
      return;
    case "reply": {
      const asked = client.asked.at(-1 - step.index);
      // A promise takes one answer.
      if (asked === undefined || opened.answered.has(asked)) return;
      opened.answered.add(asked);
      if (step.reply === "error") asked.fail(opened.error);
      else asked.answer(opened.response(step.reply));
      return;
    }
    case "read": {
      const body = client.asked.at(-1 - step.index)?.request.body;
      try {
        body?.read().catch(() => undefined);
      } catch (error) {
        // The one thing that a handler may do wrong here: two reads at a time.
        if (!(error instanceof TypeError)) throw error;
      }
      return;
    }
    case "drain":
      client.drain(step.room);
      return;
    case "advance":
      client.clock.advance(step.byMs);
      return;
    case "settle":
      await client.settle();
      return;
    case "broken":
      transport.broken = true;
      return;
    case "expire":
    case "peerEnded":
    case "closed":
    case "abort":
      connection[step.kind]();
      return;
    case "stop":
      connection.stop(false);
      return;
    case "turnAway":
      connection.turnAway("overloaded");
  }
}

test("any events in any order: nothing throws, all is reported once, all is closed", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const client = new FakeClient();
      const opened = new Opened();
      for (const step of all) {
        const wasClosed = client.state === "closed";
        const taken = client.transport.taken;
        await play(client, opened, step);
        if (wasClosed) expect(client.transport.taken).toBe(taken);
      }
      client.connection.abort();
      for (const { fail } of client.asked) fail(opened.error);
      client.drain();
      await client.settle();

      expect(client.state).toBe("closed");
      expect(client.closedCount).toBe(1);
      expect(client.timers.size).toBe(0);
      expect(client.deferred).toBe(0);
      const heads = client.reports.flatMap(({ head }) => (head === undefined ? [] : [head]));
      expect(new Set(heads).size).toBe(heads.length);
      expect(client.reports.filter(({ head }) => head === undefined).length).toBeLessThan(2);
      expect(opened.ended).toBe(opened.begun);
      for (const failure of client.failures) expect(failure).toBe(opened.error);
      expect(opened.files.every(({ closed }) => closed > 0)).toBe(true);
      // Each final status that was begun on the wire has been told of.
      const final = client.statuses.filter((status) => status >= 200);
      expect(final.length).toBeLessThanOrEqual(client.reports.length);
    }),
    { numRuns: 2000 },
  );
}, 60_000);
