import { afterAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";

import { isReadOnce, readNamedFile } from "../../src/system/named-file.ts";
import { TempSite } from "../temp-site.ts";

describe("a file that was named", () => {
  const site = new TempSite("empty");
  afterAll(() => site[Symbol.dispose]());
  site.file("octets", "\u00e9\0");

  test("is read whole, octet by octet", () => {
    const read = readNamedFile(`${site.root}/octets`);
    expect(read.ok && [...read.value]).toEqual([0xc3, 0xa9, 0]);
  });

  test("is read once only where it is a pipe or a device, through links, too", () => {
    expect(Bun.spawnSync(["mkfifo", site.at("pipe")]).exitCode).toBe(0);
    symlinkSync("pipe", site.at("link"));
    symlinkSync("octets", site.at("to-octets"));
    expect([site.at("pipe"), site.at("link"), "/dev/null"].map(isReadOnce)).toEqual([
      true,
      true,
      true,
    ]);
    for (const name of ["octets", "to-octets", "missing", "octets/inside", "", "x".repeat(300)]) {
      expect(isReadOnce(site.at(name))).toBe(false);
    }
  });

  test.each([
    ["/missing", "no such file"],
    ["/octets/inside", "no such file"],
    ["", "a folder, not a file"],
    [`/${"x".repeat(300)}`, "ENAMETOOLONG"],
  ])("at %p is refused with a reason: %s", (path, reason) => {
    expect(readNamedFile(site.root + path)).toEqual({ ok: false, error: reason });
  });
});
