import { describe, expect, test } from "bun:test";

import { Slot } from "../../../src/base/slot.ts";
import { bytes } from "../../../src/base/units.ts";
import type { RowFormat } from "../../../src/site/listing/listing-rows.ts";
import { ListingRows } from "../../../src/site/listing/listing-rows.ts";
import type { ListingPart, ListingStep } from "../../../src/tree/tree.ts";

const format: RowFormat = {
  renderEntries: (entries) => entries.map(({ name }) => `${name}\n`).join(""),
};

/** A part with an entry for each of `names`, one a step, and how often it has been read. */
function partOf(names: readonly string[]): ListingPart & { reads: number } {
  const step = (name: string): ListingStep => ({
    found: names.length,
    entries: [{ name, kind: "file", size: 0, mtimeMs: 0 }],
    work: 3,
  });
  const part = {
    reads: 0,
    read: (): Iterator<ListingStep, void, void> => {
      part.reads++;
      return names.map(step).values();
    },
    slot: new Slot(),
    wholeSlot: new Slot(),
  };
  return part;
}

/** Makes all rows of `part`. */
function made(rows: ListingRows, part: ListingPart): string {
  const own = rows.of(part, format);
  while (!own.isDone) own.advance();
  rows.keep(part, format, own);
  return Buffer.from(own.octets).toString();
}

describe("the rows of a part", () => {
  test("are made by all listings that have it, together and once", () => {
    const rows = new ListingRows(bytes(10_000));
    const part = partOf(["a", "b", "c"]);
    const [one, two] = [rows.of(part, format), rows.of(part, format)];
    expect(one.advance()).toBe(3);
    expect(two.advance()).toBe(3);
    expect(made(rows, part)).toBe("a\nb\nc\n");
    expect(made(rows, part)).toBe("a\nb\nc\n");
    expect(rows.of(part, format).count).toBe(3);
    expect(rows.of(part, format).advance()).toBe(0);
    expect(part.reads).toBe(1);
  });

  test("are made for each format, and each is counted", () => {
    const rows = new ListingRows(bytes(10_000));
    const shout: RowFormat = {
      renderEntries: (entries) => entries.map(({ name }) => name.toUpperCase()).join(""),
    };
    const part = partOf(["a", "b"]);
    expect(made(rows, part)).toBe("a\nb\n");
    const own = rows.of(part, shout);
    while (!own.isDone) own.advance();
    rows.keep(part, shout, own);
    expect(Buffer.from(own.octets).toString()).toBe("AB");
    expect(made(rows, part)).toBe("a\nb\n");
    expect(part.reads).toBe(2);
    expect(rows.bytes).toBe(2 * 512 + 4 + 2);
  });

  test("are made again when there is no room to keep them", () => {
    const rows = new ListingRows(bytes(1000));
    const [one, two] = [partOf(["a"]), partOf(["b"])];
    made(rows, one);
    expect(rows.bytes).toBe(514);
    made(rows, two);
    expect(rows.bytes).toBe(514);
    expect(made(rows, one)).toBe("a\n");
    expect(one.reads).toBe(2);
    expect(two.reads).toBe(1);
  });
});
