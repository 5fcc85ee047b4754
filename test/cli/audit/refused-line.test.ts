import { afterAll, describe, expect, test } from "bun:test";
import { join, relative } from "node:path";

import { refusedLine } from "../../../src/cli/audit/refused-line.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("a.html", "a", 0o600);
site.file("docs/b.html", "b", 0o600);

describe("the line about refused files", () => {
  test("counts those of every folder that is served, and audits the same", async () => {
    const docs = site.at("docs");
    expect(await refusedLine({ mounts: { "/m": docs } })).toBe(
      `1 file is refused to visitors: postern audit /m=${docs}\n`,
    );
    expect(await refusedLine({ root: site.root, mounts: { "/m": docs } })).toBe(
      `3 files are refused to visitors: postern audit ${site.root} /m=${docs}\n`,
    );
    const limits = { refusedCountEntriesMax: 2 };
    expect(await refusedLine({ root: site.root, limits })).toMatch(/^[12] or more files are /);
  });

  test("names the program by its file where a checkout runs", async () => {
    const index = join(import.meta.dir, "../../../index.ts");
    const root = site.at("docs");
    expect(await refusedLine({ root }, index)).toBe(
      `1 file is refused to visitors: bun run ${relative("", index)} audit ${root}\n`,
    );
    expect(await refusedLine({ root }, "/usr/lib/postern/bin/postern.js")).toBe(
      `1 file is refused to visitors: postern audit ${root}\n`,
    );
  });

  test("is absent where nothing is refused, and where nothing can be served", async () => {
    expect(await refusedLine({ root: site.at("docs"), permissions: "process" })).toBeUndefined();
    expect(await refusedLine({ root: site.at("nothing") })).toBeUndefined();
  });

  test("has the options that change what is refused, as a shell reads them", async () => {
    site.file("a b/.c.html", "c", 0o600);
    const line = await refusedLine({
      root: site.at("a b"),
      base: "/app/",
      hidden: true,
      symlinks: "follow",
      permissions: "other",
      index: "",
      explain: true,
    });
    const words = `'${site.at("a b")}' --base /app/ --hidden --symlinks follow --index ''`;
    expect(line).toBe(`1 file is refused to visitors: postern audit ${words}\n`);
  });
});
