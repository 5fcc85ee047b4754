import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import type { Outcome, Validators, Verdict } from "../../../src/http/fields/conditional.ts";
import {
  asksForWhole,
  dependsOnTime,
  hasCondition,
  ifMatch,
  ifModifiedSince,
  ifNoneMatch,
  ifRange,
  ifUnmodifiedSince,
  weigh,
} from "../../../src/http/fields/conditional.ts";
import { formatImfFixdate } from "../../../src/http/fields/date.ts";
import type { EntityTag } from "../../../src/http/fields/entity-tag.ts";
import { formatEntityTag } from "../../../src/http/fields/entity-tag.ts";
import type { Fields } from "../../../src/http/fields/fields.ts";
import { headOf } from "../../http1/transcript.ts";

type Line = readonly [name: string, value: string];

function fieldsOf(...lines: readonly Line[]): Fields {
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return headOf(`GET / HTTP/1.1\r\nHost: a\r\n${text}\r\n`).fields;
}

const now = Date.parse("2026-11-22T12:00:00Z") / 1000;
const changed = Date.parse("2024-02-29T12:00:00Z") / 1000;
const date = formatImfFixdate(changed * 1000);
const before = formatImfFixdate((changed - 1) * 1000);
const after = formatImfFixdate((changed + 1) * 1000);

const stored: Validators = {
  entityTag: { weak: false, opaque: "a,b" },
  lastModifiedSeconds: changed,
  lastModifiedIsStrong: true,
};
const weakly: Validators = { ...stored, entityTag: { weak: true, opaque: "a,b" } };
const undated: Validators = { entityTag: { weak: false, opaque: "a,b" } };
const nothing: Validators = {};

describe("If-Match (RFC 9110 §13.1.1)", () => {
  const outcomes: readonly (readonly [string, Outcome, Outcome])[] = [
    ['"a,b"', "holds", "fails"],
    ['W/"a,b"', "fails", "fails"],
    ['"x", "a,b"', "holds", "fails"],
    ['"x", W/"a,b"', "fails", "fails"],
    ['"a", "b"', "fails", "fails"],
    ['"A,B"', "fails", "fails"],
    ["*", "holds", "fails"],
    ["a,b", "fails", "fails"],
    ['"a,b', "fails", "fails"],
    ["", "fails", "fails"],
  ];
  test.each(outcomes)("%p of what is stored %s, of nothing %s", (value, of, ofNothing) => {
    expect(ifMatch(fieldsOf(["If-Match", value]), stored)).toBe(of);
    expect(ifMatch(fieldsOf(["If-Match", value]), nothing)).toBe(ofNothing);
  });

  test("is compared strongly: a weak tag is matched by the asterisk alone", () => {
    expect(ifMatch(fieldsOf(["If-Match", '"a,b", W/"a,b"']), weakly)).toBe("fails");
    expect(ifMatch(fieldsOf(["If-Match", "*"]), weakly)).toBe("holds");
  });

  test("in several lines is one list", () => {
    expect(ifMatch(fieldsOf(["If-Match", '"x"'], ["if-match", '"a,b"']), stored)).toBe("holds");
    expect(ifMatch(fieldsOf(["If-Match", "*"], ["If-Match", '"a,b"']), stored)).toBe("fails");
  });

  test("is absent where it is", () => {
    expect(ifMatch(fieldsOf(["If-Matches", "*"]), stored)).toBe("absent");
  });
});

describe("If-None-Match (RFC 9110 §13.1.2)", () => {
  const outcomes: readonly (readonly [string, Outcome, Outcome])[] = [
    ['"a,b"', "fails", "holds"],
    ['W/"a,b"', "fails", "holds"],
    ['"x", W/"a,b"', "fails", "holds"],
    ['"x" ,, "y"', "holds", "holds"],
    ['"a", "b"', "holds", "holds"],
    ["*", "fails", "holds"],
    ["a,b", "holds", "holds"],
    ['"a,b', "holds", "holds"],
    ["", "holds", "holds"],
  ];
  test.each(outcomes)("%p of what is stored %s, of nothing %s", (value, of, ofNothing) => {
    expect(ifNoneMatch(fieldsOf(["If-None-Match", value]), stored)).toBe(of);
    expect(ifNoneMatch(fieldsOf(["If-None-Match", value]), weakly)).toBe(of);
    expect(ifNoneMatch(fieldsOf(["If-None-Match", value]), nothing)).toBe(ofNothing);
  });

  test("in several lines is one list", () => {
    const lines: Line[] = [
      ["If-None-Match", '"x"'],
      ["IF-NONE-MATCH", '"a,b"'],
    ];
    expect(ifNoneMatch(fieldsOf(...lines), stored)).toBe("fails");
  });
});

describe("If-Modified-Since and If-Unmodified-Since (RFC 9110 §13.1.3, §13.1.4)", () => {
  const outcomes: readonly (readonly [string, Outcome, Outcome])[] = [
    [before, "holds", "fails"],
    [date, "fails", "holds"],
    [after, "fails", "holds"],
    ["Thursday, 29-Feb-24 12:00:00 GMT", "fails", "holds"],
    ["Thu Feb 29 11:59:59 2024", "holds", "fails"],
    ["Thu, 01 Jan 2099 00:00:00 GMT", "fails", "holds"],
    ["yesterday", "absent", "absent"],
    ["0", "absent", "absent"],
    ["", "absent", "absent"],
    [`${date}, ${date}`, "absent", "absent"],
  ];
  test.each(outcomes)("%p: changed since %s, unchanged since %s", (value, modified, unmodified) => {
    const fields = fieldsOf(["If-Modified-Since", value], ["If-Unmodified-Since", value]);
    expect(ifModifiedSince(fields, stored, now)).toBe(modified);
    expect(ifUnmodifiedSince(fields, stored, now)).toBe(unmodified);
    for (const dateless of [undated, nothing]) {
      expect(ifModifiedSince(fields, dateless, now)).toBe("absent");
      expect(ifUnmodifiedSince(fields, dateless, now)).toBe("absent");
    }
  });

  test("sent twice are ignored, even when they say the same", () => {
    for (const name of ["If-Modified-Since", "If-Unmodified-Since"]) {
      const fields = fieldsOf([name, before], [name, before]);
      expect(ifModifiedSince(fields, stored, now)).toBe("absent");
      expect(ifUnmodifiedSince(fields, stored, now)).toBe("absent");
    }
  });
});

describe("If-Range (RFC 9110 §13.1.5)", () => {
  const outcomes: readonly (readonly [string, Outcome])[] = [
    ['"a,b"', "holds"],
    ['W/"a,b"', "fails"],
    ['"x"', "fails"],
    ['"x", "a,b"', "fails"],
    ["*", "fails"],
    ["a,b", "fails"],
    ["", "fails"],
    [date, "holds"],
    ["Thursday, 29-Feb-24 12:00:00 GMT", "holds"],
    ["Thu Feb 29 12:00:00 2024", "holds"],
    [before, "fails"],
    [after, "fails"],
    [`"${date}"`, "fails"],
    ["yesterday", "fails"],
  ];
  test.each(outcomes)("%p %s", (value, wanted) => {
    expect(ifRange(fieldsOf(["If-Range", value]), stored, now)).toBe(wanted);
    expect(ifRange(fieldsOf(["If-Range", value]), nothing, now)).toBe("fails");
  });

  test("of a weak tag never holds", () => {
    for (const value of ['"a,b"', 'W/"a,b"']) {
      expect(ifRange(fieldsOf(["If-Range", value]), weakly, now)).toBe("fails");
    }
  });

  test("of a date holds where that is a strong validator alone (§8.8.2.2)", () => {
    const { lastModifiedIsStrong, ...rest } = stored;
    expect(lastModifiedIsStrong).toBe(true);
    expect(ifRange(fieldsOf(["If-Range", date]), rest, now)).toBe("fails");
    const fresh = { ...rest, lastModifiedIsStrong: false };
    expect(ifRange(fieldsOf(["If-Range", date]), fresh, now)).toBe("fails");
    expect(ifRange(fieldsOf(["If-Range", date]), undated, now)).toBe("fails");
  });

  test("sent twice fails, and is absent where it is", () => {
    const twice: Line[] = [
      ["If-Range", '"a,b"'],
      ["If-Range", '"a,b"'],
    ];
    expect(ifRange(fieldsOf(...twice), stored, now)).toBe("fails");
    expect(ifRange(fieldsOf(["Range", "bytes=0-1"]), stored, now)).toBe("absent");
  });
});

describe("a condition that counts for other methods than GET and HEAD", () => {
  test.each([
    ["If-Match", true],
    ["If-None-Match", true],
    ["If-Unmodified-Since", true],
    ["If-Modified-Since", false],
    ["If-Range", false],
    ["Range", false],
  ])("%s: %p", (name, counts) => {
    expect(hasCondition(fieldsOf([name, "x"]))).toBe(counts);
  });
});

/** A request's conditions as they are meant, before they are written. */
interface Meant {
  readonly match: "*" | readonly EntityTag[] | undefined;
  readonly unmodifiedSince: number | undefined;
  readonly noneMatch: "*" | readonly EntityTag[] | undefined;
  readonly modifiedSince: number | undefined;
  readonly range: boolean;
  readonly rangeIf: EntityTag | number | undefined;
}

const written = (tags: "*" | readonly EntityTag[]): string =>
  tags === "*" ? tags : tags.map(formatEntityTag).join(", ");

const at = (seconds: number): string => formatImfFixdate(seconds * 1000);

function linesOf(meant: Meant): Line[] {
  const lines: Line[] = [];
  if (meant.match !== undefined) lines.push(["If-Match", written(meant.match)]);
  if (meant.unmodifiedSince !== undefined) {
    lines.push(["If-Unmodified-Since", at(meant.unmodifiedSince)]);
  }
  if (meant.noneMatch !== undefined) lines.push(["If-None-Match", written(meant.noneMatch)]);
  if (meant.modifiedSince !== undefined) {
    lines.push(["If-Modified-Since", at(meant.modifiedSince)]);
  }
  if (meant.range) lines.push(["Range", "bytes=0-1"]);
  const { rangeIf } = meant;
  if (typeof rangeIf === "number") lines.push(["If-Range", at(rangeIf)]);
  else if (rangeIf !== undefined) lines.push(["If-Range", formatEntityTag(rangeIf)]);
  return lines;
}

/** §13.2.2 as it reads, step by step. */
function model(method: string, meant: Meant, has: Validators): Verdict["kind"] | "partial" {
  const { entityTag: tag, lastModifiedSeconds: modified } = has;
  const isRead = method === "GET" || method === "HEAD";
  const isAmong = (tags: "*" | readonly EntityTag[], strongly: boolean): boolean => {
    if (tag === undefined) return false;
    if (tags === "*") return true;
    return tags.some((one) => one.opaque === tag.opaque && !(strongly && (one.weak || tag.weak)));
  };
  if (meant.match !== undefined) {
    if (!isAmong(meant.match, true)) return "failed";
  } else if (meant.unmodifiedSince !== undefined && modified !== undefined) {
    if (modified > meant.unmodifiedSince) return "failed";
  }
  if (meant.noneMatch !== undefined) {
    if (isAmong(meant.noneMatch, false)) return isRead ? "not-modified" : "failed";
  } else if (isRead && meant.modifiedSince !== undefined && modified !== undefined) {
    if (modified <= meant.modifiedSince) return "not-modified";
  }
  if (method !== "GET" || !meant.range) return "proceed";
  const { rangeIf } = meant;
  if (rangeIf === undefined) return "partial";
  if (typeof rangeIf === "number") {
    const isStrong = has.lastModifiedIsStrong === true;
    return isStrong && rangeIf === modified ? "partial" : "proceed";
  }
  return isAmong([rangeIf], true) ? "partial" : "proceed";
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

describe("the order of conditions (RFC 9110 §13.2.2)", () => {
  const tag = fc.record({ weak: fc.boolean(), opaque: fc.constantFrom("a", "b", "a,b", "") });
  const tags = fc.oneof(fc.constant("*" as const), fc.array(tag, { minLength: 1, maxLength: 3 }));
  const seconds = fc.integer({ min: changed - 2, max: changed + 2 });
  const conditions = fc.record({
    match: maybe(tags),
    unmodifiedSince: maybe(seconds),
    noneMatch: maybe(tags),
    modifiedSince: maybe(seconds),
    range: fc.boolean(),
    rangeIf: maybe(fc.oneof(tag, seconds)),
  });
  const validators: fc.Arbitrary<Validators> = fc.oneof(
    fc.constant(nothing),
    fc.record({ entityTag: tag }),
    fc.record({
      entityTag: tag,
      lastModifiedSeconds: seconds,
      lastModifiedIsStrong: fc.boolean(),
    }),
  );
  const methods = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "get");

  test("is that of the model, whatever the request and the representation", () => {
    const property = fc.property(methods, conditions, validators, (method, meant, has) => {
      const verdict = weigh(method, fieldsOf(...linesOf(meant)), has, now);
      const kind = verdict.kind === "proceed" && verdict.range ? "partial" : verdict.kind;
      expect(kind).toBe(model(method, meant, has));
    });
    fc.assert(property, { numRuns: 5000 });
  });

  test.each([
    ["a tag that matches stands before a date that fails", ["If-Match", '"a,b"'], "proceed"],
    ["a tag that fails is not helped by a date", ["If-Match", '"x"'], "failed"],
  ] as const)("%s (steps 1 and 2)", (_what, line, kind) => {
    const fields = fieldsOf(line, ["If-Unmodified-Since", before]);
    expect(weigh("GET", fields, stored, now).kind).toBe(kind);
  });

  test.each([
    ["PUT", ["If-Match", '"x"'], stored, "If-Match is false: it has none of these tags"],
    ["GET", ["If-Match", "*"], {}, "If-Match is false: nothing is there"],
    ["PUT", ["If-None-Match", "*"], stored, "If-None-Match: * is false: it is there"],
    ["PUT", ["If-None-Match", '"a,b"'], stored, "If-None-Match is false: it has this tag"],
    [
      "PUT",
      ["If-Unmodified-Since", before],
      stored,
      "If-Unmodified-Since is false: it has changed since",
    ],
  ] as const)("says which condition is false: %s with %j", (method, line, has, reason) => {
    expect(weigh(method, fieldsOf(line), has, now)).toEqual({ kind: "failed", reason });
  });

  test("a malformed If-None-Match still stands before a date (step 4)", () => {
    const fields = fieldsOf(["If-None-Match", "a,b"], ["If-Modified-Since", date]);
    expect(weigh("GET", fields, stored, now).kind).toBe("proceed");
  });

  test("If-Modified-Since says nothing of a POST", () => {
    const fields = fieldsOf(["If-Modified-Since", date]);
    expect(weigh("POST", fields, stored, now).kind).toBe("proceed");
  });
});

describe("a GET that asks for the whole", () => {
  test.each([
    ["If-Match", false],
    ["If-None-Match", false],
    ["If-Unmodified-Since", false],
    ["If-Modified-Since", false],
    ["If-Range", false],
    ["Range", false],
    ["Accept", true],
  ])("with %s: %p", (name, asks) => {
    expect(asksForWhole(fieldsOf([name, "x"]))).toBe(asks);
  });
});

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
    // §13.1.4: ignored beside If-Match.
    [
      "by If-Unmodified-Since beside If-Match",
      false,
      ["If-Match", "*"],
      ["If-Unmodified-Since", date],
    ],
    ["by If-Range with a date", true, ["Range", "bytes=0-1"], ["If-Range", date]],
    ["whatever the letters' case", true, ["IF-MODIFIED-SINCE", date]],
  ])("%s: %p", (_what, depends, ...lines) => {
    expect(dependsOnTime(fieldsOf(...lines))).toBe(depends);
  });
});

/** Absent in every other case. */
const perhaps = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
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
      perhaps(tags.map((value): Line => ["If-Match", value])),
      perhaps(dates.map((value): Line => ["If-Unmodified-Since", value])),
      perhaps(tags.map((value): Line => ["If-None-Match", value])),
      perhaps(dates.map((value): Line => ["If-Modified-Since", value])),
      perhaps(fc.constant<Line>(["Range", "bytes=0-1"])),
      perhaps(fc.oneof(tags, dates).map((value): Line => ["If-Range", value])),
    )
    .map((all) => all.filter((line) => line !== undefined));
  /** What may be known of one representation, at one time and at another. */
  const moment = fc.record({
    askedAt: fc.integer({ min: changed - 2, max: changed + 200 * 366 * 86_400 }),
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
        const [one, other] = moments.map(({ askedAt, ...dated }) => {
          const validators: Validators = { entityTag, ...dated };
          return weigh(method, fields, validators, askedAt);
        });
        expect(one).toEqual(other);
      },
    );
    fc.assert(property, { numRuns: 5000 });
    expect(compared).toBeGreaterThan(500);
  });
});
