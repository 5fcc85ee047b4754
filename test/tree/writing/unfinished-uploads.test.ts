import { expect, test } from "bun:test";

import { UnfinishedUploads } from "../../../src/tree/writing/unfinished-uploads.ts";

test("counts what begins and ends, of each address", () => {
  const uploads = new UnfinishedUploads();
  for (const address of ["a", "a", "b"]) uploads.begin(address);
  expect([uploads.total, uploads.of("a"), uploads.of("b"), uploads.of("c")]).toEqual([3, 2, 1, 0]);
  uploads.end("a");
  uploads.end("c");
  expect([uploads.total, uploads.of("a")]).toEqual([2, 1]);
});

test("a sweep says how many there are, and those that began meanwhile are added", () => {
  const uploads = new UnfinishedUploads();
  uploads.begin("a");
  uploads.sweepBegins();
  uploads.begin("b");
  uploads.sweepEnds(["a", "c", "c"]);
  expect([uploads.total, uploads.of("a"), uploads.of("b"), uploads.of("c")]).toEqual([4, 1, 1, 2]);
});
