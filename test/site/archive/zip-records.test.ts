import { describe, expect, test } from "bun:test";

import type { ZipEntry } from "../../../src/site/archive/zip-records.ts";
import {
  centralHeader,
  dataDescriptor,
  endRecords,
  localHeader,
  noContent,
  zipMethods,
} from "../../../src/site/archive/zip-records.ts";
import { entryName } from "../../../src/site/archive/entry-name.ts";

const large = 5 * 2 ** 30;
const content = { checksum: 0x12345678, packedOctets: 7, octets: 9 };

function entry(changes: Partial<ZipEntry> = {}): ZipEntry {
  return {
    name: entryName(["a"], "file"),
    kind: "file",
    permissionBits: 0o640,
    mtimeMs: Date.UTC(2024, 1, 29, 12, 34, 57),
    method: zipMethods.deflated,
    isStreamed: false,
    isLarge: false,
    ...changes,
  };
}

const hex = (octets: Uint8Array): string => octets.toHex();

/** 2024-02-29 12:34:57 as MS-DOS writes it: 28 for 57 s, and 44 for 2024. */
const dos = "5c645d58";
/** The same as an extended timestamp. */
const stamp = "5554050001f179e065";

describe("the records of a zip archive (APPNOTE.TXT)", () => {
  test("a local header has name, time, checksum and sizes (§4.3.7)", () => {
    expect(hex(localHeader(entry(), content))).toBe(
      `504b0304140000080800${dos}7856341207000000090000000100090061${stamp}`,
    );
  });

  test("one of a streamed entry has neither checksum nor sizes (§4.4.4, bit 3)", () => {
    expect(hex(localHeader(entry({ isStreamed: true }), content))).toBe(
      `504b0304140008080800${dos}0000000000000000000000000100090061${stamp}`,
    );
    expect(hex(dataDescriptor(entry({ isStreamed: true }), content))).toBe(
      "504b0708785634120700000009000000",
    );
  });

  test("one of a large streamed entry says that its descriptor has 64 bits (§4.3.9.2)", () => {
    const streamed = entry({ isStreamed: true, isLarge: true });
    expect(hex(localHeader(streamed, noContent))).toBe(
      `504b03042d0008080800${dos}00000000ffffffffffffffff01001d0061010010${"00".repeat(17)}${stamp}`,
    );
    expect(hex(dataDescriptor(streamed, { ...content, octets: large }))).toBe(
      "504b07087856341207000000000000000000004001000000",
    );
  });

  test("a central header has mode and offset as well (§4.3.12)", () => {
    expect(hex(centralHeader(entry(), content, 0x99))).toBe(
      `504b01022d03140000080800${dos}785634120700000009000000010009000000000000000000a0819900000061${stamp}`,
    );
  });

  test("a folder is marked for Unix and for MS-DOS", () => {
    const folder = entry({ kind: "folder", permissionBits: 0o755, method: zipMethods.stored });
    const header = new DataView(centralHeader(folder, noContent, 0).buffer);
    expect(header.getUint32(38, true)).toBe(0o040755 * 0x10000 + 0x10);
  });

  test.each([
    ["no value", content, 1, ""],
    ["the size", { ...content, octets: large }, 1, "010008000000004001000000"],
    ["the offset", content, 2 ** 32 - 1, "01000800ffffffff00000000"],
    [
      "all three, in their order",
      { ...content, octets: large, packedOctets: large + 1 },
      large + 2,
      "01001800000000400100000001000040010000000200004001000000",
    ],
  ])("of a central header ZIP64 holds %s (§4.5.3)", (_which, found, offset, extra) => {
    const header = centralHeader(entry(), found, offset);
    expect(hex(header.subarray(47, header.length - 9))).toBe(extra);
    expect(header[6]).toBe(extra === "" ? 20 : 45);
  });

  test("a name that isn't UTF-8 is not said to be (§4.4.4, bit 11)", () => {
    const octets = localHeader(entry({ name: entryName(["\udcfc"], "file") }), content);
    expect([octets[7], octets[30]]).toEqual([0, 0xfc]);
  });

  test.each([
    ["1979 is the first day that there is", Date.UTC(1979, 11, 31), "00002100"],
    ["2108 is the last", Date.UTC(2108, 0, 1), "7dbf9fff"],
    ["no date is the first, too", undefined, "00002100"],
  ])("of MS-DOS' dates %s (§4.4.6)", (_what, mtimeMs, date) => {
    expect(hex(localHeader(entry({ mtimeMs }), content).subarray(10, 14))).toBe(date);
  });

  test("a time that 32 bits can't hold has no timestamp", () => {
    expect(localHeader(entry({ mtimeMs: 2 ** 31 * 1000 }), content)).toHaveLength(31);
    expect(localHeader(entry({ mtimeMs: undefined }), content)).toHaveLength(31);
    expect(localHeader(entry({ mtimeMs: (2 ** 31 - 1) * 1000 }), content)).toHaveLength(40);
    expect(localHeader(entry({ mtimeMs: -1000 }), content)).toHaveLength(40);
  });

  test("the end has count, size and offset (§4.3.16)", () => {
    expect(hex(endRecords(2, 0x30, 0x99))).toBe("504b0506000000000200020030000000990000000000");
  });

  test.each([
    ["as many entries as 16 bits hold", 65_535, 10, 10, "ffffffff0a0000000a000000"],
    ["a directory of 4 GiB", 1, 2 ** 32, 10, "01000100ffffffff0a000000"],
    ["an offset of 4 GiB", 1, 10, 2 ** 32, "010001000a000000ffffffff"],
  ])("%s need the end of ZIP64 and its locator (§4.3.14)", (_what, count, octets, offset, end) => {
    const records = endRecords(count, octets, offset);
    const view = new DataView(records.buffer);
    const double = (at: number): number => Number(view.getBigUint64(at, true));
    expect(hex(records.subarray(0, 4))).toBe("504b0606");
    expect([24, 32, 40, 48].map(double)).toEqual([count, count, octets, offset]);
    expect(hex(records.subarray(56, 64))).toBe("504b060700000000");
    expect([double(64), view.getUint32(72, true)]).toEqual([offset + octets, 1]);
    expect(hex(records.subarray(76))).toBe(`504b050600000000${end}0000`);
  });

  test("65,534 entries don't", () => {
    expect(endRecords(65_534, 10, 10)).toHaveLength(22);
  });
});
