import { expect, test } from "bun:test";

import { BrokenBody } from "../../../src/http/message/response.ts";
import { BackendError } from "../../../src/site/proxy/backend.ts";

test("the error of a backend says what is wrong, and is no fault of this server", () => {
  const error = new BackendError("late", "no answer within 5 ms");
  expect(error).toBeInstanceOf(BrokenBody);
  expect(error).toMatchObject({ fault: "late", isStale: false, message: "no answer within 5 ms" });
  expect(new BackendError("broken", "", true).isStale).toBeTrue();
});
