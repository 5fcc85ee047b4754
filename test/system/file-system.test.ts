import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import {
  closeDescriptor,
  lookAt,
  lookAtEach,
  lookInto,
  openForListing,
  openForReading,
  readAt,
  readEntries,
  readLink,
  realPath,
  tryListing,
  tryReading,
} from "../../src/system/file-system.ts";
import { errorNumber } from "../../src/system/system-calls.ts";
import { TempTree } from "../tree/temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

temp.file("folder/a.txt", "12");
temp.file("folder/b.txt", "123");
temp.link("folder/link", "a.txt");
temp.link("to-folder", "folder");

/** The value of a result, or its error. */
const valueOf = <Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false; error: string },
): Value | string => (result.ok ? result.value : result.error);

describe("a look", () => {
  test("answers with a stat of its own, or with the error's name", () => {
    const [one, other] = [lookAt(temp.at("folder/a.txt")), lookAt(temp.at("folder/b.txt"))];
    expect([one, other].map((stat) => stat.ok && stat.value.size)).toEqual([2, 3]);
    expect(valueOf(lookAt(temp.at("missing")))).toBe("ENOENT");
    expect(valueOf(lookAt(temp.at("folder/a.txt/x")))).toBe("ENOTDIR");
  });

  test("at a link sees the link", () => {
    const stat = lookAt(temp.at("folder/link"));
    expect(stat.ok && stat.value.type).toBe("link");
  });

  test("at several names in a folder sees each as by its path", () => {
    const names = ["b.txt", "missing", "link", "a.txt"];
    const seen = lookAtEach(`${temp.at("folder")}/`, names);
    expect(seen.map((stat) => stat && [stat.type, stat.size])).toEqual([
      ["file", 3],
      undefined,
      ["link", 5],
      ["file", 2],
    ]);
    expect(lookAtEach(`${temp.at("missing")}/`, names)).toEqual(names.map(() => undefined));
    expect(lookAtEach(`${temp.at("folder")}/`, [])).toEqual([]);
  });

  test("into what is open sees the file that was opened", () => {
    temp.file("open.txt", "old");
    const fd = valueOf(openForReading(temp.at("open.txt"))) as number;
    fs.renameSync(temp.at("open.txt"), temp.at("renamed.txt"));
    temp.file("open.txt", "another");
    const stat = lookInto(fd);
    expect(stat.ok && stat.value.size).toBe(3);
    closeDescriptor(fd);
    expect(valueOf(lookInto(2 ** 30))).toBe("EBADF");
  });
});

describe("reading", () => {
  test("gives the octets at a position, or the error's number", () => {
    const fd = valueOf(openForReading(temp.at("folder/b.txt"))) as number;
    const room = new Uint8Array(8);
    expect(readAt(fd, room, 1)).toBe(2);
    expect([...room.subarray(0, 2)]).toEqual([0x32, 0x33]);
    expect(readAt(fd, room, 3)).toBe(0);
    expect(readAt(fd, new Uint8Array(0), 0)).toBe(0);
    closeDescriptor(fd);
    expect(readAt(2 ** 30, room, 0)).toBe(-errorNumber.EBADF);
  });

  test("doesn't begin at a link", () => {
    expect(valueOf(openForReading(temp.at("folder/link")))).toBe("ELOOP");
    expect(valueOf(readLink(temp.at("folder/link")))).toBe("a.txt");
    expect(valueOf(readLink(temp.at("folder/a.txt")))).toBe("EINVAL");
    expect(valueOf(realPath(temp.at("to-folder/link")))).toBe(temp.at("folder/a.txt"));
    expect(valueOf(realPath(temp.at("missing")))).toBe("ENOENT");
  });
});

describe("the entries of a folder", () => {
  test("have names and types, in no order", () => {
    const entries = readEntries(temp.at("folder"));
    expect(entries.ok && entries.value.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "a.txt", type: "file" },
      { name: "b.txt", type: "file" },
      { name: "link", type: "link" },
    ]);
    expect(valueOf(readEntries(temp.at("folder/a.txt")))).toBe("ENOTDIR");
    expect(valueOf(readEntries(temp.at("missing")))).toBe("ENOENT");
  });

  test("can be read where the process may read them", () => {
    expect(tryReading(temp.at("folder/a.txt"))).toBeUndefined();
    expect(tryReading(temp.at("missing"))).toBe("ENOENT");
  });

  test("can be listed where the folder can be opened, by a link as well", () => {
    for (const name of ["folder", "to-folder"]) {
      expect(tryListing(temp.at(name))).toBeUndefined();
      closeDescriptor(valueOf(openForListing(temp.at(name))) as number);
    }
    expect(tryListing(temp.at("folder/a.txt"))).toBe("ENOTDIR");
    expect(tryListing(temp.at("missing"))).toBe("ENOENT");
  });
});
