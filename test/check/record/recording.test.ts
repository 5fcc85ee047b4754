import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";

import { defaultLimits, resolveLimits } from "../../../src/base/limits.ts";
import type { TappedConnection } from "../../../src/base/wiretap.ts";
import { Recording } from "../../../src/check/record/recording.ts";
import { collectScripts } from "../../../src/check/script/collection.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { answer, request } from "./samples.ts";

const root = mkdtempSync(join(tmpdir(), "recording-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A recording into a folder of its own, under `limits`. */
class TestRecording {
  readonly folder = join(root, String(++count));
  readonly said: string[] = [];
  readonly recording: Recording;

  constructor(limits: Parameters<typeof resolveLimits>[0] = {}) {
    const resolved = resolveLimits(limits);
    const opened = Recording.open({
      folder: this.folder,
      source: "it",
      limits: resolved.ok ? resolved.value : defaultLimits,
      say: (line) => this.said.push(line),
    });
    if (!opened.ok) throw new Error(opened.error);
    this.recording = opened.value;
  }

  /** The names of the scripts, and the titles of their phases. */
  get scripts(): Record<string, readonly string[]> {
    const names = readdirSync(this.folder).filter((name) => name.endsWith(".wire"));
    const titles = names.toSorted().map((name) => {
      const text = readFileSync(join(this.folder, name), "utf8");
      const found = Array.from(
        text.matchAll(/^## (.*) \(recorded, must\)$/gmu),
        ([, title]) => title,
      );
      return [name, found];
    });
    return Object.fromEntries(titles) as Record<string, readonly string[]>;
  }
}

function exchange(on: TappedConnection, target: string, method = "GET", body = ""): void {
  on.received(latin1Bytes(request(target, "", method)));
  on.sent(latin1Bytes(answer(body)));
}

describe("a recording has a script", () => {
  test("for each connection that was alone", () => {
    const tester = new TestRecording();
    for (const target of ["/a", "/b"]) {
      const connection = tester.recording.connected();
      exchange(connection, target);
      connection.closed();
    }
    expect(Object.keys(tester.scripts)).toEqual(["0001-get-a.wire", "0002-get-b.wire"]);
    expect(tester.recording.counts).toEqual({ scripts: 2, phases: 2 });
  });

  test("for connections that were open together, in the order of what happened", () => {
    const tester = new TestRecording();
    const [one, two] = [tester.recording.connected(), tester.recording.connected()];
    exchange(two, "/a");
    exchange(one, "/b");
    exchange(two, "/c");
    one.closed();
    expect(tester.scripts).toEqual({});
    two.closed();
    expect(tester.scripts).toEqual({
      "0001-get-a.wire": ["GET /a gets 200", "GET /b gets 200", "GET /c gets 200"],
    });
  });

  test("for all that comes after what may have changed something", () => {
    const tester = new TestRecording();
    for (const [target, method] of [
      ["/a", "GET"],
      ["/b", "POST"],
      ["/c", "GET"],
    ] as const) {
      const connection = tester.recording.connected();
      exchange(connection, target, method);
      connection.closed();
    }
    tester.recording.ended();
    expect(tester.scripts).toEqual({
      "0001-get-a.wire": ["GET /a gets 200"],
      "0002-post-b.wire": ["POST /b gets 200", "GET /c gets 200"],
    });
  });

  test("of as many phases as it may have, and the next one goes on", () => {
    const tester = new TestRecording({ recordPhasesMax: 2 });
    const connection = tester.recording.connected();
    for (const target of ["/a", "/b", "/c"]) exchange(connection, target);
    connection.closed();
    expect(tester.scripts).toEqual({
      "0001-get-a.wire": ["GET /a gets 200", "GET /b gets 200"],
      "0002-get-c.wire": ["GET /c gets 200"],
    });
  });

  test("before it holds more memory than it may", () => {
    const tester = new TestRecording({ recordHeldBytesMax: 1000, recordBodyBytesMax: 1000 });
    const connection = tester.recording.connected();
    for (const target of ["/a", "/b"]) exchange(connection, target, "GET", "x".repeat(600));
    connection.closed();
    expect(Object.keys(tester.scripts)).toEqual(["0001-get-a.wire", "0002-get-b.wire"]);
  });

  test("of what is open when it ends, as far as it was answered", () => {
    const tester = new TestRecording();
    const connection = tester.recording.connected();
    exchange(connection, "/a");
    connection.received(latin1Bytes(request("/b")));
    tester.recording.ended();
    tester.recording.ended();
    expect(tester.scripts).toEqual({ "0001-get-a.wire": ["GET /a gets 200"] });
    const text = readFileSync(join(tester.folder, "0001-get-a.wire"), "utf8");
    expect(text).toContain("Left out, GET /b: the recording ended before that.");
  });
});

/** Parts of messages, whole ones and broken ones, of which any order may come. */
const part = fc.oneof(
  fc.constantFrom(
    request("/a"),
    request("/b?token=abc", 'If-None-Match: "1"\r\nCookie: s=1\r\n'),
    `${request("/c", "Content-Length: 3\r\n", "POST")}abc`,
    request("/d", "Transfer-Encoding: chunked\r\n", "PUT"),
    request("/e", "Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT"),
    request("/f", "", "HEAD"),
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    answer("hi\n", 'ETag: "1"\r\nSet-Cookie: s=1\r\n'),
    answer('{"token":"x"}', "Content-Type: application/json\r\n"),
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "\r\n",
  ),
  fc.string({ unit: "binary-ascii", maxLength: 8 }),
);
const event = fc.tuple(
  fc.constantFrom("received", "sent", "sent", "clientEnded", "serverEnded", "closed"),
  fc.nat({ max: 1 }),
  part,
);

test("whatever passes is recorded in scripts that parse", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const tester = new TestRecording();
      const connections = [tester.recording.connected(), tester.recording.connected()];
      for (const [kind, at, text] of events) {
        const connection = connections[at];
        if (kind === "received" || kind === "sent") connection?.[kind](latin1Bytes(text));
        else if (kind === "serverEnded") connection?.serverEnded(at === 0 ? "closed" : "reset");
        else if (kind === "clientEnded") connection?.clientEnded();
      }
      for (const connection of connections) connection.closed();
      tester.recording.ended();
      expect(tester.said.filter((line) => !line.startsWith("not recorded, "))).toEqual([]);
      if (Object.keys(tester.scripts).length === 0) return;
      const collected = collectScripts([tester.folder]);
      expect(collected.ok ? [] : collected.error).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

describe("a recording", () => {
  test("says at its end what is in no script", () => {
    const tester = new TestRecording();
    const connection = tester.recording.connected();
    connection.received(latin1Bytes(request("/stream?token=abc")));
    connection.closed();
    tester.recording.ended();
    expect(tester.scripts).toEqual({});
    const why = "the client left before the answer was complete";
    expect(tester.said).toEqual([`not recorded, GET /stream?token=xxx: ${why}`]);
  });

  test.each([
    ["recordScriptsMax", { recordScriptsMax: 1 }],
    ["recordFolderBytesMax", { recordFolderBytesMax: 300 }],
  ])("writes no more than it may: %s", (_, limits) => {
    const tester = new TestRecording(limits);
    for (let i = 0; i < 3; i++) {
      const connection = tester.recording.connected();
      exchange(connection, "/a");
      connection.closed();
    }
    tester.recording.ended();
    expect(Object.keys(tester.scripts)).toEqual(["0001-get-a.wire"]);
    expect(tester.said).toEqual([
      "nothing more is recorded: the folder has as much as it may have",
    ]);
  });

  test("ends with the first script that can't be written", () => {
    const tester = new TestRecording();
    writeFileSync(join(tester.folder, "0001-get-a.wire"), "mine");
    const connection = tester.recording.connected();
    exchange(connection, "/a");
    connection.closed();
    expect(tester.said.join()).toStartWith("nothing more is recorded: EEXIST");
    expect(readFileSync(join(tester.folder, "0001-get-a.wire"), "utf8")).toBe("mine");
  });

  test("is refused in what is no folder", () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    const options = { folder: file, source: "it", limits: defaultLimits, say: () => undefined };
    expect(Recording.open(options)).toEqual({ ok: false, error: `${file} is no folder` });
  });
});
