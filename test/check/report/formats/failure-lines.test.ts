import { expect, test } from "bun:test";

import {
  failureLines,
  failureMessage,
} from "../../../../src/check/report/formats/failure-lines.ts";
import { failed, first } from "../sample.ts";

test("a finding has place, references, prose, both sides, the difference, and what passed", () => {
  const phase = first.phases[1];
  if (phase === undefined || failed.kind !== "failed") throw new Error("no finding");
  const finding = { script: first, phase, outcome: failed, taste: false };
  expect(failureMessage(finding)).toBe("expected this; came that <b>");
  expect(failureLines(finding)).toEqual([
    "one/first.wire:9",
    "P2 (RFC 9110 §9, should)",
    'About one/first.wire & "more".',
    "held uncut, failed when sent byte by byte",
    "expected  this",
    "came      that <b>",
    "differs at byte 1",
    expect.stringContaining("61 62"),
    expect.stringContaining("61 61"),
    expect.stringContaining("^^"),
    "> GET /<a> HTTP/1.1",
    ">",
    "* the server closed the connection",
  ]);
});
