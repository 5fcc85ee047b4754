import { expect, test } from "bun:test";

import { escapeMarkup } from "../../../../src/check/report/formats/escape-markup.ts";

test("markup and quotes are escaped, and what XML can't carry is replaced", () => {
  expect(escapeMarkup(`<a href="x" b='y'>&amp;`)).toBe(
    "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;",
  );
  expect(escapeMarkup("a\u{0}b\u{1b}[0m\u{d800}é\u{1f600}\n")).toBe(
    "a\u{fffd}b\u{fffd}[0m\u{fffd}é\u{1f600}\n",
  );
});
