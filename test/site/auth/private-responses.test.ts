import { describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { privateFields, PrivateResponses } from "../../../src/site/auth/private-responses.ts";
import { requestOf } from "../fake-request.ts";

const finisher = new PrivateResponses(({ rawTarget }) => rawTarget === "/public");

/** A response with these values of Cache-Control, each on a line of its own. */
function responseWith(...values: readonly string[]): Response {
  const builder = new ResponseBuilder(200).field("ETag", '"a"');
  for (const value of values) builder.field("Cache-Control", value);
  return builder.text("a").build();
}

/** The values of Cache-Control after `finisher`. */
function finished(target: string, ...values: readonly string[]): readonly string[] {
  const { fields } = finisher.finish(responseWith(...values), requestOf(`GET ${target}`));
  return fields
    .filter(([name]) => name.toLowerCase() === "cache-control")
    .map(([, value]) => value);
}

describe("an answer that needs a user (RFC 9111 §3.5)", () => {
  test.each([
    [[], "private"],
    [["no-cache"], "private, no-cache"],
    [["no-store"], "private, no-store"],
    [["max-age=60"], "private, max-age=60"],
    [["public, max-age=60"], "private, max-age=60"],
    [["PUBLIC,s-maxage=5 , immutable"], "private, immutable"],
    [["private"], "private"],
    [['private="set-cookie, x", no-cache="public"'], 'private, no-cache="public"'],
    [["public", "s-maxage=60", "max-age=1"], "private, max-age=1"],
    [["must-revalidate"], "private, must-revalidate"],
  ])("with Cache-Control %p says %p", (values, value) => {
    expect(finished("/a", ...values)).toEqual([value]);
  });

  test("keeps its other fields, and what others share isn't changed", () => {
    const response = responseWith("public");
    const { fields } = finisher.finish(response, requestOf("GET /a"));
    expect(fields).toContainEqual(["ETag", '"a"']);
    expect(response.fields).toContainEqual(["Cache-Control", "public"]);
  });
});

test("the fields that stand for Cache-Control in some shared caches are left out (RFC 9213 §3)", () => {
  const names = ["CDN-Cache-Control", "Fastly-CDN-Cache-Control", "Surrogate-Control", "X-Cache"];
  const lines = names.map((name) => [name, "max-age=60"] as const);
  expect(privateFields(lines)).toEqual([
    ["X-Cache", "max-age=60"],
    ["Cache-Control", "private"],
  ]);
});

test("an answer for everyone stays as it is", () => {
  expect(finished("/public", "public, max-age=60")).toEqual(["public, max-age=60"]);
  expect(finished("/public")).toEqual([]);
});

test("a request that could not be read has no user", () => {
  const response = responseWith("public");
  expect(finisher.finish(response, undefined)).toBe(response);
});
