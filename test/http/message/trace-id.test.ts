import { describe, expect, test } from "bun:test";

import { traceIdOf } from "../../../src/http/message/trace-id.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";

describe("traceparent (W3C Trace Context §3.2)", () => {
  test("has the trace-id", () => {
    expect(traceIdOf([`00-${id}-${parent}-01`])).toBe(id);
    expect(traceIdOf([`00-${id}-${parent}-ff`])).toBe(id);
  });

  test("of a later version may have more behind it (§4.3)", () => {
    expect(traceIdOf([`cc-${id}-${parent}-01`])).toBe(id);
    expect(traceIdOf([`cc-${id}-${parent}-01-what-else`])).toBe(id);
    expect(traceIdOf([`cc-${id}-${parent}-01.what-else`])).toBeUndefined();
  });

  test.each([
    "",
    "00",
    id,
    `00-${id}-${parent}`,
    `00-${id}-${parent}-01-more`,
    `00-${id}-${parent}-01-`,
    `00-${id}-${parent}-1`,
    `00-${id}-${parent}-0x`,
    `ff-${id}-${parent}-01`,
    `0-${id}-${parent}-01`,
    `00-${"0".repeat(32)}-${parent}-01`,
    `00-${id}-${"0".repeat(16)}-01`,
    `00-${id.toUpperCase()}-${parent}-01`,
    `00-${id.slice(1)}-${parent}-01`,
    `00-${id}0-${parent}-01`,
    `00-${id}-${parent}0-01`,
    ` 00-${id}-${parent}-01`,
    `00-${id}-${parent}-01\n`,
  ])("is none when it is %j", (value) => {
    expect(traceIdOf([value])).toBeUndefined();
  });

  test("is none when it is there twice, or not at all", () => {
    const value = `00-${id}-${parent}-01`;
    expect(traceIdOf([value, value])).toBeUndefined();
    expect(traceIdOf([])).toBeUndefined();
  });
});
