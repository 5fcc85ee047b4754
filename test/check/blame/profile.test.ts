import { expect, test } from "bun:test";

import { lackedNeeds, profileNames, reasonNotToAsk } from "../../../src/check/blame/profile.ts";
import type { Phase, Strength } from "../../../src/check/script/script.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";

function phase(references: string, strength: Strength, field = "A: b"): Phase {
  const text = `# T\n\n## P (${references}, ${strength})\n\n    > GET / HTTP/1.1\n    > ${field}\n    >\n`;
  const script = parseScript("t.wire", `${text}    < 200\n`);
  const first = script.ok ? script.value.phases[0] : undefined;
  if (first === undefined) throw new Error("no phase");
  return first;
}

test("without a profile everything is asked, and with one nothing that is postern's own choice", () => {
  const own = phase("postern: ranges", "may");
  expect(reasonNotToAsk(own, undefined)).toBeUndefined();
  for (const profile of profileNames) {
    expect(reasonNotToAsk(own, profile)).toContain("a choice of postern's own");
    expect(reasonNotToAsk(phase("RFC 9110 §9.3.1", "must"), profile)).toBeUndefined();
    expect(
      reasonNotToAsk(phase("RFC 9110 §14.2, postern: ranges", "may"), profile),
    ).toBeUndefined();
  }
});

function ofOld(references: string, strength: Strength, field?: string): string {
  return reasonNotToAsk(phase(references, strength, field), "http10") ?? "asked";
}

function ofProxy(references: string, field?: string): string {
  return reasonNotToAsk(phase(references, "must", field), "proxy") ?? "asked";
}

test("an HTTP/1.0 server isn't asked for what came with HTTP/1.1", () => {
  const not = "not asked of an HTTP/1.0 server (--profile http10): ";
  expect(ofOld("RFC 9112 §9.3", "should")).toBe(`${not}persistence`);
  expect(ofOld("RFC 9112 §9.3", "must")).toBe("asked");
  expect(ofOld("RFC 9112 §9.3.2", "must")).toBe(`${not}pipelining`);
  expect(ofOld("RFC 9112 §7.1.1", "must")).toBe(`${not}transfer codings`);
  expect(ofOld("RFC 9112 §6.3", "must", "Transfer-Encoding: chunked")).toBe(
    `${not}transfer codings`,
  );
  expect(ofOld("RFC 9112 §6.3", "must", "Content-Length: 0")).toBe("asked");
  expect(ofOld("RFC 9110 §9.3.3", "must", "expect: 100-continue")).toBe(`${not}expectations`);
  expect(ofOld("RFC 9110 §13.1.2", "must")).toBe(`${not}entity tags and their conditions`);
  expect(ofOld("RFC 9110 §9.3.2", "must", "If-Match: *")).toContain("entity tags");
  expect(ofOld("RFC 9110 §13.1.3", "must", "If-Modified-Since: a")).toBe("asked");
  expect(ofOld("RFC 9112 §3.2.2", "must")).toBe(`${not}the Host field`);
  expect(ofOld("RFC 9112 §3", "must")).toBe("asked");
});

test("nor for the close option in an answer, which HTTP/1.0 has no need of", () => {
  const text = "# T\n\n## P (RFC 9112 §9.6, should)\n\n    > GET / HTTP/1.1\n    >\n    < 200\n";
  const script = parseScript("t.wire", `${text}    < Connection: close\n`);
  const [first] = script.ok ? script.value.phases : [];
  if (first === undefined) throw new Error("no phase");
  expect(reasonNotToAsk(first, "http10")).toContain("the close option");
  expect(reasonNotToAsk(first, "static")).toBeUndefined();
});

test("an intermediary isn't asked for what the server behind it decides", () => {
  expect(ofProxy("RFC 9110 §6.5.1")).toContain("trailer sections");
  expect(ofProxy("RFC 9110 §9.3.7")).toContain("requests on the server itself");
  expect(ofProxy("RFC 9110 §9.3.1", "Upgrade: h2c")).toContain("upgrades");
  expect(ofProxy("RFC 9112 §7.1")).toBe("asked");
});

test("a server lacks what wasn't said of it", () => {
  expect(lackedNeeds(["listing", "post-form"], { with: ["post-form"] })).toEqual(["listing"]);
  expect(lackedNeeds([], {})).toEqual([]);
  expect(lackedNeeds(["listing"], {})).toEqual(["listing"]);
});
