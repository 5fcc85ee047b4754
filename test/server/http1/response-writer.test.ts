import { describe, expect, test } from "bun:test";

import type { Response, ResponseFaults } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type {
  Faulting,
  FaultyResponse,
  FaultyTransport,
} from "../../../src/server/faults/wire/faulty-transport.ts";
import type { Transport } from "../../../src/server/connection/transport.ts";
import { WriteQueue } from "../../../src/server/connection/write-queue.ts";
import { ResponseWriter } from "../../../src/server/http1/response-writer.ts";
import { answer, FakeFile } from "../fake-client.ts";
import { FakeTransport } from "../fake-transport.ts";

const sizes = { sendPieceBytes: 100, sendBurstBytes: 250 };
const context = {
  minorVersion: 1,
  bodiless: false,
  persist: true,
  keepAlive: "",
  date: "Sun, 22 Nov 2026 15:04:05 GMT",
} as const;

interface Writing {
  readonly transport: FakeTransport;
  readonly queue: WriteQueue;
  readonly writer: ResponseWriter;
  readonly failures: unknown[];
  changes: number;
}

function writing(): Writing {
  const transport = new FakeTransport();
  const queue = new WriteQueue(transport);
  const failures: unknown[] = [];
  const all: Writing = {
    transport,
    queue,
    failures,
    changes: 0,
    writer: new ResponseWriter(
      queue,
      sizes,
      () => all.changes++,
      (error) => failures.push(error),
    ),
  };
  return all;
}

/** The content that was written, behind the head. */
const contentOf = ({ transport }: Writing): string => transport.text.split("\r\n\r\n")[1] ?? "";

describe("a response of octets", () => {
  test("is queued with its head, and all of it counts as handed over", () => {
    const all = writing();
    expect(all.writer.begin(answer("hello"), context)).toBe(true);
    expect(all.writer.advance()).toBe("sent");
    expect(all.transport.attempts).toBe(0);
    all.queue.flush();
    expect(all.transport.writes.length).toBe(1);
    expect(contentOf(all)).toBe("hello");
    expect(all.writer.octets).toBe(5);
  });

  test("ends the connection when it says so, or the request did", () => {
    const closing = new ResponseBuilder(200).closing().text("", "text/plain").build();
    expect(writing().writer.begin(closing, context)).toBe(false);
    expect(writing().writer.begin(answer(""), { ...context, persist: false })).toBe(false);
  });
});

describe("a response from a file", () => {
  test("is sent behind its head, share by share, and the file is closed", () => {
    const all = writing();
    const file = new FakeFile(700);
    all.writer.begin(file.response(), context);
    expect(all.writer.unsent).toBeGreaterThan(700);
    expect(all.writer.advance()).toBe("later");
    expect(file.closed).toBe(0);
    const outcomes = [all.writer.advance(), all.writer.advance()];
    expect(outcomes).toEqual(["later", "sent"]);
    expect(contentOf(all)).toBe("f".repeat(700));
    expect([file.closed, all.writer.octets, all.writer.unsent]).toEqual([1, 700, 0]);
  });

  test("waits for the drain when the socket is full, whichever write finds that out", () => {
    const all = writing();
    all.writer.begin(new FakeFile(150).response(), context);
    // The head doesn't fit, then the file doesn't.
    for (const room of [10, 200]) {
      all.transport.room = room;
      expect(all.writer.advance()).toBe("blocked");
      expect(all.queue.blocked).toBe(true);
      const { attempts } = all.transport;
      expect(all.writer.advance()).toBe("blocked");
      expect(all.transport.attempts).toBe(attempts);
      all.queue.drained();
    }
    all.transport.room = Infinity;
    expect(all.writer.advance()).toBe("sent");
    expect(contentOf(all)).toBe("f".repeat(150));
  });

  test("passes on why it can't be finished", () => {
    const shrunk = writing();
    const file = new FakeFile(150);
    shrunk.writer.begin(file.response(), context);
    file.size = 120;
    expect(shrunk.writer.advance()).toBe("short");
    const gone = writing();
    gone.writer.begin(new FakeFile(150).response(), context);
    gone.transport.broken = true;
    expect(gone.writer.advance()).toBe("gone");
  });

  test("has its file closed when the connection is over", () => {
    const all = writing();
    const file = new FakeFile(700);
    all.writer.begin(file.response(), context);
    all.writer.advance();
    all.writer.release();
    expect(file.closed).toBe(1);
  });

  test("has its file closed at once in answer to HEAD (RFC 9110 §9.3.2)", () => {
    const all = writing();
    const file = new FakeFile(700);
    all.writer.begin(file.response(), { ...context, bodiless: true });
    expect(file.closed).toBe(1);
    expect(all.writer.advance()).toBe("sent");
    expect(all.writer.octets).toBe(0);
  });
});

/** A stream of two chunks. */
async function* ab(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("a"));
  yield Buffer.from("b");
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a response that is a stream", () => {
  test("is asked for the next chunk when the one before is sent", async () => {
    const all = writing();
    all.writer.begin(new ResponseBuilder(200).stream(ab(), "text/plain").build(), context);
    for (let chunks = 1; chunks <= 3; chunks++) {
      expect(all.writer.streaming).toBe(true);
      await turn();
      expect(all.changes).toBe(chunks);
      if (chunks < 3) expect(all.writer.advance()).toBe("waiting");
    }
    expect(all.writer.advance()).toBe("sent");
    all.queue.flush();
    expect(all.transport.text).toEndWith("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    expect(all.writer.octets).toBe(2);
  });

  test("that throws has failed, and what it has thrown is reported", async () => {
    const mistake = new Error("no more");
    const chunks = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(mistake) }) };
    const all = writing();
    all.writer.begin(new ResponseBuilder(200).stream(chunks, "text/plain").build(), context);
    await turn();
    expect(all.writer.advance()).toBe("failed");
    expect([all.failures, all.changes]).toEqual([[mistake], 1]);
  });
});

/** A fault that holds octets back until it is told not to. */
class FakeFault extends FakeTransport implements FaultyTransport {
  isWaiting = true;
  isStalled = false;
  contentOctets = 0;
  released = 0;
  through: Transport | undefined;
  asked: FaultyResponse | undefined;

  constructor() {
    super();
    this.room = 0;
  }

  release(): Transport {
    this.released++;
    return this.through ?? this;
  }

  /** `response`, with this fault. */
  on(response: Response): Response {
    const faulting: Faulting = {
      over: (transport, asked) => {
        this.through = transport;
        this.asked = asked;
        return this;
      },
    };
    return { ...response, faults: faulting as unknown as ResponseFaults };
  }
}

describe("a response with faults", () => {
  test("has a transport of its own, until all of it has been written", () => {
    const all = writing();
    const fault = new FakeFault();
    all.writer.begin(answer("before"), context);
    expect(all.writer.advance()).toBe("sent");
    const before = all.queue.pending;
    all.writer.begin(fault.on(answer("hello")), context);
    expect(fault.asked).toMatchObject({
      octetsBefore: before,
      framing: "length",
      contentOctets: 5,
    });
    expect(all.writer.advance()).toBe("blocked");
    expect([all.writer.waitsFor, all.writer.endsWithClient]).toEqual(["producer", false]);
    fault.isStalled = true;
    expect(all.writer.endsWithClient).toBe(true);
    fault.isWaiting = false;
    fault.room = Infinity;
    fault.contentOctets = 3;
    fault.asked?.goOn();
    expect([all.changes, all.writer.waitsFor, all.writer.octets]).toEqual([1, "client", 3]);
    expect(all.writer.advance()).toBe("sent");
    expect([all.writer.octets, fault.released, all.queue.transport]).toEqual([3, 1, all.transport]);
    expect(fault.text).toEndWith("\r\n\r\nhello");
    all.writer.begin(answer("after"), context);
    all.queue.flush();
    expect(all.transport.text).toEndWith("\r\n\r\nafter");
  });

  test("from a file is sent when the fault has let all of it go", () => {
    const all = writing();
    const fault = new FakeFault();
    fault.room = 150;
    all.writer.begin(fault.on(new FakeFile(200).response()), context);
    expect(all.writer.advance()).toBe("blocked");
    fault.room = Infinity;
    fault.asked?.goOn();
    expect(all.writer.advance()).toBe("sent");
    expect([fault.released, fault.text.endsWith("f".repeat(200))]).toEqual([1, true]);
  });

  test("is released with its connection", () => {
    const all = writing();
    const fault = new FakeFault();
    all.writer.begin(fault.on(answer("hello")), context);
    all.writer.release();
    expect([fault.released, all.queue.transport]).toEqual([1, fault]);
  });
});
