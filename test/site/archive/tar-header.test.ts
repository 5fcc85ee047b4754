import { describe, expect, test } from "bun:test";

import { latin1Text } from "../../../src/http/octets/bytes.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../src/site/archive/tar-header.ts";

type TarEntry = Parameters<typeof tarHeader>[0];

const seconds = 0o14567012345;

function entry(changes: Partial<TarEntry> = {}): TarEntry {
  const mtimeMs = seconds * 1000 + 999;
  return {
    kind: "file",
    names: ["a", "b.txt"],
    permissionBits: 0o640,
    mtimeMs,
    size: 9,
    ...changes,
  };
}

/** The text of a field up to its NUL. */
function field(block: Uint8Array, start: number, length: number): string {
  return latin1Text(block, start, start + length).replace(/\0.*$/s, "");
}

const nameOf = (block: Uint8Array): string => field(block, 0, 100);
const prefixOf = (block: Uint8Array): string => field(block, 345, 155);

/** The records of the pax header in front of `header`, each checked to be as long as it says. */
function paxOf(header: Uint8Array): Readonly<Record<string, string>> {
  if (header.length === 512) return {};
  expect(field(header, 156, 1)).toBe("x");
  const size = Number.parseInt(field(header, 124, 12), 8);
  let text = new TextDecoder("latin1").decode(header.subarray(512, 512 + size));
  const records: Record<string, string> = {};
  while (text !== "") {
    const length = Number.parseInt(text, 10);
    const [, key = "", value = ""] = /^\d+ ([^=]+)=(.*)\n$/s.exec(text.slice(0, length)) ?? [];
    records[key] = value;
    text = text.slice(length);
  }
  return records;
}

describe("the header of a tar archive (POSIX pax, ustar)", () => {
  test("is one block with all fields, and nothing of the machine's accounts", () => {
    const block = tarHeader(entry());
    expect(block).toHaveLength(512);
    expect(nameOf(block)).toBe("a/b.txt");
    expect(latin1Text(block, 100, 148)).toBe(
      "0000640\x000000000\x000000000\x0000000000011\x0014567012345\0",
    );
    expect(field(block, 156, 1)).toBe("0");
    expect(latin1Text(block, 257, 265)).toBe("ustar\x0000");
    expect(latin1Text(block, 265, 345)).toBe(`${"\0".repeat(64)}0000000\x000000000\0`);
  });

  test("has the sum of its octets, its own field taken as spaces", () => {
    const block = tarHeader(entry());
    const told = Number.parseInt(field(block, 148, 8), 8);
    block.fill(0x20, 148, 156);
    expect(told).toBe(block.reduce((sum, octet) => sum + octet, 0));
  });

  test("of a folder has its type, and a slash at the end of its name", () => {
    const block = tarHeader(entry({ kind: "folder", names: ["a", "b"], size: 0 }));
    expect([field(block, 156, 1), nameOf(block)]).toEqual(["5", "a/b/"]);
  });

  test("divides a path of up to 255 octets where there is a slash for it", () => {
    const whole = tarHeader(entry({ names: ["x".repeat(49), "y".repeat(50)] }));
    expect([nameOf(whole).length, prefixOf(whole), whole.length]).toEqual([100, "", 512]);
    const divided = tarHeader(entry({ names: ["p".repeat(155), "n".repeat(100)] }));
    expect([prefixOf(divided), nameOf(divided)]).toEqual(["p".repeat(155), "n".repeat(100)]);
    expect(paxOf(divided)).toEqual({});
    const folder = tarHeader(entry({ kind: "folder", names: ["p".repeat(60), "n".repeat(99)] }));
    expect([prefixOf(folder), nameOf(folder)]).toEqual(["p".repeat(60), `${"n".repeat(99)}/`]);
  });

  test.each([
    ["a name that is too long", ["a".repeat(101)]],
    ["a path that can't be divided", ["p".repeat(156), "n".repeat(50)]],
    ["a path with a long name behind a short one", ["p", "n".repeat(200)]],
  ])("has %s in a pax header", (_what, names) => {
    const header = tarHeader(entry({ names }));
    expect(header).toHaveLength(512 + 512 + 512);
    expect(paxOf(header)).toEqual({ path: names.join("/") });
    expect(nameOf(header.subarray(1024))).toBe(names.join("/").slice(0, 100));
  });

  test("has a length of a pax record that counts its own digits", () => {
    for (let length = 101; length < 255; length++) {
      expect(paxOf(tarHeader(entry({ names: ["n".repeat(length)] })))["path"]).toHaveLength(length);
    }
    const deep = Array.from({ length: 5 }, () => "d".repeat(250));
    expect(paxOf(tarHeader(entry({ names: deep })))["path"]).toBe(deep.join("/"));
  });

  test("says that a name is UTF-8, or that it is mere octets", () => {
    expect(paxOf(tarHeader(entry({ names: ["ü"] })))).toEqual({ path: "Ã¼" });
    const short = tarHeader(entry({ names: ["\udcfc"] }));
    expect([short.length, nameOf(short)]).toEqual([512, "ü"]);
    expect(paxOf(tarHeader(entry({ names: ["\udcfc".repeat(101)] })))).toEqual({
      hdrcharset: "BINARY",
      path: "ü".repeat(101),
    });
  });

  test("has a size from 8 GiB on in a pax header", () => {
    const largest = tarHeader(entry({ size: 8 * 2 ** 30 - 1 }));
    expect([field(largest, 124, 12), largest.length]).toEqual(["77777777777", 512]);
    expect(paxOf(tarHeader(entry({ size: 8 * 2 ** 30 })))).toEqual({ size: "8589934592" });
  });

  test("has a time before 1970, or far ahead, in a pax header, and 1970 for none", () => {
    expect(paxOf(tarHeader(entry({ mtimeMs: -1 })))).toEqual({ mtime: "-1" });
    expect(paxOf(tarHeader(entry({ mtimeMs: 2 ** 33 * 1000 })))).toEqual({ mtime: "8589934592" });
    expect(field(tarHeader(entry({ mtimeMs: undefined })), 136, 12)).toBe("00000000000");
  });

  test("is followed by content in whole blocks, and the archive by two of zeros", () => {
    expect([0, 1, 511, 512, 513].map(tarPadding)).toEqual([0, 511, 1, 0, 511]);
    expect(tarEnd).toEqual(new Uint8Array(1024));
  });
});
