import { expect, test } from "bun:test";

import { prefersMedia } from "../../../src/http/fields/accept-media.ts";

const [json, html] = ["application/json", "text/html"];
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";

test.each([
  // RFC 9110 §12.5.1: the weights decide.
  [["application/json"], true],
  [["application/json;q=0.9, text/html;q=0.8"], true],
  [["application/json;q=0.8, text/html;q=0.9"], false],
  [["application/json; q=0.500 , text/html;q=0.499"], true],
  [["APPLICATION/JSON"], true],
  [["application/json;charset=utf-8"], true],
  [["text/html", "application/json;q=0.9"], false],
  // Of one weight, the range that is more precise is preferred.
  [["application/json, text/plain, */*"], true],
  [["application/json, text/*"], true],
  [["application/*, */*"], true],
  [["text/html, */*"], false],
  [["*/*"], false],
  [["*/*, application/json;q=0.1"], false],
  [["application/json;q=0, */*;q=0"], false],
  [["application/json;q=0"], false],
  [["application/json, text/html"], false],
  [[browser], false],
  // Neither is named, or nothing is: the usual one is sent.
  [["image/png"], false],
  [[""], false],
  [[], false],
  // A weight that is none counts as none.
  [["application/json;q=2, text/html;q=0.5"], true],
] as [string[], boolean][])("%j prefers JSON: %p", (values, wanted) => {
  expect(prefersMedia(values, json, html)).toBe(wanted);
});
