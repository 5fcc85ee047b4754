import { describe, expect, test } from "bun:test";

import type { ClientResult } from "../../../src/check/clients/adapter-message.ts";
import {
  judgeRequest,
  judgeResult,
  resultChoices,
  resultText,
} from "../../../src/check/clients/client-judgement.ts";
import type { RequestStep, ResultStep } from "../../../src/check/script/script.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

const memory = () => ({ captures: new Map([["host", utf8Bytes("a:80")]]), files: new Map() });
const none = { fields: [], body: [], saves: [] } as const;

describe("a request", () => {
  const step: RequestStep = {
    kind: "request",
    line: 4,
    requestLine: { methods: ["GET", "HEAD"], target: [utf8Bytes("/a")], version: "HTTP/1.1" },
    optional: false,
    ...none,
  };
  const request = {
    method: "HEAD",
    target: "/a",
    version: "HTTP/1.1",
    fields: [{ name: "Host", value: "a:80" }],
    body: utf8Bytes("x"),
    trailers: [],
  } as const;

  test("has one of the methods, the target and the version", () => {
    expect(judgeRequest(step, request, memory())).toBeUndefined();
    for (const other of [{ method: "POST" }, { target: "/A" }, { version: "HTTP/1.0" }]) {
      expect(judgeRequest(step, { ...request, ...other }, memory())).toMatchObject({
        line: 4,
        expected: "GET or HEAD /a HTTP/1.1",
      });
    }
    const free = { ...step, requestLine: { methods: ["HEAD"], target: [utf8Bytes("/a")] } };
    expect(judgeRequest(free, { ...request, version: "HTTP/1.0" }, memory())).toBeUndefined();
  });

  test("has the fields and the content, and its values are saved", () => {
    const host = { kind: "equals", line: 5, name: "host", value: [{ capture: "host" }] } as const;
    const kept = memory();
    const full: RequestStep = {
      ...step,
      fields: [host],
      body: [{ kind: "length", line: 6, lengthBytes: 1 }],
      saves: [{ line: 7, name: "saved", field: "Host" }],
    };
    expect(judgeRequest(full, request, kept)).toBeUndefined();
    expect(kept.captures.get("saved")).toEqual(utf8Bytes("a:80"));
    expect(judgeRequest(full, { ...request, fields: [] }, kept)).toMatchObject({ line: 5 });
    expect(judgeRequest(full, { ...request, body: utf8Bytes("") }, kept)).toMatchObject({
      line: 6,
    });
  });
});

/** A result with these choices. */
function result(...choices: ResultStep["choices"]): ResultStep {
  return { kind: "result", line: 8, choices, ...none };
}

describe("what a client makes of an answer", () => {
  const ok = { kind: "status", status: 200 } as const;
  const fails = { kind: "fails" } as const;
  const got: ClientResult = { kind: "got", status: 200, fields: [], content: utf8Bytes("x") };
  const failed: ClientResult = { kind: "failed", reason: "reset" };

  test("is one of the outcomes that may be", () => {
    expect(judgeResult(result(ok), got, memory())).toBeUndefined();
    expect(judgeResult(result({ kind: "class", class: 2 }), got, memory())).toBeUndefined();
    expect(judgeResult(result(ok, fails), failed, memory())).toBeUndefined();
    expect(judgeResult(result(fails), got, memory())).toEqual({
      line: 8,
      expected: "a client that fails",
      came: "it got status 200 with 1 bytes: x",
    });
    expect(judgeResult(result(ok), failed, memory())).toMatchObject({ came: "it failed: reset" });
    expect(judgeResult(result(ok), { ...got, status: 206 }, memory())).toBeDefined();
  });

  test("of a command that tells no status is its content alone", () => {
    const { status: _, ...told } = got;
    expect(judgeResult(result(ok), told, memory())).toBeUndefined();
    expect(resultText(told)).toBe("it got a response, whole, with 1 bytes: x");
  });

  test("is no failure if the client ended in another way", () => {
    const ended: ClientResult = { kind: "ended", reason: "SIGSEGV" };
    expect(judgeResult(result(fails), ended, memory())).toMatchObject({
      came: "it ended without a conclusion: SIGSEGV",
    });
  });

  test("has content and fields if there is a response", () => {
    const empty = { ...result(ok, fails), body: [{ kind: "empty", line: 9 }] } as const;
    expect(judgeResult(empty, got, memory())).toMatchObject({ line: 9 });
    expect(judgeResult(empty, failed, memory())).toBeUndefined();
  });

  test("is told as the script writes it", () => {
    expect(resultChoices(result(ok, { kind: "class", class: 3 }, fails))).toBe(
      "gets 200 or 3xx or fails",
    );
    expect(resultChoices(result(fails))).toBe("fails");
  });
});
