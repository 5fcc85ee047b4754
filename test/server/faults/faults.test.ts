/**
 * Every fault on a real connection, by a client that keeps each octet: what comes is the proper
 * answer of the same server with exactly that wrong which the fault is about.
 */

import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";

import type { FaultRule, ServeOptions, Server } from "../../../index.ts";
import { ResponseBuilder, serve, ServeError } from "../../../index.ts";
import { serverTls } from "../../certificates/certificates.ts";
import type { Ending } from "../../raw-client.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";

const content = "0123456789abcdef";
const files = { "/a.txt": content, "/b.txt": "other", "/big": new Uint8Array(300_000).fill(0x62) };

function open(options: ServeOptions = {}): Promise<Server> {
  return serve({ files, ...options });
}

function get(path: string, more = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
}

/** `text` without the fields that say the time. */
function timeless(text: string): string {
  return text.replaceAll(/Date: \w{3}, [^\r\n]*(\r?\n)/g, "Date: then$1");
}

/** The proper answer of `server` to a request for `path`. */
async function properAnswer(server: Server, path = "/a.txt"): Promise<string> {
  const client = await RawClient.connect(server.port);
  client.send(get(path));
  await client.until(() => /\r\n\r\n[^]/.test(client.text));
  const length = Number(/Content-Length: (\d+)/.exec(client.text)?.[1]);
  await client.until(() => client.text.length >= client.text.indexOf("\r\n\r\n") + 4 + length);
  client.abort();
  return timeless(client.text);
}

/** A fault, how the connection goes on after it, and what it makes of the proper answer. */
type Row = readonly [
  faults: FaultRule,
  ending: "open" | Ending,
  faulty: (proper: string) => string,
];

const beforeContent = (proper: string): string => proper.slice(0, -content.length);
const chunked = (proper: string): string =>
  beforeContent(proper)
    .replace("Content-Length: 16\r\n", "")
    .replace(/\r\n\r\n$/, "\r\nTransfer-Encoding: chunked\r\n\r\n");
const withLine = (proper: string, ...lines: readonly string[]): string =>
  proper.replace("\r\n\r\n", `\r\n${lines.join("\r\n")}\r\n\r\n`);

const rows: readonly Row[] = [
  [{ latencyMs: 1 }, "open", (proper) => proper],
  [{ latencyMs: 1, jitterMs: 1 }, "open", (proper) => proper],
  [{ interim: 2 }, "open", (proper) => `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(2)}${proper}`],
  [{ headBytes: 10 }, "open", (proper) => withLine(proper, `X-Fault: ${"a".repeat(10)}`)],
  [{ headFields: 2 }, "open", (proper) => withLine(proper, "X-Fault-1: a", "X-Fault-2: a")],
  [{ duplicateField: "etag" }, "open", (proper) => withLine(proper, `etag: ${etagIn(proper)}`)],
  [
    { duplicateField: "Content-Length: 3" },
    "open",
    (proper) => withLine(proper, "Content-Length: 3"),
  ],
  [{ duplicateField: "X-Missing" }, "open", (proper) => proper],
  [{ bareLf: true }, "open", (proper) => proper.replaceAll("\r\n", "\n")],
  [{ charset: "utf-16" }, "open", (proper) => proper.replace("charset=utf-8", "charset=utf-16")],
  [{ charset: "" }, "open", (proper) => proper.replace("; charset=utf-8", "")],
  [{ contentCoding: "gzip" }, "open", (proper) => withLine(proper, "Content-Encoding: gzip")],
  [{ date: "yesterday" }, "open", (proper) => proper.replace("Date: then", "Date: yesterday")],
  [{ date: "" }, "open", (proper) => proper.replace("Date: then\r\n", "")],
  [{ headBytesPerSecond: 100_000 }, "open", (proper) => proper],
  [{ cutHeadAfterBytes: 0 }, "end", () => ""],
  [{ cutHeadAfterBytes: 12 }, "end", () => "HTTP/1.1 200"],
  [{ cutHeadAfterBytes: 12, by: "reset" }, "reset", () => "HTTP/1.1 200"],
  [{ contentLength: 4 }, "end", (proper) => proper.replace("Length: 16", "Length: 20")],
  [{ contentLength: -6 }, "open", (proper) => proper.replace("Length: 16", "Length: 10")],
  [{ contentLength: -99 }, "open", (proper) => proper.replace("Length: 16", "Length: 0")],
  [{ chunk: "malformed" }, "end", (proper) => `${chunked(proper)}size\r\n${content}\r\n`],
  [
    { chunk: "overflow" },
    "end",
    (proper) => `${chunked(proper)}1${"0".repeat(16)}\r\n${content}\r\n`,
  ],
  [{ chunk: "missing" }, "end", (proper) => `${chunked(proper)}10\r\n${content}\r\n`],
  [
    { chunk: "missing", by: "reset" },
    "reset",
    (proper) => `${chunked(proper)}10\r\n${content}\r\n`,
  ],
  [
    { chunk: "endless", cutAfterBytes: 16 + 1024 + 2 },
    "end",
    (proper) => `${chunked(proper)}10\r\n${content}\r\n400\r\n${".".repeat(1024)}\r\n2\r\n..\r\n`,
  ],
  [{ bodyLatencyMs: 1 }, "open", (proper) => proper],
  [{ bytesPerSecond: 10_000 }, "open", (proper) => proper],
  [{ stallAfterBytes: 5, stallMs: 1 }, "open", (proper) => proper],
  [{ corruptBytes: 1 }, "open", (proper) => proper.replace(content, "0123456799abcdef")],
  [{ corruptBytes: 3 }, "open", (proper) => proper.replace(content, "0133456799abceef")],
  [{ corruptBytes: 99 }, "open", (proper) => proper.replace(content, "1032547698`cbedg")],
  [{ cutAfterBytes: 0 }, "end", beforeContent],
  [{ cutAfterBytes: 5 }, "end", (proper) => proper.slice(0, -11)],
  [{ cutAfterBytes: 5, by: "reset" }, "reset", (proper) => proper.slice(0, -11)],
  [{ cutAfterBytes: 16 }, "open", (proper) => proper],
  [{ keepAliveClose: "now" }, "end", (proper) => proper],
  [{ keepAliveClose: "now", by: "reset" }, "reset", (proper) => proper],
  // Several at once.
  [
    { latencyMs: 1, duplicateField: "Date", bareLf: true, corruptBytes: 1, cutAfterBytes: 9 },
    "end",
    (proper) =>
      withLine(proper, "Date: then").replaceAll("\r\n", "\n").replace(content, "012345679"),
  ],
];

function etagIn(proper: string): string {
  return /ETag: ([^\r]*)/.exec(proper)?.[1] ?? "";
}

describe("a response with", () => {
  test.each(rows)("%j: the connection: %s; each octet as described", async (...row) => {
    const [faults, ending, faulty] = row;
    await using server = await open();
    const proper = await properAnswer(server);
    const next = await properAnswer(server, "/b.txt");
    const { method = "GET", path = "/a.txt", ...options } = faults;
    using fault = server.fault(method, path, options);
    // The request behind it came with it, and has a proper answer or none.
    const expected = faulty(proper) + (ending === "open" ? next : "");
    const client = await RawClient.connect(server.port);
    client.send(get("/b.txt") + get("/a.txt") + get("/b.txt"));
    if (ending === "open") {
      await client.until(() => timeless(client.text).length >= (next + expected).length);
      client.abort();
    } else expect(await client.ending()).toBe(ending);
    expect(timeless(client.text)).toBe(next + expected);
    const applies =
      expected !== proper + next || /Ms|PerSecond|Missing/.test(JSON.stringify(options));
    expect(fault.hits).toBe(applies ? 1 : 0);
  });
});

/** The statuses of so many answers, each with Retry-After. */
async function statusesOf(server: Server, count: number): Promise<(string | number)[][]> {
  const all: (string | number)[][] = [];
  for (let i = 0; i < count; i++) {
    const response = await fetch(new URL("a.txt", server.url));
    all.push([response.status, response.headers.get("retry-after") ?? "-"]);
    await response.text();
  }
  return all;
}

describe("an answer in place of the site's", () => {
  test("has the statuses in turn, of which the last repeats, and Retry-After on errors", async () => {
    await using server = await open();
    server.fault("GET", "/a.txt", { statuses: [503, 429, 200], retryAfter: 2 });
    const expected = [[503, "2"], [429, "2"], [200, "-"], [200, "-"]]; // prettier-ignore
    expect(await statusesOf(server, 4)).toEqual(expected);
    expect(server.requests.map(({ status }) => status)).toEqual([503, 429, 200, 200]);
    expect(server.requests.map(({ faults }) => faults)).toEqual([
      ["statuses"],
      ["statuses"],
      ["statuses"],
      ["statuses"],
    ]);
  });

  test("has no Retry-After that wasn't asked for, and any text that was", async () => {
    await using server = await open();
    {
      using fault = server.fault("*", "/*", { statuses: [503] });
      expect(await statusesOf(server, 2)).toEqual([[503, "-"], [503, "-"]]); // prettier-ignore
      expect(fault.hits).toBe(2);
    }
    server.fault("*", "/*", { statuses: [599], retryAfter: "soon" });
    expect(await statusesOf(server, 1)).toEqual([[599, "soon"]]);
  });

  test("doesn't ask the site, and leaves the connection to go on", async () => {
    await using server = await open();
    let asked = 0;
    server.route("POST", "/hook", () => {
      asked++;
      return new Response("done");
    });
    server.fault("POST", "/hook", { statuses: [502, 200] });
    const client = await RawClient.connect(server.port);
    const post = "POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    client.send(post + post);
    await client.responses(2);
    expect([client.statuses, asked]).toEqual([[502, 200], 1]); // prettier-ignore
    client.abort();
  });

  test("has another validator each time, which no condition matches", async () => {
    await using server = await open();
    const proper = await properAnswer(server);
    const tag = etagIn(proper);
    server.fault("GET", "/a.txt", { changingValidator: true });
    const client = await RawClient.connect(server.port);
    const asks: readonly (readonly [fields: string, status: number])[] = [
      ["", 200],
      [`If-None-Match: ${tag}\r\n`, 200],
      [`If-None-Match: *\r\n`, 200],
      ["If-Modified-Since: Tue, 01 Jan 2036 00:00:00 GMT\r\n", 200],
      ["Range: bytes=4-\r\n", 206],
      [`Range: bytes=4-\r\nIf-Range: ${tag}\r\n`, 200],
      [`If-Match: ${tag}\r\n`, 412],
    ];
    for (const [i, [fields]] of asks.entries()) {
      client.send(get("/a.txt", fields));
      await client.responses(i + 1);
    }
    expect(client.statuses).toEqual(asks.map(([, status]) => status));
    const tags = [...client.text.matchAll(/ETag: "([^"]*)"/g)].map(([, one]) => one);
    expect(tags).toEqual(
      [1, 2, 3, 4, 5, 6].map((count) => tag.replaceAll('"', "") + `-fault${count}`),
    );
    const dates = [...client.text.matchAll(/Last-Modified: (.*)\r/g)].map(([, one]) => one);
    expect(new Set(dates).size).toBe(6);
    client.abort();
    expect(await properAnswer(server, "/b.txt")).not.toContain("fault");
  });

  test("may be pseudorandom octets, the same for the same seed, and no response", async () => {
    await using server = await open();
    const garbage = async (seed: number): Promise<Uint8Array> => {
      using fault = server.fault("GET", "/a.txt", { garbageHead: 100, seed });
      const client = await RawClient.connect(server.port);
      client.send(get("/a.txt"));
      expect(await client.ending()).toBe("end");
      expect(fault.hits).toBe(1);
      return client.octets;
    };
    const one = await garbage(1);
    expect(one.length).toBe(100);
    expect(one[0]).toBeGreaterThan(0x7f);
    expect(await garbage(1)).toEqual(one);
    expect(await garbage(2)).not.toEqual(one);
  });
});

describe("a kept connection", () => {
  test("is closed when its next request has come, which the site isn't asked about", async () => {
    await using server = await open();
    const proper = await properAnswer(server);
    let asked = 0;
    server.route("POST", "/hook", () => {
      asked++;
      return new Response("");
    });
    for (const by of ["fin", "reset"] as const) {
      server.reset();
      using fault = server.fault("GET", "/a.txt", { keepAliveClose: "on-request", by, times: 1 });
      const client = await RawClient.connect(server.port);
      client.send(get("/a.txt"));
      await client.until(() => client.text.endsWith(content));
      client.send("POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
      expect(await client.ending()).toBe(by === "fin" ? "end" : "reset");
      expect(timeless(client.text)).toBe(proper);
      expect(server.requests.map((one) => [one.faults, one.aborted, one.sentOctets])).toEqual([
        [["keepAliveClose"], false, 16],
        [["keepAliveClose"], true, 0],
      ]);
      expect([asked, fault.hits]).toEqual([0, 1]);
    }
    expect(await properAnswer(server)).toBe(proper);
  });
});

describe("a fault that waits", () => {
  test("for the client to leave is over when it has", async () => {
    await using server = await open();
    const proper = await properAnswer(server);
    server.reset();
    server.fault("GET", "/a.txt", { stallAfterBytes: 5 });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.until(() => client.text.endsWith(content.slice(0, 5)));
    expect(timeless(client.text)).toBe(proper.slice(0, -11));
    client.shut();
    const request = await server.next({ within: 10_000 });
    expect([request.aborted, request.sentOctets, request.faults]).toEqual([
      true,
      5,
      ["stallAfterBytes"],
    ]);
    expect(server.connections).toBe(0);
  });

  test("is over when the server stops: what has an end is sent, what has none is reset", async () => {
    for (const [faults, ending] of [
      [{ latencyMs: 60_000 }, "end"],
      [{ stallAfterBytes: 5, stallMs: 60_000 }, "end"],
      [{ bytesPerSecond: 1 }, "end"],
      [{ stallAfterBytes: 5 }, "reset"],
    ] as const) {
      const server = await open({ limits: { stopTimeMs: 30_000 } });
      server.fault("GET", "/a.txt", faults);
      const client = await RawClient.connect(server.port);
      client.send(get("/a.txt"));
      while (server.requests.length === 0) await Bun.sleep(1);
      if (!("latencyMs" in faults)) await client.until(() => client.text.includes("\r\n\r\n0"));
      await server.stop();
      expect(await client.ending()).toBe(ending);
      expect(client.text.endsWith(ending === "end" ? content : content.slice(0, 5))).toBe(true);
    }
  });

  test("is reset when all of its waiting is too long", async () => {
    await using server = await open({ limits: { faultWaitTimeMs: 20 } });
    server.fault("GET", "/a.txt", { latencyMs: 15, stallAfterBytes: 5, stallMs: 15 });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    expect(await client.ending()).toBe("reset");
    expect(client.text.endsWith(content.slice(0, 5))).toBe(true);
    server.fault("GET", "/b.txt", { stallAfterBytes: 2 });
    const other = await RawClient.connect(server.port);
    other.send(get("/b.txt"));
    expect(await other.ending()).toBe("reset");
  });

  test("holds the client to no deadline for writes", async () => {
    await using server = await open({ limits: { writeTimeMs: 40, writeTimeScarceMs: 40 } });
    const proper = await properAnswer(server);
    server.fault("GET", "/a.txt", { latencyMs: 100, stallAfterBytes: 5, stallMs: 100 });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.until(() => client.text.endsWith(content));
    expect(timeless(client.text)).toBe(proper);
    client.abort();
  });
});

describe("content without end", () => {
  test("has one at the limit, by a reset", async () => {
    await using server = await open({ limits: { faultEndlessBytesMax: 10_000 } });
    server.fault("GET", "/a.txt", { chunk: "endless" });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    expect(await client.ending()).toBe("reset");
    expect(client.text.split("400\r\n").length - 1).toBe(10);
  });

  test("waits for a client that doesn't read, and ends with it or the server", async () => {
    await using server = await open();
    server.fault("GET", "/a.txt", { chunk: "endless" });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.until(() => client.received > 100_000);
    client.pause();
    const other = await RawClient.connect(server.port);
    other.send(get("/a.txt"));
    await other.until(() => other.received > 100_000);
    other.abort();
    const request = await server.next({ within: 20_000 });
    expect(request.aborted).toBe(true);
    expect(request.sentOctets).toBeGreaterThan(100_000);
    await server.stop();
    client.resume();
    expect(await client.ending()).toBe("reset");
  });
});

/** For each of 200 requests whether `rule` hits it. */
async function hitsOf(rule: FaultRule): Promise<string> {
  await using server = await open({ faults: [rule], limits: { requestsKeptMax: 200 } });
  const client = await RawClient.connect(server.port);
  client.send(get("/b.txt").repeat(200));
  await client.responses(200);
  client.abort();
  return server.requests.map(({ faults }) => faults.length).join("");
}

describe("which requests are hit", () => {
  test("follows from method and path, as for routes; the last rule on a path wins", async () => {
    await using server = await open();
    const hit = async (method: string, path: string): Promise<readonly string[]> => {
      server.reset();
      await fetch(new URL(path, server.url), { method }).catch(() => undefined);
      const request = await server.next({ within: 10_000 });
      return request.faults;
    };
    server.fault("*", "/*", { date: "" });
    server.fault("GET", "/:any", { charset: "x" });
    server.fault("GET", "/a.txt", { headFields: 1 });
    server.fault("GET", "/a.txt", { headBytes: 1 });
    expect(await hit("GET", "/a.txt")).toEqual(["headBytes"]);
    expect(await hit("HEAD", "/a.txt")).toEqual(["headBytes"]);
    expect(await hit("GET", "/b.txt")).toEqual(["charset"]);
    expect(await hit("POST", "/b.txt")).toEqual(["date"]);
    expect(await hit("GET", "/c/d")).toEqual(["date"]);
  });

  test("leaves a request that a rule doesn't hit to the next", async () => {
    await using server = await open({
      faults: [
        { path: "/*", headFields: 1 },
        { method: "GET", path: "/a.txt", headBytes: 1, times: 2 },
      ],
    });
    for (let i = 0; i < 4; i++) await fetch(new URL("a.txt", server.url));
    expect(server.requests.map(({ faults }) => faults.join(" "))).toEqual([
      "headBytes",
      "headBytes",
      "headFields",
      "headFields",
    ]);
  });

  test("is the same for the same seed and the same requests, and about as often as said", async () => {
    const rule = { headFields: 1, probability: 0.25 };
    const first = await hitsOf(rule);
    expect(await hitsOf({ ...rule, seed: 0 })).toBe(first);
    expect(await hitsOf({ ...rule, seed: 1 })).not.toBe(first);
    expect(first.replaceAll("0", "").length).toBeGreaterThan(30);
    expect(first.replaceAll("0", "").length).toBeLessThan(70);
  });

  test("leaves out answers to which it can't happen, and doesn't count them", async () => {
    await using server = await open();
    using fault = server.fault("*", "/a.txt", { cutAfterBytes: 3, times: 1 });
    const client = await RawClient.connect(server.port);
    const tag = etagIn(await properAnswer(server, "/a.txt").catch(() => ""));
    expect(fault.hits).toBe(1);
    using again = server.fault("*", "/a.txt", { cutAfterBytes: 3, times: 1 });
    client.send(`HEAD /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    client.send(get("/a.txt", `If-None-Match: *\r\n`));
    await client.responses(2);
    expect([client.statuses, again.hits, tag]).toEqual([[200, 304], 0, ""]); // prettier-ignore
    client.send(get("/a.txt"));
    expect(await client.ending()).toBe("end");
    expect(client.text).toEndWith("\r\n\r\n012");
    expect(again.hits).toBe(1);
  });

  test("ends with the handle", async () => {
    await using server = await open();
    const proper = await properAnswer(server);
    {
      using fault = server.fault("GET", "/a.txt", { cutHeadAfterBytes: 0 });
      expect(fault.hits).toBe(0);
    }
    expect(await properAnswer(server)).toBe(proper);
    const fault = server.fault("GET", "/a.txt", { charset: "x" });
    expect(await properAnswer(server)).not.toBe(proper);
    fault.remove();
    fault.remove();
    expect(await properAnswer(server)).toBe(proper);
  });
});

/** A response whose pieces come one after the other. */
function stream(): Response {
  const waiting = ["abc", "defg", "hi"];
  return new Response(
    new ReadableStream({
      async pull(controller) {
        // A piece that isn't there at once makes it a stream.
        await Bun.sleep(1);
        const piece = waiting.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    }),
  );
}

describe("a route", () => {
  test("gives its answer faults, of Fetch, of postern, at once and later", async () => {
    await using server = await open();
    const faults = { cutAfterBytes: 2 };
    server.route("GET", "/fetch", () => server.withFaults(new Response("abc"), faults));
    server.route("GET", "/own", async () => {
      await Bun.sleep(1);
      return server.withFaults(new ResponseBuilder(200).text("abc").build(), faults);
    });
    for (const path of ["/fetch", "/own"]) {
      const client = await RawClient.connect(server.port);
      client.send(get(path));
      expect(await client.ending()).toBe("end");
      expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 3\r\n[^]*\r\n\r\nab$/);
    }
    expect(server.requests.map((one) => one.faults)).toEqual([
      ["cutAfterBytes"],
      ["cutAfterBytes"],
    ]);
  });

  test("may answer with a stream, whose chunks are cut and counted by their content", async () => {
    await using server = await open();
    server.route("GET", "/whole", () => server.withFaults(stream(), { interim: 1 }));
    server.route("GET", "/cut", () => server.withFaults(stream(), { cutAfterBytes: 5 }));
    server.route("GET", "/open", () => server.withFaults(stream(), { chunk: "missing" }));
    const bodyOf = async (path: string): Promise<string> => {
      const client = await RawClient.connect(server.port);
      client.send(get(path, "Connection: close\r\n"));
      await client.ending();
      client.close();
      return client.text.slice(client.text.lastIndexOf("\r\n\r\n", client.text.length - 5) + 4);
    };
    expect(await bodyOf("/whole")).toBe("3\r\nabc\r\n4\r\ndefg\r\n2\r\nhi\r\n0\r\n\r\n");
    expect(await bodyOf("/cut")).toBe("3\r\nabc\r\n2\r\nde\r\n");
    expect(await bodyOf("/open")).toBe("3\r\nabc\r\n4\r\ndefg\r\n2\r\nhi\r\n");
    expect(server.requests.map((one) => [one.sentOctets, one.aborted])).toEqual([
      [9, false],
      [5, true],
      [9, true],
    ]);
  });

  test("keeps its own faults where a rule hits, too", async () => {
    await using server = await open();
    server.route("GET", "/x", () => server.withFaults(new Response("abc"), { cutAfterBytes: 2 }));
    using fault = server.fault("GET", "/*", { cutAfterBytes: 1 });
    const client = await RawClient.connect(server.port);
    client.send(get("/x"));
    await client.ending();
    expect(client.text).toEndWith("\r\n\r\nab");
    expect(fault.hits).toBe(0);
  });

  test("that gives wrong ones is told so", async () => {
    await using server = await open();
    const answer = new Response("abc");
    const given = (faults: object) => () => server.withFaults(answer, faults);
    expect(given({ cutAfterByte: 2 })).toThrow(
      'no fault is called "cutAfterByte"; did you mean "cutAfterBytes"?',
    );
    expect(given({ statuses: [503] })).toThrow("statuses is for rules (server.fault)");
    expect(given({ latencyMs: 1, times: 1 })).toThrow("times is for rules (server.fault)");
    expect(given({})).toThrow("no fault is given");
  });
});

describe("rules that are wrong", () => {
  test("throw a TypeError in code, and a ServeError among the options", async () => {
    await using server = await open();
    const add =
      (options: object, method = "GET", path = "/a") =>
      () =>
        server.fault(method, path, options);
    expect(add({ latencyMs: -1 })).toThrow(TypeError);
    expect(add({ latencyMs: 600_001 })).toThrow(
      "latencyMs must be a whole number of milliseconds from 0 on up to 600000 " +
        "(limits.faultWaitTimeMs), not 600001",
    );
    expect(add({ latencyMs: 1 }, "get")).toThrow('not a method: "get"; clients send GET');
    expect(add({ latencyMs: 1 }, "GET", "/a/*/b")).toThrow("* can only be the last segment");
    for (const [faults, message] of [
      [[{ latencyMs: 1 }, { byt: "fin" }], 'rule 2: no fault is called "byt"'],
      [
        [{ methd: "GET", latencyMs: 1 }],
        'rule 1: no fault is called "methd"; did you mean "method"?',
      ],
      [[{ path: "a b?", latencyMs: 1 }], "rule 1: not a path"],
      [[{ path: 1, latencyMs: 1 }], "rule 1: path must be text"],
      [[{ method: 1, latencyMs: 1 }], "rule 1: method must be text"],
      [[undefined], "rule 1: no fault is given"],
      ["/nowhere/faults.txt", "/nowhere/faults.txt: "],
    ] as const) {
      const failed = open({ faults: faults as ServeOptions["faults"] & object }).catch(
        (error: unknown) => error,
      );
      const error = await failed;
      expect(error).toBeInstanceOf(ServeError);
      expect(error).toMatchObject({ code: "faults" });
      expect((error as Error).message).toStartWith(message);
    }
  });

  test("are at most as many as the limit", async () => {
    await using server = await open({ limits: { faultRulesMax: 2 } });
    const over = { latencyMs: 1, times: 1 };
    server.fault("GET", "/a.txt", over);
    server.fault("GET", "/a.txt", over);
    expect(() => server.fault("GET", "/a.txt", over)).toThrow("limits.faultRulesMax");
    await Promise.all([1, 2].map(() => fetch(new URL("a.txt", server.url))));
    // Those that are over are forgotten.
    server.fault("GET", "/a.txt", over);
    const refused = open({ limits: { faultRulesMax: 0 }, faults: [over] });
    expect(await refused.catch(String)).toContain("at most 0 rules");
  });
});

describe("a reload", () => {
  test("replaces the rules of the options, and keeps those that were added", async () => {
    await using server = await open({ faults: [{ path: "/a.txt", headFields: 1 }] });
    const faultsOf = async (path: string): Promise<string> => {
      server.reset();
      await fetch(new URL(path, server.url));
      return (await server.next({ within: 10_000 })).faults.join(" ");
    };
    server.fault("GET", "/b.txt", { headBytes: 1 });
    expect([await faultsOf("a.txt"), await faultsOf("b.txt")]).toEqual(["headFields", "headBytes"]);
    server.reload({ faults: [{ path: "/a.txt", charset: "x" }] });
    expect([await faultsOf("a.txt"), await faultsOf("b.txt")]).toEqual(["charset", "headBytes"]);
    expect(() => server.reload({ faults: [{ path: "/a.txt" }] })).toThrow(ServeError);
    expect(await faultsOf("a.txt")).toBe("charset");
    // The limits of the same reload count.
    const long = [{ path: "/none", latencyMs: 700_000 }];
    expect(() => server.reload({ faults: long })).toThrow("faultWaitTimeMs");
    server.reload({ faults: long, limits: { faultWaitTimeMs: 800_000 } });
    server.reload({});
    expect([await faultsOf("a.txt"), await faultsOf("b.txt")]).toEqual(["", "headBytes"]);
  });
});

describe("over TLS and on a Unix socket", () => {
  test("faults are the same within TLS", async () => {
    await using server = await open({ tls: serverTls });
    const tls = { rejectUnauthorized: false };
    const client = await RawClient.connect(server.port, "127.0.0.1", tls);
    client.send(get("/a.txt"));
    await client.until(() => client.text.endsWith(content));
    const whole = timeless(client.text);
    for (const [faults, ending, faulty] of [
      [{ cutAfterBytes: 5 }, "end", (proper: string) => proper.slice(0, -11)],
      [{ cutAfterBytes: 5, by: "reset" }, "reset", (proper: string) => proper.slice(0, -11)],
      [{ cutHeadAfterBytes: 0 }, "end", () => ""],
      [{ keepAliveClose: "now" }, "end", (proper: string) => proper],
      [{ latencyMs: 1, bareLf: true, chunk: "missing" }, "end", undefined],
    ] as const) {
      using fault = server.fault("GET", "/a.txt", faults);
      const one = await RawClient.connect(server.port, "127.0.0.1", tls);
      one.send(get("/a.txt"));
      expect(await one.ending()).toBe(ending);
      expect(fault.hits).toBe(1);
      if (faulty !== undefined) expect(timeless(one.text)).toBe(faulty(whole));
      else expect(one.text).toEndWith("\n\n10\r\n0123456789abcdef\r\n");
    }
    const big = await RawClient.connect(server.port, "127.0.0.1", tls);
    server.fault("GET", "/big", { cutAfterBytes: 200_000 });
    big.send(get("/big"));
    expect(await big.ending()).toBe("end");
    expect(big.text.length - big.text.indexOf("\r\n\r\n") - 4).toBe(200_000);
    client.abort();
  });

  test("faults are the same on a Unix socket", async () => {
    const unix = join(tmpdir(), `postern-faults-${process.pid}.sock`);
    await using server = await open({ unix });
    server.fault("GET", "/a.txt", { cutAfterBytes: 5 });
    const { promise, resolve } = Promise.withResolvers<string>();
    let text = "";
    await Bun.connect({
      unix,
      socket: {
        open: (socket) => void socket.write(get("/a.txt")),
        data: (_socket, octets) => void (text += octets.toString("latin1")),
        close: () => resolve(text),
      },
    });
    expect(await promise).toEndWith("\r\n\r\n01234");
  });
});

describe("a large file", () => {
  test.each([
    [{ cutAfterBytes: 1_000_000 }, 1_000_000],
    [{ cutAfterBytes: 1_000_000, by: "reset" }, 1_000_000],
    [{ contentLength: 5 }, 3_000_000],
  ] as const)("from disk with %j has %d octets, those of the file", async (faults, octets) => {
    using site = new TempSite("empty");
    const file = new Uint8Array(3_000_000).map((_, i) => i % 251);
    site.file("big.bin", file);
    await using server = await serve({ root: site.root });
    server.fault("GET", "/big.bin", faults);
    const client = await RawClient.connect(server.port);
    client.send(get("/big.bin"));
    await client.ending();
    const start = client.text.indexOf("\r\n\r\n") + 4;
    expect(client.octets.length - start).toBe(octets);
    expect(client.octets.subarray(start)).toEqual(file.subarray(0, octets));
    const request = server.requests[0];
    expect([request?.sentOctets, request?.aborted]).toEqual([octets, true]);
  });

  test("at a rate, whose client reads slowly, is whole", async () => {
    using site = new TempSite("empty");
    const file = new Uint8Array(3_000_000).map((_, i) => i % 251);
    site.file("big.bin", file);
    await using server = await serve({ root: site.root });
    server.fault("GET", "/big.bin", { bytesPerSecond: 50_000_000, stallAfterBytes: 9, stallMs: 1 });
    const client = await RawClient.connect(server.port);
    client.pause();
    client.send(get("/big.bin"));
    while (server.requests.length === 0) await Bun.sleep(1);
    client.resume();
    await client.until(() => client.received > 3_000_000);
    const start = client.text.indexOf("\r\n\r\n") + 4;
    await client.until(() => client.received === start + 3_000_000);
    expect(client.octets.subarray(start)).toEqual(file);
    client.abort();
  });
});

/** What `to` says to a client that sends `text`, without what is its own. */
async function said(to: Server, text: string): Promise<string> {
  const client = await RawClient.connect(to.port);
  client.send(text);
  client.shut();
  await client.ending();
  return timeless(client.text).replaceAll(/(?:ETag|Last-Modified): .*\r\n/g, "");
}

describe("without a rule that matches", () => {
  test("the octets are those of a server without faults", async () => {
    const faults = { path: "/other/*", cutHeadAfterBytes: 0, by: "reset" } as const;
    // Listings show the times of files, also compressed.
    const mtime = new Date("2026-01-01");
    const dated = { "/a.txt": { body: content, mtime }, "/b.txt": { body: "other", mtime } };
    await using server = await open({ files: dated, faults: [faults] });
    await using plain = await open({ files: dated });
    const line = fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", "BREW");
    const path = fc.constantFrom("/a.txt", "/b.txt", "/", "/none", "/other", "/a%20b", "*", "//");
    const field = fc.constantFrom(
      "",
      "Range: bytes=2-4\r\n",
      "Range: bytes=99-\r\n",
      "If-None-Match: *\r\n",
      "Accept-Encoding: gzip\r\n",
      "Expect: 100-continue\r\nContent-Length: 1\r\n",
      "Broken\r\n",
    );
    const request = fc
      .tuple(
        line,
        path.filter((one) => one !== "/other"),
        field,
      )
      .map(
        ([method, target, more]) =>
          `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`,
      );
    const asked = fc.array(request, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(asked, async (requests) => {
        const text = requests.join("");
        expect(await said(server, text)).toBe(await said(plain, text));
      }),
      { numRuns: 60 },
    );
    expect(server.requests.every((one) => one.faults.length === 0)).toBe(true);
  });

  test("an answer that was cached is given out healthy, and faulty only where a rule hits", async () => {
    await using server = await open();
    const proper = await properAnswer(server);
    for (let i = 0; i < 4; i++) expect(await properAnswer(server)).toBe(proper);
    const client = await RawClient.connect(server.port);
    {
      using fault = server.fault("GET", "/a.txt", { charset: "x" });
      const faulty = proper.replace("utf-8", "x");
      client.send(get("/a.txt").repeat(4));
      await client.responses(4);
      await client.until(() => timeless(client.text).length >= 4 * faulty.length);
      expect(timeless(client.text)).toBe(faulty.repeat(4));
      expect(fault.hits).toBe(4);
      client.abort();
    }
    for (let i = 0; i < 4; i++) expect(await properAnswer(server)).toBe(proper);
  });
});

describe("the log", () => {
  test.each([
    ["short", / GET \/a\.txt 200 5 B [\d.]+ ms cut off \[cutAfterBytes\]\n$/],
    ["json", /"status":200,"bytes":5,.*"whole":false.*"faults":\["cutAfterBytes"\]\}\n$/],
  ] as const)("in the format %s names the faults of an answer", async (log, line) => {
    let lines = "";
    const server = await open({ log, write: (text) => void (lines += text) });
    server.fault("GET", "/a.txt", { cutAfterBytes: 5 });
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.ending();
    await server.stop();
    expect(lines).toMatch(line);
  });
});

describe("a WebSocket", () => {
  test("is opened as ever, or refused by a status", async () => {
    await using server = await open();
    server.webSocket("/echo", { message: (socket, message) => socket.send(message) });
    const upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const begun = async (): Promise<string> => {
      const client = await RawClient.connect(server.port);
      client.send(get("/echo", upgrade));
      await client.until(() => client.text.includes("\r\n\r\n"));
      client.abort();
      return timeless(client.text);
    };
    const proper = await begun();
    expect(proper).toStartWith("HTTP/1.1 101 ");
    using fault = server.fault("GET", "/*", { latencyMs: 1, bareLf: true, keepAliveClose: "now" });
    expect([await begun(), fault.hits]).toEqual([proper, 0]);
    server.fault("GET", "/echo", { statuses: [503] });
    expect(await begun()).toStartWith("HTTP/1.1 503 ");
  });
});
