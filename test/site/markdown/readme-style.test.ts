import { expect, test } from "bun:test";

import { documentStyle } from "../../../src/site/markdown/document-style.ts";
import { previewStyle } from "../../../src/site/preview/preview-style.ts";
import { readmeStyle } from "../../../src/site/markdown/readme-style.ts";

test("it is the same in a page of its own and below a listing", () => {
  for (const style of [documentStyle, previewStyle]) expect(style).toContain(readmeStyle);
});

test("it styles nothing but documents", () => {
  const selectors = readmeStyle.replaceAll(/\{[^}]*\}/g, "\n").split(/,(?![^(]*\))|\n/);
  for (const selector of selectors.map((one) => one.trim()).filter((one) => one !== "")) {
    expect(selector).toStartWith(".readme");
  }
});
