import { describe, expect, test } from "bun:test";

import { Captures } from "../../../src/check/record/captures.ts";
import type { RecordedResponse, RequestMessage } from "../../../src/check/record/recorded.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";
import { answer, phasesOf, request } from "./samples.ts";

/** A request with `sent` and its answer with `got`, fields with their line ends. */
function exchange(
  target: string,
  sent: string,
  got: string,
): { readonly message: RequestMessage; readonly response: RecordedResponse } {
  const [phase] = phasesOf([
    [">", request(target, sent)],
    ["<", answer("", got)],
  ]);
  const step = phase?.steps[1];
  if (phase?.messages[0] === undefined || step?.kind !== "response") throw new Error("no phase");
  return { message: phase.messages[0], response: step.response };
}

function fieldsAfter(captures: Captures, message: RequestMessage): string {
  const { octets } = message;
  let out = "";
  let at = 0;
  for (const { start, end, by } of captures.usedBy(message).edits) {
    out += latin1Text(octets.subarray(at, start));
    out += by instanceof Uint8Array ? "" : `{{${by.capture}}}`;
    at = end;
  }
  return (out + latin1Text(octets.subarray(at))).split("\r\n").slice(2, -2).join(" | ");
}

describe("what a server gave and a client sends back", () => {
  test.each([
    ['ETag: "1"\r\n', 'If-None-Match: "1"\r\n', "If-None-Match: {{tag}}"],
    ['ETag: W/"1"\r\n', 'If-None-Match: "0", W/"1"\r\n', 'If-None-Match: "0", {{tag}}'],
    ['ETag: "1"\r\n', 'If-Range: "1"\r\n', "If-Range: {{tag}}"],
    ['ETag: "1"\r\n', 'If-Match: "1"\r\n', "If-Match: {{tag}}"],
    ["Last-Modified: today\r\n", "If-Modified-Since: today\r\n", "If-Modified-Since: {{modified}}"],
    ["Last-Modified: today\r\n", "If-Range: today\r\n", "If-Range: {{modified}}"],
    ["Set-Cookie: s=1; Path=/\r\n", "Cookie: s=1; t=2\r\n", "Cookie: s={{cookie-s}}; t=2"],
    [
      "Set-Cookie: a.b=1\r\nSet-Cookie: c=2\r\n",
      "Cookie: a.b=1; c=2\r\n",
      "Cookie: a.b={{cookie-a-b}}; c={{cookie-c}}",
    ],
  ])("is saved: %j", (got, sent, expected) => {
    const captures = new Captures();
    const first = exchange("/a", "", got);
    captures.answered(first.response, "/a", false);
    const { message } = exchange("/a", sent, "");
    expect(fieldsAfter(captures, message)).toBe(expected);
    const saved = captures.savedFrom(first.response);
    expect(saved.map(({ name }) => name)).toEqual(
      Array.from(expected.matchAll(/\{\{(.*?)\}\}/gu), ([, name]) => name),
    );
  });

  test("is not saved where it is another value, or where nothing uses it", () => {
    const captures = new Captures();
    const first = exchange("/a", "", 'ETag: "1"\r\nSet-Cookie: s=1\r\n');
    captures.answered(first.response, "/a", false);
    const { message } = exchange("/a", 'If-None-Match: "2"\r\nCookie: s=2; t=1\r\n', "");
    expect(fieldsAfter(captures, message)).toBe('If-None-Match: "2" | Cookie: s=2; t=1');
    expect(captures.savedFrom(first.response)).toEqual([]);
  });

  test("comes from the answer for the same target, if there are several", () => {
    const captures = new Captures();
    const [a, b] = [exchange("/a", "", 'ETag: "1"\r\n'), exchange("/b", "", 'ETag: "1"\r\n')];
    captures.answered(a.response, "/a", false);
    captures.answered(b.response, "/b", false);
    captures.usedBy(exchange("/b", 'If-None-Match: "1"\r\n', "").message);
    expect(captures.savedFrom(a.response)).toEqual([]);
    expect(captures.savedFrom(b.response)).toHaveLength(1);
    const again = exchange("/b", "", 'ETag: "1"\r\n').response;
    captures.answered(again, "/b", false);
    expect(captures.nameOf("ETag", again, "/b")).toBe("tag");
    expect(captures.nameOf("ETag", again, "/a")).toBeUndefined();
    expect(captures.nameOf("ETag", b.response, "/b")).toBeUndefined();
  });

  test("is doubtful where its answer is", () => {
    const captures = new Captures();
    captures.answered(exchange("/a", "", "Set-Cookie: s=1\r\n").response, "/a", true);
    expect(captures.usedBy(exchange("/", "Cookie: s=1\r\n", "").message).isDoubtful).toBe(true);
    expect(captures.usedBy(exchange("/", "Cookie: s=2\r\n", "").message).isDoubtful).toBe(false);
  });

  test("has a name of its own", () => {
    const captures = new Captures();
    for (const target of ["/a", "/b"]) {
      captures.answered(exchange(target, "", `ETag: "${target}"\r\n`).response, target, false);
      captures.usedBy(exchange(target, `If-None-Match: "${target}"\r\n`, "").message);
    }
    const { message } = exchange("/c", 'If-None-Match: "/a", "/b"\r\n', "");
    expect(fieldsAfter(captures, message)).toBe("If-None-Match: {{tag}}, {{tag-2}}");
  });
});
