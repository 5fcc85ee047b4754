import { describe, expect, test } from "bun:test";

import { isNavigation, whyNoNavigation } from "../../../src/site/rules/navigation.ts";
import { requestOf } from "../fake-request.ts";

const navigates = (fields: Record<string, string>): boolean =>
  isNavigation(requestOf("GET /", fields).head.fields);

const chromiumPage =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

describe("Sec-Fetch-Dest (Fetch Metadata §2.1)", () => {
  test.each(["document", "iframe", "frame", "Document"])("%s is a page", (destination) => {
    expect(navigates({ "Sec-Fetch-Dest": destination })).toBe(true);
  });

  test.each(["script", "style", "image", "empty", "font", "worker", "manifest", "video", ""])(
    "%p is none, whatever is accepted",
    (destination) => {
      expect(navigates({ "Sec-Fetch-Dest": destination, Accept: chromiumPage })).toBe(false);
    },
  );
});

test.each<[Record<string, string>, string]>([
  [{ "Sec-Fetch-Dest": "script", Accept: "text/html" }, "Sec-Fetch-Dest isn't document"],
  [{ Accept: "*/*" }, "Accept doesn't name text/html"],
  [{}, "Accept doesn't name text/html"],
])("what is no navigation has its reason: %p", (fields, why) => {
  const said = whyNoNavigation(requestOf("GET /", fields).head.fields);
  expect(said).toBe(`--single answers navigations alone: ${why}`);
});

describe("Accept, without it (RFC 9110 §12.5.1)", () => {
  test.each([
    chromiumPage,
    "text/html",
    "TEXT/HTML",
    "text/html;q=0.5",
    "text/html;q=0.001",
    "text/html;level=1",
    "image/png, text/html ;q=1",
    "*/*,text/html",
    ",,text/html,",
  ])("%s wants a page", (accept) => {
    expect(navigates({ Accept: accept })).toBe(true);
  });

  test.each([
    "*/*",
    "text/*",
    "image/avif,image/webp,*/*;q=0.8",
    "application/json",
    "text/css,*/*;q=0.1",
    "text/html;q=0",
    "text/html;q=0.000, */*",
    "text/html; Q=0;x=y",
    "text/htmlx",
    "x/text/html",
    "",
  ])("%p doesn't", (accept) => {
    expect(navigates({ Accept: accept })).toBe(false);
  });

  test("is not there", () => {
    expect(navigates({})).toBe(false);
  });
});
