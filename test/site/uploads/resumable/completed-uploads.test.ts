import { expect, test } from "bun:test";

import { ResponseBuilder } from "../../../../src/http/message/response-builder.ts";
import { CompletedUploads } from "../../../../src/site/uploads/resumable/completed-uploads.ts";

const completed = { answer: new ResponseBuilder(204).build(), octets: 3 };

test("an answer is found until it is forgotten", () => {
  const uploads = new CompletedUploads();
  expect(uploads.find("a")).toBeUndefined();
  uploads.keep("a", completed);
  expect(uploads.find("a")).toBe(completed);
  expect([uploads.forget("a"), uploads.forget("a")]).toEqual([true, false]);
  expect(uploads.find("a")).toBeUndefined();
});

test("of many the last ones are kept", () => {
  const uploads = new CompletedUploads();
  for (let i = 0; i < 1000; i++) uploads.keep(`${i}`, completed);
  const kept = Array.from({ length: 1000 }, (_, i) => uploads.find(`${i}`)).filter(Boolean);
  expect(kept).toHaveLength(256);
  expect(uploads.find("999")).toBe(completed);
});
