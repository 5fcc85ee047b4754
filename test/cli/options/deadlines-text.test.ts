import { expect, test } from "bun:test";

import { deadlinesText } from "../../../src/cli/options/deadlines-text.ts";

test("deadlines are written in seconds, by their names", () => {
  expect(deadlinesText.read("write=300")).toEqual({ writeTimeMs: 300_000 });
  expect(deadlinesText.read("head=1,body=2,idle=0.5,write=4,handler=5,stop=0")).toEqual({
    headerTimeMs: 1000,
    bodyTimeMs: 2000,
    idleTimeMs: 500,
    writeTimeMs: 4000,
    handlerTimeMs: 5000,
    stopTimeMs: 0,
  });
});

test.each([
  "",
  "write",
  "write=",
  "write=-1",
  "write=1s",
  "write=1,",
  "write=1,write=2",
  "linger=1",
])("%p is no list of deadlines", (text) => {
  expect(deadlinesText.read(text)).toBeUndefined();
});

test("a deadline is a week at most", () => {
  expect(deadlinesText.read("write=604800")).toEqual({ writeTimeMs: 604_800_000 });
  expect(deadlinesText.read("write=604801")).toBeUndefined();
  expect(deadlinesText.read("toString=1")).toBeUndefined();
});
