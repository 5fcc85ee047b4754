import { expect, test } from "bun:test";

import { refusals } from "../../../src/http/message/error.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Endpoint } from "../../../src/site/endpoint.ts";
import { CountedUploads } from "../../../src/site/operations/counted-uploads.ts";
import { UploadCounts } from "../../../src/site/operations/upload-counts.ts";
import { BodyError } from "../../../src/site/request.ts";
import { View } from "../../../src/tree/view.ts";
import { requestOf } from "../fake-request.ts";

const request = requestOf("PUT /a.txt", {}, "a");

/** What is counted of an endpoint that answers as `answer` does, and what it has answered. */
async function counted(answer: Endpoint["answer"]): Promise<readonly [object, unknown]> {
  const counts = new UploadCounts();
  const methods = ["PUT"];
  const endpoint = { isRepeatable: false, methods: () => methods, answer };
  const uploads = new CountedUploads(endpoint, counts);
  expect(uploads.methods(request, new View(1, 0))).toBe(methods);
  expect(uploads.explainAbsence(request)).toBeUndefined();
  let answered: unknown;
  try {
    answered = await uploads.answer(request, new View(1, 0));
  } catch (error) {
    answered = error;
  }
  return [Object.fromEntries(counts.refused), answered];
}

test("what is refused is counted by kind, or by its status, and answered as it was", async () => {
  const slow = new ResponseBuilder(503).noting({ refusal: "upload-slow" }).text("slow").build();
  expect(await counted(() => slow)).toEqual([{ "upload-slow": 1 }, slow]);
  expect(await counted(async () => slow)).toEqual([{ "upload-slow": 1 }, slow]);
  const failed = new ResponseBuilder(412).text("false").build();
  expect(await counted(() => failed)).toEqual([{ "412": 1 }, failed]);
});

test("what is stored, or left to others, is not counted", async () => {
  const stored = new ResponseBuilder(204).build();
  expect(await counted(() => stored)).toEqual([{}, stored]);
  expect(await counted(() => undefined)).toEqual([{}, undefined]);
});

test("an error is counted by its refusal, and not where the client is gone", async () => {
  const late = new BodyError(refusals["request-timeout"]);
  expect(await counted(() => Promise.reject(late))).toEqual([{ "request-timeout": 1 }, late]);
  const gone = new BodyError("gone");
  expect(await counted(() => Promise.reject(gone))).toEqual([{}, gone]);
  const broken = new Error("broken");
  expect(await counted(() => Promise.reject(broken))).toEqual([{ "handler-failed": 1 }, broken]);
});

test("a method that isn't allowed is counted where the endpoint says why", () => {
  const counts = new UploadCounts();
  const endpoint: Endpoint = {
    isRepeatable: false,
    methods: () => [],
    answer: () => undefined,
    explainAbsence: () => "uploads go elsewhere",
  };
  expect(new CountedUploads(endpoint, counts).explainAbsence(request)).toBe("uploads go elsewhere");
  expect(Object.fromEntries(counts.refused)).toEqual({ "405": 1 });
});
