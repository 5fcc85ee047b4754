import { describe, expect, test } from "bun:test";

import type { RefusalKind } from "../../src/http/message/error.ts";
import { refusals } from "../../src/http/message/error.ts";
import { BodyError } from "../../src/site/request.ts";

describe("an error of a request's body", () => {
  test.each(Object.keys(refusals) as RefusalKind[])("%s names how it is refused", (kind) => {
    for (const cause of [kind, refusals[kind]]) {
      const error = new BodyError(cause);
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.kind]).toEqual(["BodyError", kind]);
      expect(error.refusal).toBe(refusals[kind]);
      expect(error.message).toBe(`the request's body can't be read: ${kind}`);
    }
  });

  test("keeps what a refusal says besides: the limit that was exceeded", () => {
    const limit = { name: "bodyBytesMax", maximum: 1, actual: 2 };
    const refusal = { ...refusals["body-too-large"], limit };
    expect(new BodyError(refusal).refusal).toBe(refusal);
  });

  test("is no refusal when the client is gone", () => {
    const error = new BodyError("gone");
    expect([error.kind, error.refusal]).toEqual(["gone", undefined]);
  });
});
