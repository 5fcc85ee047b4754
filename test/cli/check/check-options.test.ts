import { expect, test } from "bun:test";

import { checkGroups } from "../../../src/cli/check/check-options.ts";
import { readCheckWords } from "../../../src/cli/check/check-words.ts";
import { asksToRecord, readProxyWords } from "../../../src/cli/record/proxy-words.ts";

test("each option is read, by playing or by recording", () => {
  for (const { title, options } of checkGroups) {
    for (const { name, value } of options) {
      const words = [`--${name}`, ...(value === undefined ? [] : [value.choices?.[0] ?? "1s"])];
      const proxied = ["--proxy=a:1", "--record=d"];
      if (title === "What to record instead of playing") {
        const read = readProxyWords([
          ...proxied.filter((word) => !word.startsWith(`--${name}`)),
          ...words,
        ]);
        expect(read.ok ? "" : read.error).not.toContain("doesn't go with");
        expect(asksToRecord(proxied)).toBe(true);
      } else {
        const read = readCheckWords(["s", ...words]);
        expect(typeof read === "string" ? read : "").not.toContain("unknown option");
      }
    }
  }
});

test("an option has a value or is a switch, and not both", () => {
  for (const { options } of checkGroups) {
    for (const { value, set, take } of options) {
      if (set !== undefined) expect(value).toBeUndefined();
      if (take !== undefined) expect(value).toBeDefined();
    }
  }
});
