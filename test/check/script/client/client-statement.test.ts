import { describe, expect, test } from "bun:test";

import {
  beginsClientStatement,
  readClientStatement,
} from "../../../../src/check/script/client/client-statement.ts";
import { latin1Text } from "../../../../src/http/octets/bytes.ts";

/** What a line means, its texts as Latin-1; or what was expected. */
function read(text: string): unknown {
  const statement = readClientStatement(text, 7);
  if (!statement.ok) return statement.error;
  return JSON.parse(
    JSON.stringify(statement.value, (_, value: unknown) => {
      return value instanceof Uint8Array ? latin1Text(value) : value;
    }),
  );
}

describe("a line of a script that tests a client", () => {
  test.each([
    ["ask GET /a?b#c", { kind: "ask", method: "GET", target: ["/a?b#c"] }],
    ["> GET /a HTTP/1.1", request(["GET"], "/a", "HTTP/1.1")],
    ["> GET or HEAD /a", request(["GET", "HEAD"], "/a")],
    ["> OPTIONS *", request(["OPTIONS"], "*")],
    ["maybe POST /a", { ...request(["POST"], "/a"), optional: true }],
    [
      "> Host: a",
      { kind: "field", check: { kind: "equals", line: 7, name: "Host", value: ["a"] } },
    ],
    ["has Date", { kind: "field", check: { kind: "present", line: 7, name: "Date" } }],
    ["with A: b", { kind: "with", check: { kind: "equals", line: 7, name: "A", value: ["b"] } }],
    ["< HTTP/1.1 200 OK", { kind: "send", part: { kind: "text", text: ["HTTP/1.1 200 OK\r\n"] } }],
    ["<", { kind: "send", part: { kind: "text", text: ["\r\n"] } }],
    ["<< a\\n", { kind: "send", part: { kind: "text", text: ["a\n"] } }],
    ["fill 3 ab", { kind: "send", part: { kind: "fill", count: 3, pattern: "ab" } }],
    ["| a", { kind: "content", text: ["a\n"] }],
    ["fails", { kind: "result", choices: [{ kind: "fails" }] }],
    ["repeat 3", { kind: "repeat", count: 3 }],
    ["within 2s", { kind: "within", ms: 2000 }],
    ["abort", { kind: "step", step: { kind: "abort", line: 7 } }],
    [
      "closed or reset",
      { kind: "step", step: { kind: "end", line: 7, ends: ["closed", "reset"] } },
    ],
  ])("%p is read", (text, statement) => {
    expect(read(text)).toEqual(statement);
  });

  test("tells the outcomes that the client may choose from", () => {
    expect(read("gets 200 or 3xx or fails")).toEqual({
      kind: "result",
      choices: [{ kind: "status", status: 200 }, { kind: "class", class: 3 }, { kind: "fails" }],
    });
  });

  test.each([
    ["ask get /a", "ask METHOD /TARGET"],
    ["ask GET http://a/", "ask METHOD /TARGET"],
    [">> GET", "> and a whole line: a request is expected here, and not sent"],
    [">", "> METHOD /TARGET [HTTP/1.1], > Name: value or > Name ~ regex"],
    ["<<", "text to send"],
    ["< a ", "no space at the end of the line; write \\x20"],
    ["with A", "with Name: value or with Name ~ regex"],
    ["maybe 100", "maybe METHOD /TARGET [HTTP/1.1]"],
    ["gets", 'a status, a class like 2xx, or fails, and not ""'],
    ["gets fails", "a status among the choices"],
    ["gets 200 or closed", 'a status, a class like 2xx, or fails, and not "closed"'],
    ["fails 5", "nothing after the word"],
    ["repeat 0", "repeat COUNT, from 1 to 200"],
    ["repeat 201", "repeat COUNT, from 1 to 200"],
    ["file a.txt", "no file in a script that tests a client"],
    ["decoded", "no decoded in a script that tests a client"],
    ["server --hidden", "no server: this script tests a client, and needs no server"],
    ["wait", 'a statement, and not "wait"'],
  ])("%p is refused", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test("is known by its first word", () => {
    expect(beginsClientStatement("gets a letter")).toBe(true);
    expect(beginsClientStatement("fill it")).toBe(true);
    expect(beginsClientStatement("toString it")).toBe(false);
  });
});

function request(methods: readonly string[], target: string, version?: string): object {
  const requestLine = { methods, target: [target], ...(version === undefined ? {} : { version }) };
  return { kind: "request", requestLine, optional: false };
}
