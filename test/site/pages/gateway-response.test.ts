import { expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { gatewayResponse } from "../../../src/site/pages/gateway-response.ts";

test.each([
  [502, "502 store-failed RFC 9110 §15.6.3"],
  [503, "503 store-unavailable RFC 9110 §15.6.4"],
  [504, "504 store-timeout RFC 9110 §15.6.5"],
] as const)("a store's failure is a %d that says once when to ask again", (status, described) => {
  const made: string[] = [];
  const response = gatewayResponse({ status, retryAfterSeconds: 7 }, (refusal) => {
    made.push(`${refusal.status} ${refusal.kind} ${refusal.section}`);
    return new ResponseBuilder(refusal.status).field("Retry-After", "1").text(refusal.text).build();
  });
  expect(made).toEqual([described]);
  expect(response.status).toBe(status);
  expect(response.close).toBe(false);
  expect(response.fields.filter(([name]) => name === "Retry-After")).toEqual([
    ["Retry-After", "7"],
  ]);
});
