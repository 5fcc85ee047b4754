import { describe, expect, test } from "bun:test";

import type { BunFile } from "bun";

import { milliseconds, bytes } from "../../src/base/units.ts";
import type { Response } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { LogFormat, LoggedExchange } from "../../src/server/log.ts";
import { AccessLog, formatLine, LogOutput, logFormats } from "../../src/server/log.ts";
import { StandardStream } from "../../src/system/standard-streams.ts";
import { headOf } from "../http1/transcript.ts";
import { requestOf } from "../site/fake-request.ts";
import { FakeClock, startMs } from "../schedule/fake-clock.ts";
import { FakeScheduler } from "../schedule/fake-scheduler.ts";

const ok: Response = new ResponseBuilder(200).text("hello").build();

function reportOf(
  request: string | undefined,
  changes: Partial<LoggedExchange> = {},
): LoggedExchange {
  const head = request === undefined ? undefined : headOf(`${request}\r\n\r\n`);
  return {
    head,
    method: head?.method,
    remoteAddress: "127.0.0.1",
    response: ok,
    refusal: undefined,
    octets: 5,
    durationMs: 1.23456,
    whole: true,
    ...changes,
  };
}

const plain = reportOf("GET /a%20b?c=d HTTP/1.1\r\nHost: lab.example:9001");
const browser = reportOf(
  "GET / HTTP/1.0\r\nHost: a\r\nUser-Agent: Lynx/2.9\r\nReferer: http://a/b",
  { remoteAddress: "::1" },
);
/** What there is to log when the head could not be read. */
const headless = reportOf(undefined, {
  method: "GET",
  response: new ResponseBuilder(400).noting({ reason: "400 target" }).text("no").build(),
  refusal: "target",
});
const nameless = reportOf(undefined, { response: new ResponseBuilder(400).build(), octets: 0 });

function line(format: Exclude<LogFormat, "none">, report: LoggedExchange): string {
  return formatLine(format, report, startMs);
}

describe("what open pages ask for by themselves", () => {
  const response: Response = { ...ok, note: { isRoutine: true } };
  const live = {
    kind: "changed",
    paths: ["a\u001b[31m.css"],
    isAll: false,
    kinds: ["style"],
    clients: ["::1"],
  } as const;

  /** The lines of a log in `format`: of a request, and of what live reload has done. */
  function lines(format: LogFormat): string {
    let written = "";
    const scheduler = new FakeScheduler();
    const log = new AccessLog(
      format,
      (text) => (written += text),
      () => startMs,
      scheduler,
    );
    log.ended({ ...plain, response });
    log.live(live);
    log.flush();
    return written;
  }

  test("is not in the short log, which says what live reload has done", () => {
    expect(lines("short")).toBe("15:04:05 changed a\\x1b[31m.css: ::1 swaps style sheets\n");
  });

  test("is in the other logs, of which JSON alone has room for live reload", () => {
    const [request = "", change = "", ...others] = lines("json").split("\n");
    expect(request).not.toContain("isRoutine");
    expect(JSON.parse(change)).toEqual({ time: new Date(startMs).toISOString(), live });
    expect(change).toContain("\\u001b");
    expect(others).toEqual([""]);
    for (const format of ["common", "combined"] as const) {
      expect(lines(format).match(/\n/g)?.length).toBe(1);
    }
    expect(lines("none")).toBe("");
  });
});

/** What a log in `format` says of two connections. */
function droppedLines(format: LogFormat): string {
  let written = "";
  const log = new AccessLog(
    format,
    (text) => (written += text),
    () => startMs,
    new FakeScheduler(),
  );
  log.dropped("192.0.2.9", 'not "trusted"\n');
  log.dropped("::1", "no header");
  log.flush();
  return written;
}

describe("a connection that was closed before it had a request", () => {
  test("has a line in the short log and in JSON", () => {
    expect(droppedLines("short")).toBe(
      '15:04:05 192.0.2.9 closed: not \\"trusted\\"\\x0a\n15:04:05 ::1 closed: no header\n',
    );
    const time = new Date(startMs).toISOString();
    const told = droppedLines("json")
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as unknown);
    expect(told).toEqual([
      { time, remote: "192.0.2.9", dropped: 'not "trusted"\n' },
      { time, remote: "::1", dropped: "no header" },
    ]);
  });

  test("has none in the formats of which each line is a request", () => {
    for (const format of ["common", "combined", "none"] as const)
      expect(droppedLines(format)).toBe("");
  });
});

describe("short", () => {
  test("says when, what, how it ended, how much and how long", () => {
    expect(line("short", plain)).toBe("15:04:05 GET /a%20b?c=d 200 5 B 1.2 ms");
  });

  test("says that it was cut off, and why it was refused", () => {
    const cut = { ...plain, whole: false };
    expect(line("short", cut)).toBe("15:04:05 GET /a%20b?c=d 200 5 B 1.2 ms cut off");
    expect(line("short", headless)).toBe("15:04:05 GET 400 5 B 1.2 ms (400 target)");
    expect(line("short", nameless)).toBe("15:04:05 - 400 0 B 1.2 ms");
  });
});

/** A form with a bit of everything, and a long one. */
const postedForm = (): Record<string, unknown> => ({
  name: 'Ines "I"\u001b',
  choice: ["a", "b"],
  file: { filename: "a b.png", type: "image/png", octets: 8 },
  none: { filename: "", type: "", octets: 0 },
});
const longForm = (): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, "x".repeat(256)]));

describe("what was posted", () => {
  const posted = reportOf("POST / HTTP/1.1\r\nHost: a", {
    response: { ...ok, note: { form: postedForm } },
  });
  const shown = 'name=Ines \\"I\\"\\x1b, choice=a | b, file=a b.png image/png 8 B, none=0 B';

  test("is in every format but common, escaped", () => {
    expect(line("short", posted)).toBe(`15:04:05 POST / 200 5 B 1.2 ms {${shown}}`);
    expect(line("combined", posted)).toBe(`${line("common", posted)} "-" "-" "${shown}"`);
    expect(line("common", posted)).not.toContain("Ines");
    expect(JSON.parse(line("json", posted))).toMatchObject({ form: postedForm() });
  });

  test("is cut in a line for people", () => {
    const all = { ...posted, response: { ...ok, note: { form: longForm } } };
    expect(line("short", all).length).toBeLessThan(1100);
    expect(line("short", all)).toEndWith("…}");
  });
});

/** The line of a request whose user is verified. */
function lineOf(user: string): string {
  return line("common", { ...plain, request: { ...requestOf("GET /"), user } });
}

describe("common", () => {
  test("is the common log format, in UTC", () => {
    expect(line("common", plain)).toBe(
      '127.0.0.1 - - [22/Nov/2026:15:04:05 +0000] "GET /a%20b?c=d HTTP/1.1" 200 5',
    );
  });

  test("has a dash for what is not known", () => {
    expect(line("common", nameless)).toBe('127.0.0.1 - - [22/Nov/2026:15:04:05 +0000] "-" 400 -');
  });

  test("names the user whose password was verified, in one column", () => {
    expect(lineOf("ines")).toStartWith("127.0.0.1 - ines [22/Nov/2026:15:04:05 +0000]");
    expect(lineOf('a b"\\\u202e')).toStartWith(String.raw`127.0.0.1 - a\x20b\"\\\u{202e} [22/Nov`);
  });

  test.each([...Array(12).keys()])("names month %p", (month) => {
    const text = formatLine("common", plain, Date.UTC(2026, month, 3));
    const name = "JanFebMarAprMayJunJulAugSepOctNovDec".slice(month * 3, month * 3 + 3);
    expect(text).toContain(`[03/${name}/2026:00:00:00 +0000]`);
  });
});

describe("combined", () => {
  test("adds where the client came from and what it is", () => {
    expect(line("combined", browser)).toBe(
      '::1 - - [22/Nov/2026:15:04:05 +0000] "GET / HTTP/1.0" 200 5 "http://a/b" "Lynx/2.9"',
    );
    expect(line("combined", headless)).toEndWith('"GET" 400 5 "-" "-"');
  });
});

/** What the JSON log says of a request with that traceparent. */
const traced = (value: string): Record<string, unknown> => {
  const { head } = requestOf("GET /", { traceparent: value });
  return JSON.parse(line("json", { ...plain, head })) as Record<string, unknown>;
};

describe("json", () => {
  test("has a member for everything, in a fixed order", () => {
    expect(line("json", plain)).toBe(
      '{"time":"2026-11-22T15:04:05.678Z","remote":"127.0.0.1","method":"GET",' +
        '"target":"/a%20b?c=d","version":"1.1","host":"lab.example","status":200,"bytes":5,' +
        '"durationMs":1.235,"whole":true,"referer":null,"userAgent":null}',
    );
  });

  test("names the user whose password was verified", () => {
    const report = { ...plain, request: { ...requestOf("GET /"), user: "ines" } };
    expect(JSON.parse(line("json", report))).toMatchObject({ user: "ines" });
  });

  test("names the trace that a request belongs to, if it is a valid one", () => {
    const id = "4bf92f3577b34da6a3ce929d0e0e4736";
    expect(traced(`00-${id}-00f067aa0ba902b7-01`)).toMatchObject({ traceId: id });
    expect(traced(`00-${id}-0000000000000000-01`)).not.toHaveProperty("traceId");
  });

  test("says why a request was refused", () => {
    expect(line("json", headless)).toBe(
      '{"time":"2026-11-22T15:04:05.678Z","remote":"127.0.0.1","method":"GET","target":null,' +
        '"version":null,"host":null,"status":400,"bytes":5,"durationMs":1.235,"whole":true,' +
        '"referer":null,"userAgent":null,"refusal":"target","reason":"400 target"}',
    );
  });

  test("tells what a form held", () => {
    const form = { name: "Ines", tag: ["a", "b"], file: { filename: "n.txt", octets: 3 } };
    const response = new ResponseBuilder(200)
      .noting({ form: () => form })
      .text("")
      .build();
    const logged: unknown = JSON.parse(line("json", { ...plain, response }));
    expect(logged).toMatchObject({ form });
  });

  test("has the reason of a page that the site made, and not the page's sentence", () => {
    const note = { reason: "403 upload-name", refusal: "upload-name", sentence: "Not here." };
    const logged: unknown = JSON.parse(line("json", { ...plain, response: { ...ok, note } }));
    const { reason, ...others } = logged as { readonly reason?: string };
    expect(reason).toBe("403 upload-name");
    expect(others).toEqual(JSON.parse(line("json", plain)) as object);
  });
});

describe("what a client sent can't break a line, a quotation or a terminal", () => {
  /** ESC [ 31 m and CSI 2 J as a client sends them: field values may hold octets above %x7F. */
  const hostile = 'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a"b\\c\td\x9b2J\x85\xad\r\nReferer: "';
  const reason = "x\u001b[31m\r\n\u007f\u009b2J\u202e\u2028\u{e0001}\ud800é";
  const response = new ResponseBuilder(403).noting({ reason }).build();

  test("in a quoted string", () => {
    expect(line("combined", reportOf(hostile))).toEndWith(
      String.raw`"\"" "a\"b\\c\x09d\x9b2J\x85\xad"`,
    );
  });

  test("in a reason", () => {
    expect(line("short", { ...plain, response })).toEndWith(
      `${String.raw`(x\x1b[31m\x0d\x0a\x7f\x9b2J\u{202e}\u{2028}\u{e0001}\u{d800}`}é)`,
    );
  });

  test("in JSON, which stays JSON", () => {
    const text = line("json", { ...reportOf(hostile), response });
    const logged = JSON.parse(text) as Record<string, unknown>;
    expect(logged["userAgent"]).toBe('a"b\\c\td\x9b2J\x85\xad');
    expect(logged["reason"]).toBe(reason);
    expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  test.each(["short", "common", "combined", "json"] as const)("in any format: %s", (format) => {
    for (let code = 0; code < 0x3000; code++) {
      const noted = new ResponseBuilder(403)
        .noting({
          reason: String.fromCharCode(code),
          form: () => ({ [String.fromCharCode(code)]: "" }),
        })
        .build();
      const text = line(format, { ...plain, response: noted });
      if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) throw new Error(`U+${code.toString(16)} gets through`);
    }
  });

  test("however long it is", () => {
    const long = "x".repeat(8000);
    const report = reportOf(`GET /${long} HTTP/1.1\r\nHost: a`);
    for (const format of logFormats) {
      if (format === "none") continue;
      expect(line(format, report).split("\n").length).toBe(1);
      expect(line(format, report)).toContain(long);
    }
  });
});

describe("the log of a server", () => {
  test("writes the lines of one turn together, each with its line break", () => {
    const scheduler = new FakeScheduler();
    const written: string[] = [];
    const log = new AccessLog(
      "short",
      (text) => written.push(text),
      () => startMs,
      scheduler,
    );
    log.ended(plain);
    log.ended(nameless);
    expect(written).toEqual([]);
    scheduler.endTurn();
    expect(written).toEqual([`${line("short", plain)}\n${line("short", nameless)}\n`]);
    scheduler.endTurn();
    expect(written.length).toBe(1);
  });

  test("writes what it has when it is told to, and nothing twice", () => {
    const scheduler = new FakeScheduler();
    const written: string[] = [];
    const log = new AccessLog(
      "common",
      (text) => written.push(text),
      () => startMs,
      scheduler,
    );
    log.flush();
    log.ended(plain);
    log.flush();
    log.flush();
    scheduler.endTurn();
    expect(written).toEqual([`${line("common", plain)}\n`]);
  });

  test("adds to the line of a missing path what is similar, and keeps the order", async () => {
    const scheduler = new FakeScheduler();
    const written: string[] = [];
    const log = new AccessLog(
      "short",
      (text) => written.push(text),
      () => startMs,
      scheduler,
    );
    const search = Promise.withResolvers<readonly string[]>();
    const note = { near: () => search.promise };
    const missing = { ...plain, response: { ...ok, status: 404, note } };
    log.ended(plain);
    log.ended(missing);
    log.ended(nameless);
    scheduler.endTurn();
    expect(written).toEqual([`${line("short", plain)}\n`]);
    search.resolve(["/a b.txt", "/c\u001b.txt"]);
    await search.promise;
    await Promise.resolve();
    scheduler.endTurn();
    expect(written.slice(1)).toEqual([
      `${line("short", missing)} (similar: /a b.txt, /c\\x1b.txt)\n${line("short", nameless)}\n`,
    ]);
  });

  test("doesn't wait for what is similar when it is told to write, or in another format", () => {
    for (const format of ["short", "common", "json"] as const) {
      const scheduler = new FakeScheduler();
      const written: string[] = [];
      const log = new AccessLog(
        format,
        (text) => written.push(text),
        () => startMs,
        scheduler,
      );
      const near = (): Promise<readonly string[]> => {
        if (format !== "short") throw new Error("it is not asked");
        return new Promise(() => undefined);
      };
      log.ended({ ...plain, response: { ...ok, note: { near } } });
      if (format === "short") log.flush();
      else scheduler.endTurn();
      expect(written).toEqual([`${line(format, plain)}\n`]);
    }
  });

  test("holds no more lines behind one that waits than it has room for", () => {
    const written: string[] = [];
    const log = new AccessLog(
      "short",
      (text) => written.push(text),
      () => startMs,
      new FakeScheduler(),
    );
    log.ended({
      ...plain,
      response: { ...ok, note: { near: () => new Promise(() => undefined) } },
    });
    for (let i = 0; i < 1024; i++) log.ended(plain);
    expect(written.join("").split("\n").length - 1).toBe(1025);
  });

  test("of format none writes nothing", () => {
    const scheduler = new FakeScheduler();
    const written: string[] = [];
    const log = new AccessLog(
      "none",
      (text) => written.push(text),
      () => startMs,
      scheduler,
    );
    log.ended(plain);
    log.flush();
    scheduler.endTurn();
    expect(written).toEqual([]);
  });
});

/** A standard stream whose reader takes a write when the test says so. */
function slowStream(): { stream: StandardStream; written: string[]; read: () => Promise<void> } {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const writer = {
    write: (text: string | Uint8Array): number => {
      written.push(typeof text === "string" ? text : Buffer.from(text).toString());
      return text.length;
    },
    flush: () => new Promise<number>((resolve) => waiting.push(() => resolve(0))),
  };
  const read = async (): Promise<void> => {
    waiting.shift()?.();
    await Bun.sleep(0);
  };
  return {
    stream: new StandardStream(() => ({ writer: () => writer }) as unknown as BunFile),
    written,
    read,
  };
}

describe("a log whose reader is slow", () => {
  const limits = {
    logQueueBytesMax: bytes(20),
    logDropsTimeMs: milliseconds(1000),
    logDropsIntervalMs: milliseconds(60_000),
    logStallTimeMs: milliseconds(20),
  };

  test("drops the lines that the queue has no room for, and says how many", async () => {
    const { stream, written, read } = slowStream();
    const clock = new FakeClock();
    const said: string[] = [];
    const output = new LogOutput(limits, clock, stream, (text) => said.push(text));
    void output.write("first one\n");
    void output.write("second\n");
    expect(stream.queued).toBe(17);
    void output.write("third\nand fourth\n");
    void output.write("5.\n");
    void output.write("6.\n");
    expect(stream.queued).toBe(20);
    clock.advance(999);
    expect(said).toEqual([]);
    clock.advance(1);
    expect(said).toEqual(["3 lines of the access log were dropped: its reader is too slow"]);
    await read();
    await read();
    expect(written).toEqual(["first one\n", "second\n5.\n"]);
    expect(stream.queued).toBe(0);
    void output.write("much more than the queue holds\n");
    await read();
    expect(written.at(-1)).toBe("much more than the queue holds\n");
    clock.advance(5000);
    expect(said).toHaveLength(1);
  });

  test("ends without a reader that takes nothing, and says what was lost", async () => {
    const { stream } = slowStream();
    const said: string[] = [];
    const output = new LogOutput(limits, new FakeClock(), stream, (text) => said.push(text));
    void output.write("first\n");
    void output.write("second\n");
    void output.write("third\n");
    await output.end();
    expect(said).toEqual(["2 lines of the access log were dropped: its reader is too slow"]);
  });

  test("ends when a reader that goes on reading has all of it", async () => {
    const { stream, written, read } = slowStream();
    const said: string[] = [];
    const output = new LogOutput(limits, new FakeClock(), stream, (text) => said.push(text));
    void output.write("first\n");
    void output.write("second\n");
    const ended = output.end();
    await Bun.sleep(10);
    await read();
    await Bun.sleep(10);
    await read();
    await ended;
    expect(written).toEqual(["first\n", "second\n"]);
    expect(said).toEqual([]);
  });

  test("says it soon, and then once a minute, for as long as lines are dropped", () => {
    const { stream } = slowStream();
    const clock = new FakeClock();
    const said: string[] = [];
    const output = new LogOutput(limits, clock, stream, (text) => said.push(text));
    output.lost(1, "the disk is full");
    clock.advance(1000);
    expect(said).toEqual(["1 line of the access log was dropped: the disk is full"]);
    output.lost(2, "the disk is full");
    clock.advance(59_999);
    output.lost(3, "the disk is full");
    expect(said).toHaveLength(1);
    clock.advance(1);
    expect(said[1]).toBe("5 lines of the access log were dropped: the disk is full");
    // A minute without a dropped line: the next one is told of soon again.
    clock.advance(60_000);
    output.lost(1, "the disk is full");
    clock.advance(1000);
    expect(said).toHaveLength(3);
  });

  test("says at the end what was lost for another reason", async () => {
    const { stream } = slowStream();
    const said: string[] = [];
    const output = new LogOutput(limits, new FakeClock(), stream, (text) => said.push(text));
    output.lost(2, "the disk is full");
    await output.end();
    await output.end();
    expect(said).toEqual(["2 lines of the access log were dropped: the disk is full"]);
  });
});
