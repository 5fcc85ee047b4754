import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { ContentFile } from "../../../src/tree/memory/content-file.ts";

describe("a file in memory", () => {
  const file = new ContentFile("a.txt", utf8Bytes("hello"), 1000);

  test("says what it is", () => {
    expect(file).toMatchObject({ name: "a.txt", size: 5, mtimeMs: 1000 });
    expect(file.mediaType).toBe("text/plain; charset=utf-8");
    expect([file.isUnchanged(), file.isIntact()]).toEqual([true, true]);
  });

  test("has the permission bits of its mode", () => {
    expect(file.permissionBits).toBe(0o644);
    expect(new ContentFile("b", utf8Bytes(""), 0, 0o106711).permissionBits).toBe(0o711);
  });

  test("is read anywhere, up to its end", () => {
    const into = new Uint8Array(3);
    expect([file.read(into, 0), new TextDecoder().decode(into)]).toEqual([3, "hel"]);
    expect([file.read(into, 3), new TextDecoder().decode(into)]).toEqual([2, "lol"]);
    expect(file.read(into, 5)).toBe(0);
    expect(file.read(into, 500)).toBe(0);
  });

  test("is never copied as a whole", () => {
    expect(file.readAll()).toBe(file.content);
  });

  test("has a version that changes with its octets and with nothing else", () => {
    expect(new ContentFile("b.txt", utf8Bytes("hello"), 2000).version).toBe(file.version);
    expect(new ContentFile("a.txt", utf8Bytes("hellO"), 1000).version).not.toBe(file.version);
  });

  test("keeps what follows from it for as long as it is there", () => {
    file.slot.value = "something";
    expect(file.slot.value).toBe("something");
    file.close();
    expect(file.content.length).toBe(5);
  });
});
