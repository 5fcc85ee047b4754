/**
 * Every fault on a real connection, by a client that keeps each octet: what comes is the proper
 * answer of the same server with exactly that wrong which the fault is about.
 */

import { describe, expect, test } from "bun:test";

import type { FaultRule, ServeOptions, Server } from "../../../index.ts";
import { ResponseBuilder, serve, ServeError } from "../../../index.ts";
import { serverTls } from "../../certificates/certificates.ts";
import type { Ending } from "../../raw-client.ts";
import { RawClient } from "../../raw-client.ts";

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
