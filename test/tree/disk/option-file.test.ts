import { afterAll, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";

import { readOptionFile } from "../../../src/tree/disk/option-file.ts";
import { TempSite } from "../../temp-site.ts";

const folder = new TempSite("empty");
folder.file("a", "abc", 0o600);
folder.file("empty", "");
symlinkSync("a", folder.at("link"));
symlinkSync("none", folder.at("dangling"));
afterAll(() => folder[Symbol.dispose]());

/** What is read of `name`, as text, or why it isn't. */
function read(name: string, bytesMax = 3): string {
  const found = readOptionFile(folder.at(name), bytesMax);
  return found.ok ? `"${new TextDecoder().decode(found.value)}"` : found.error;
}

test("a file is read whole, whatever others may do with it, also through a link", () => {
  expect(read("a")).toBe('"abc"');
  expect(read("link")).toBe('"abc"');
  expect(read("empty")).toBe('""');
});

test("what isn't there, no regular file or too long is a reason behind its name", () => {
  expect(read("none")).toBe("no such file");
  expect(read("dangling")).toBe("no such file");
  expect(read(".")).toBe("a folder, not a file");
  expect(read("a", 2)).toBe("has more than 2 bytes");
  const device = readOptionFile("/dev/zero", 3);
  expect(device).toEqual({ ok: false, error: "no regular file" });
});
