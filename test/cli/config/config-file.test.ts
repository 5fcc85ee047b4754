import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { dirname } from "node:path";

import { defaultLimits } from "../../../src/base/limits.ts";
import { readConfigFile } from "../../../src/cli/config/config-file.ts";
import { ConfigFolder } from "./config-folder.ts";

/** What is wrong with the file at `path`, or "accepted". */
async function complaintAbout(path: string): Promise<string> {
  const read = await readConfigFile(path);
  return read.ok ? "accepted" : read.error.replaceAll(dirname(path), "…");
}

describe("a JSON file", () => {
  test("is read, and its root is relative to it", async () => {
    using folder = new ConfigFolder();
    const path = folder.write("conf/my.json", '\ufeff{ "root": "../site", "cache": 60 }');
    const read = await readConfigFile(path);
    expect(read).toEqual({ ok: true, value: { root: folder.at("site"), cache: 60 } });
    folder.write("conf/my.json", "{}");
    expect(await readConfigFile(path)).toEqual({ ok: true, value: {} });
  });

  test.each<readonly [content: string, line: string]>([
    [
      '{"cache":"soon"}',
      ': cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
    ],
    ["[]", ": expected an object, got a list"],
    ["", ": malformed JSON: Unexpected EOF"],
    ['{"cache":', ": malformed JSON: Unexpected EOF"],
    ['{"cache":5', ": malformed JSON: Expected '}'"],
  ])("%p is told in a line", async (content, line) => {
    using folder = new ConfigFolder();
    expect(await complaintAbout(folder.write("my.json", content))).toBe(`…/my.json${line}`);
  });

  test("may be a pipe, of any name", async () => {
    using folder = new ConfigFolder();
    const path = folder.at("pipe");
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    const writer = Bun.spawn(["sh", "-c", `echo '{ "root": "site" }' > "$0"`, path]);
    expect(await readConfigFile(path)).toEqual({ ok: true, value: { root: folder.at("site") } });
    expect(await writer.exited).toBe(0);
  });

  test("that isn't there, or is a folder, is told in a line", async () => {
    using folder = new ConfigFolder();
    expect(await complaintAbout(folder.at("my.json"))).toBe("…/my.json: no such file");
    expect(await complaintAbout(folder.at("my.ts"))).toBe("…/my.ts: no such file");
    folder.write("my.json/inner", "");
    expect(await complaintAbout(folder.at("my.json"))).toBe("…/my.json: a folder, not a file");
  });
});

describe("a TypeScript file", () => {
  test("is run where postern isn't installed, with what it imports", async () => {
    using folder = new ConfigFolder();
    folder.write("seconds.ts", "enum Time { hour = 3600 }\nexport const hour: number = Time.hour;");
    const path = folder.write(
      "my.config.ts",
      `import { defaultLimits, defineConfig } from "postern";
       import type { Config } from "postern";
       import { hour } from "./seconds.ts";
       const bodyBytesMax = defaultLimits.bodyBytesMax * 2;
       const config: Config = { root: "site", cache: hour, hidden: undefined };
       export default defineConfig({ ...config, limits: { bodyBytesMax } });`,
    );
    const limits = { bodyBytesMax: defaultLimits.bodyBytesMax * 2 };
    const value = { root: folder.at("site"), cache: 3600, limits };
    expect(await readConfigFile(path)).toEqual({ ok: true, value });
  });

  test("is read anew each time, after whatever mistake, with what it imports", async () => {
    using folder = new ConfigFolder();
    const path = folder.at("my.ts");
    const good = async (cache: number): Promise<void> => {
      folder.write("part.ts", `export const cache = ${cache};`);
      folder.write("my.ts", 'import { cache } from "./part.ts"; export default { cache };');
      expect(await readConfigFile(path)).toEqual({ ok: true, value: { cache } });
    };
    await good(1);
    await good(2);
    folder.write("part.ts", "export const cache = ;");
    expect(await complaintAbout(path)).toEndWith("part.ts:1: Unexpected ;");
    await good(3);
    folder.write("part.ts", "export const other = 5;");
    expect(await complaintAbout(path)).toContain("Export named 'cache' not found");
    await good(4);
    folder.write("part.ts", 'throw new Error("on purpose"); export const cache = 5;');
    expect(await complaintAbout(path)).toBe("…/my.ts: on purpose");
    await good(5);
    rmSync(folder.at("part.ts"));
    expect(await complaintAbout(path)).toMatch(/^…\/my\.ts: .*part\.ts/);
    await good(6);
  });

  test.each<readonly [content: string, line: string]>([
    [
      "export default { cache: 'soon' };",
      ': cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
    ],
    ["export default { root: () => '' };", ": root: expected a folder's path, got a function"],
    [
      "export default { cors: { origins: [Symbol()] } };",
      ': cors.origins[0]: expected an origin, "https://example.com", got a symbol',
    ],
    ["export default { roots() {} };", ": roots: unknown key, did you mean root?"],
    ["export default { cache: NaN };", ": cache: expected a whole number of seconds, got NaN"],
    ["export default () => ({});", ": expected an object, got a function"],
    [
      "const loop = {}; loop.loop = loop; export default { limits: loop };",
      ": limits.loop: unknown key, expected a limit, such as bodyBytesMax",
    ],
    ["export const config = {};", ": expected a default export, got none"],
    ["export default 5;", ": expected an object, got 5"],
    ["\n\nconst a = ;", ":3: Unexpected ;"],
    ['throw new TypeError("one\\ntwo");', ": one"],
    ['await Bun.sleep(1); throw new Error("late");', ": late"],
    ["throw undefined;", ": it threw undefined"],
    ["throw new Error();", ": it threw"],
    ['import "./nowhere.ts";', ": Cannot find module './nowhere.ts'"],
    ["process.exit(7);", ": it ended without a configuration"],
    ['import "nowhere-to-be-found";', ": Cannot find package 'nowhere-to-be-found'"],
    ['setTimeout(() => { throw new Error("aside"); }); await Bun.sleep(5000);', ": aside"],
  ])("%p is told in a line", async (content, line) => {
    using folder = new ConfigFolder();
    expect(await complaintAbout(folder.write("my.ts", content))).toBe(`…/my.ts${line}`);
  });

  test("leaves nothing behind in the server", async () => {
    using folder = new ConfigFolder();
    const content = "globalThis.leak = 1; setInterval(() => {}, 1); export default {};";
    expect(await complaintAbout(folder.write("my.ts", content))).toBe("accepted");
    expect("leak" in globalThis).toBe(false);
  });
});
