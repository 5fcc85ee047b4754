import { expect, test } from "bun:test";

import { answerOf, isRefusal } from "../../../../src/check/play/exchange/answer.ts";
import type { ResponseStep } from "../../../../src/check/script/script.ts";

const step: ResponseStep = {
  kind: "response",
  line: 1,
  choices: [{ kind: "status", status: 200 }],
  framing: "own",
  decoded: false,
  fields: [],
  body: [],
  saves: [],
};

function announced(version: "HTTP/1.0" | "HTTP/1.1", connection?: string): boolean {
  const fields = connection === undefined ? [] : [{ name: "Connection", value: connection }];
  const response = {
    version,
    status: 200,
    reason: "",
    fields,
    trailers: [],
    body: new Uint8Array(0),
  };
  return answerOf(step, response).announced;
}

test("an answer says that the connection ends by the close option, or as HTTP/1.0 does", () => {
  expect(announced("HTTP/1.1")).toBe(false);
  expect(announced("HTTP/1.1", "Upgrade, Close")).toBe(true);
  expect(announced("HTTP/1.0")).toBe(true);
  expect(announced("HTTP/1.0", "keep-alive")).toBe(false);
});

test("an answer without a body whatever it says is taken for one to HEAD", () => {
  const body = new Uint8Array(0);
  const response = {
    version: "HTTP/1.1",
    status: 200,
    reason: "",
    fields: [],
    trailers: [],
    body,
  } as const;
  expect(answerOf({ ...step, framing: "none" }, response).toHead).toBe(true);
  expect(answerOf(step, response).toHead).toBe(false);
});

test("the content of an error may end in a reset where the script permits one, and no other", () => {
  const permitting: ResponseStep = { ...step, choices: [{ kind: "end", end: "reset" }] };
  const refused = { status: 431 };
  expect(isRefusal(step, ["closed", "reset"], refused)).toBe(true);
  expect(isRefusal(permitting, [], refused)).toBe(true);
  expect(isRefusal(step, ["closed"], refused)).toBe(false);
  expect(isRefusal(permitting, ["reset"], { status: 200 })).toBe(false);
  expect(isRefusal(permitting, ["reset"], undefined)).toBe(false);
});
