import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import type { Validators } from "../../src/http/conditional.ts";
import { dependsOnTime, weigh } from "../../src/http/conditional.ts";
import { formatImfFixdate } from "../../src/http/date.ts";
import { formatEntityTag } from "../../src/http/entity-tag.ts";
import type { Fields } from "../../src/http/fields.ts";
import { headOf } from "../http1/transcript.ts";

type Line = readonly [name: string, value: string];

function fieldsOf(...lines: readonly Line[]): Fields {
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return headOf(`GET / HTTP/1.1\r\nHost: a\r\n${text}\r\n`).fields;
}

const changed = Date.parse("2024-02-29T12:00:00Z") / 1000;
const date = formatImfFixdate(changed * 1000);

describe("what conditions come to changes with the time", () => {
  test.each<readonly [what: string, depends: boolean, ...lines: readonly Line[]]>([
    ["without any", false],
    ["by If-Match", false, ["If-Match", '"a"']],
    ["by If-None-Match", false, ["If-None-Match", '"a"']],
    ["by Range", false, ["Range", "bytes=0-1"]],
    ["by If-Modified-Since", true, ["If-Modified-Since", date]],
    // §13.1.3: ignored beside If-None-Match, even where that can't be read.
    [
      "by If-Modified-Since beside If-None-Match",
      false,
      ["If-None-Match", '"a"'],
      ["If-Modified-Since", date],
    ],
    [
      "by the two when the tag can't be read",
      false,
      ["If-Modified-Since", date],
      ["If-None-Match", "a"],
    ],
    ["by If-Unmodified-Since", true, ["If-Unmodified-Since", date]],
    [
      "by If-Unmodified-Since beside If-None-Match",
      true,
      ["If-None-Match", '"a"'],
      ["If-Unmodified-Since", date],
    ],
    ["by If-Range with a date", true, ["Range", "bytes=0-1"], ["If-Range", date]],
    ["whatever the letters' case", true, ["IF-MODIFIED-SINCE", date]],
  ])("%s: %p", (_what, depends, ...lines) => {
    expect(dependsOnTime(fieldsOf(...lines))).toBe(depends);
  });
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 });

describe("where it doesn't change with the time", () => {
  const tag = fc.record({ weak: fc.boolean(), opaque: fc.constantFrom("a", "b") });
  const seconds = fc.integer({ min: changed - 2, max: changed + 2 });
  // The year of the third is another one after a while (RFC 9110 §5.6.7).
  const dates = fc.oneof(
    seconds.map((each) => formatImfFixdate(each * 1000)),
    fc.constantFrom("Thursday, 29-Feb-24 12:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "then"),
  );
  const tags = fc.oneof(
    tag.map(formatEntityTag),
    fc.constantFrom("*", "a", '"a", W/"b"', '"c"', ""),
  );
  const lines = fc
    .tuple(
      maybe(tags.map((value): Line => ["If-Match", value])),
      maybe(dates.map((value): Line => ["If-Unmodified-Since", value])),
      maybe(tags.map((value): Line => ["If-None-Match", value])),
      maybe(dates.map((value): Line => ["If-Modified-Since", value])),
      maybe(fc.constant<Line>(["Range", "bytes=0-1"])),
      maybe(fc.oneof(tags, dates).map((value): Line => ["If-Range", value])),
    )
    .map((all) => all.filter((line) => line !== undefined));
  /** What may be known of one representation, at one time and at another. */
  const moment = fc.record({
    now: fc.integer({ min: changed - 2, max: changed + 200 * 366 * 86_400 }),
    lastModifiedSeconds: seconds,
    lastModifiedIsStrong: fc.boolean(),
  });

  test("it is the same at any time, whatever the request", () => {
    let compared = 0;
    const property = fc.property(
      fc.constantFrom("GET", "HEAD"),
      lines,
      tag,
      moment,
      moment,
      (method, all, entityTag, ...moments) => {
        const fields = fieldsOf(...all);
        if (dependsOnTime(fields)) return;
        compared++;
        const [one, other] = moments.map(({ now, ...dated }) => {
          const validators: Validators = { entityTag, ...dated };
          return weigh(method, fields, validators, now);
        });
        expect(one).toEqual(other);
      },
    );
    fc.assert(property, { numRuns: 5000 });
    expect(compared).toBeGreaterThan(500);
  });
});
