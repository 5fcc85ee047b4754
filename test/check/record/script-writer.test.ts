import { describe, expect, test } from "bun:test";

import { Secrets } from "../../../src/check/record/blanking.ts";
import type { RecordedPhase } from "../../../src/check/record/recorded.ts";
import { fileName, isSafe, writeScript } from "../../../src/check/record/script-writer.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";
import type { Event } from "./samples.ts";
import { answer, phasesOf, request } from "./samples.ts";

function written(phases: readonly RecordedPhase[]) {
  const script = writeScript(phases, {
    source: "it",
    date: new Date("2026-11-29T12:00:00Z"),
    bodies: "0001-bodies",
    secrets: new Secrets(100),
    leftOut: [],
  });
  if (script.text !== undefined) {
    const parsed = parseScript("a.wire", script.text);
    expect(parsed.ok ? [] : parsed.error).toEqual([]);
  }
  return script;
}

/** The script of one connection, without its first two paragraphs. */
function phasesText(events: readonly Event[]): string {
  const text = written(phasesOf(events)).text ?? "";
  return text.slice(text.indexOf("## "));
}

const get = request("/a");
const ok = answer("hi\n");

function exchange(target: string, fields = ""): readonly Event[] {
  return [
    [">", request(target, fields)],
    ["<", ok],
  ];
}

describe("a script", () => {
  test("reads as one that a person has written", () => {
    const script = written(
      phasesOf([
        [">", get],
        ["<", answer("hi\n", 'ETag: "1"\r\n')],
        [">", request("/a", 'If-None-Match: "1"\r\n')],
        ["<", 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'],
      ]),
    );
    expect(script.text).toBe(`# GET /a, and 1 more exchange

What it answered on 2026-11-29.

## GET /a gets 200 (recorded, must)

    > GET /a HTTP/1.1
    > Host: a
    >
    < 200
    < Content-Length: 3
    save tag = ETag
    | hi

## GET /a gets 304 (recorded, must)

    continue
    > GET /a HTTP/1.1
    > Host: a
    > If-None-Match: {{tag}}
    >
    < 304
    < ETag: {{tag}}
    body empty
`);
  });

  test("says on which connection what happened, where several are open", () => {
    const one = phasesOf(
      [
        [">", request("/1")],
        ["<", ok],
        [">", request("/4")],
        ["<", ok],
      ],
      1000,
      1,
    );
    const two = phasesOf(
      [
        [">", request("/2")],
        ["<", ok],
      ],
      1000,
      2,
    );
    const three = phasesOf(
      [
        [">", request("/5")],
        ["<", ok],
      ],
      1000,
      3,
    );
    const [first, last] = one;
    if (first === undefined || last === undefined) throw new Error("no phases");
    const { text = "" } = written([first, ...two, { ...last, order: 2500 }, ...three]);
    const way = text
      .match(/^(?:## GET \S+|    (?:continue|on c\d))/gmu)
      ?.map((line) => line.trim());
    expect(way).toEqual([
      "## GET /1",
      "on c1",
      "## GET /2",
      "continue",
      "on c2",
      "## GET /4",
      "continue",
      "on c1",
      "## GET /5",
    ]);
  });

  test("opens a connection anew that was idle while much was sent on others", () => {
    const long = `X: ${"x".repeat(1000)}\r\n`;
    const [first, last] = phasesOf([...exchange("/1"), ...exchange("/3")]);
    const [between] = phasesOf(exchange("/2", long), 5000, 2);
    if (first === undefined || last === undefined || between === undefined) throw new Error();
    const { text } = written([first, { ...between, order: 1001.5 }, last]);
    expect(text?.match(/^## GET \S+/gmu)).toEqual(["## GET /1", "## GET /2", "## GET /3"]);
    expect(text).not.toMatch(/continue|on c/u);
  });

  test("has what was sent together in one phase", () => {
    const text = phasesText([
      [">", get + request("/b")],
      ["<", ok + answer("", "", "404 Not Found")],
    ]);
    expect(text).toStartWith(
      "## GET /a and GET /b, sent together, get 200 and 404 (recorded, must)\n",
    );
    expect(text.match(/^ {4}(?:[<>] (?:GET|\d).*)$/gmu)).toHaveLength(4);
  });

  test("has a may, by itself, for what depended on a credential", () => {
    const events: Event[] = [
      [">", get],
      ["<", ok],
      [">", request("/in", "Authorization: Basic abc\r\n")],
      ["<", answer("", "Set-Cookie: s=1\r\n")],
      [">", request("/me", "Cookie: s=1\r\n")],
      ["<", ok],
      [">", get],
      ["<", ok],
    ];
    const text = phasesText(events);
    expect(text.match(/\(recorded, \w+\)/gu)).toEqual([
      "(recorded, must)",
      "(recorded, may)",
      "(recorded, may)",
      "(recorded, must)",
    ]);
    expect(text).not.toContain("continue");
    expect(text).not.toContain("abc");
    expect(text).toContain("Blanked: the field Authorization.");
    expect(text).toContain("It uses what the answer to a blanked request gave.");
    expect(text).toContain("    > Cookie: s={{cookie-s}}\n");
  });

  test("blanks in an early request what is found in a later one", () => {
    const text = phasesText([
      [">", request("/said/sesame")],
      ["<", ok],
      [">", request("/?password=sesame")],
      ["<", ok],
    ]);
    expect(text).not.toContain("sesame");
  });

  test("has no answer that repeats a credential of its request, however short it was", () => {
    const text = phasesText([
      [">", request("/?pin=7")],
      ["<", answer("your pin: 7")],
      [">", get],
      ["<", answer("7 files")],
    ]);
    expect(text).not.toContain("your pin");
    expect(text).toContain("The answer's body repeats what was blanked, so it isn't compared.");
    expect(text).toContain("    || 7 files\n");
  });

  test("has bodies in files, each once", () => {
    const long = "x".repeat(2000);
    const phases = phasesOf(
      [
        [">", `PUT /up.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${long}`],
        ["<", answer(long, "Content-Type: text/html\r\n")],
        [">", request("/page")],
        ["<", answer(`${long}!`, "Content-Type: text/html; charset=utf-8\r\n")],
      ],
      5000,
    );
    const { text, files } = written(phases);
    const names = [...files].map(([path, octets]) => [path, octets.length]);
    expect(names).toEqual([
      ["0001-bodies/sent-up.bin", 2000],
      ["0001-bodies/page.html", 2001],
    ]);
    expect(latin1Text(files.get("0001-bodies/sent-up.bin") ?? new Uint8Array(0))).toBe(long);
    expect(text).toContain("    send ./0001-bodies/sent-up.bin\n");
    expect(text).toContain("    body is ./0001-bodies/sent-up.bin\n");
    expect(text).toContain("    uncut it may change something on the server\n");
  });

  test("waits for as long as it may take, and is not cut then", () => {
    const { text = "" } = written(phasesOf([[">", "GET /"], ["wait", "10000"], ["server closes"]]));
    expect(text).toContain("    within 20s\n    closed or reset\n");
    expect(text).toContain("    uncut it waits for the server's deadlines\n");
    expect(text).toContain("## What is no request gets no answer, and the connection ends (");
  });

  test("leaves a tunnel, a FIN and an interim response where they were", () => {
    const upgrade = phasesText([
      [">", request("/ws", "Upgrade: websocket\r\n")],
      ["<", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
    ]);
    expect(upgrade).toContain("    < 101\n    < Upgrade: websocket\n    abort\n");
    const half = phasesText([[">", get], ["client ends"], ["<", ok]]);
    expect(half).toContain("    >\n    half-close\n    < 200\n");
    const put = request("/", "Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT");
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const waited = phasesText([
      [">", put],
      ["<", interim],
      [">", "hi"],
      ["<", ok],
    ]);
    expect(waited).toContain("    >\n    < 100\n    >> hi\n    < 200\n");
    const hurried = phasesText([
      [">", `${put}hi`],
      ["<", interim + ok],
    ]);
    expect(hurried).toContain("    >> hi\n    maybe 100\n    < 200\n");
  });

  test("says what it leaves out, and is none where that is all", () => {
    const broken: Event[] = [[">", request("/b")], ["client ends"]];
    const { text } = written(phasesOf([[">", get], ["<", ok], ...broken]));
    expect(text).toContain("Left out, GET /b: the client left before the answer was complete.\n");
    expect(written(phasesOf(broken))).toMatchObject({ text: undefined, phases: 0 });
    const coded =
      "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n";
    const veiled = written(
      phasesOf([
        [">", `${request("/", coded, "POST")}x`],
        ["<", ok],
      ]),
    );
    expect(veiled.leftOut).toEqual([
      "POST /: its body is compressed, and could have credentials in it",
    ]);
  });
});

test("a file is called after the last segment of the target, in plain characters", () => {
  expect(fileName("/a/style.css?v=1")).toBe("style.css");
  expect(fileName("http://a/b%20c/")).toBe("b-20c");
  expect(fileName("/..%2f.hidden")).toBe("2f.hidden");
  expect(fileName("/")).toBe("index");
  expect(fileName("*")).toBe("index");
  expect(fileName("/a.wire")).toBe("a.wire.txt");
  expect(fileName(`/${"x".repeat(100)}.png`)).toHaveLength(60);
});

test("methods that change nothing are safe", () => {
  expect(["GET", "HEAD", "OPTIONS", "POST", "get"].map(isSafe)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
