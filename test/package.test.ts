import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { layOut } from "../bundle.ts";
import about from "../package.json";
import { Command } from "./cli/command.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
site.file("a.txt", "a".repeat(2000));
site.file("a.flv", "rare");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-package-")));
const program = join(folder, "bin/postern.ts");
const bundle = join(folder, "dist/postern.js");

beforeAll(async () => {
  await layOut(folder);
  symlinkSync(join(import.meta.dir, "../node_modules"), join(folder, "node_modules"));
});
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** The package's command, run in the site. */
function run(words: readonly string[], environment: Record<string, string> = {}): Command {
  return new Command(words, environment, site.root, program);
}

async function portOf(command: Command): Promise<number> {
  return (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
}

describe("the package", () => {
  test("runs from its bundle, by the bytecode that was made for it", async () => {
    await using command = run(["--port", "0", "--ready", "json", "--quiet"], {
      BUN_JSC_verboseDiskCache: "1",
    });
    const origin = `http://127.0.0.1:${await portOf(command)}`;
    const answer = await fetch(`${origin}/a.txt`, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(await answer.text()).toBe("a".repeat(2000));
    const rare = await fetch(`${origin}/a.flv`);
    expect(rare.headers.get("content-type")).toBe("video/x-flv");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toContain("Cache hit");
  });

  test("finds what is beside its bundle: the configuration's thread, the workers", async () => {
    site.file("postern.config.ts", "export default { workers: 2 };");
    await using command = run(["--port", "0", "--ready", "json", "--quiet"]);
    const answer = await fetch(`http://127.0.0.1:${await portOf(command)}/a.txt`);
    expect(await answer.text()).toBe("a".repeat(2000));
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("names no place that it hasn't got, and none of where it was made", async () => {
    const text = readFileSync(bundle, "utf8");
    const places = text.matchAll(
      /new URL\("(\.[^"]+)",Bun\.pathToFileURL\(Bun\.main\+"([^"]+)"\)\.href\)/g,
    );
    const programs = Array.from(places, ([, name = "", place = ""]) =>
      relative(folder, fileURLToPath(new URL(name, pathToFileURL(program + place)))),
    );
    expect(programs.toSorted()).toEqual([
      "src/cli/config/config-worker.ts",
      "src/cli/workers/worker.ts",
      "src/site/variants/zlib-worker.ts",
    ]);
    const map = (await Bun.file(`${bundle}.map`).json()) as { readonly sources: string[] };
    const sources = map.sources.map((name) => relative(folder, join(folder, "dist", name)));
    expect(sources).toContain("src/cli/main.ts");
    for (const name of [...programs, ...sources]) {
      expect([name, existsSync(join(folder, name))]).toEqual([name, true]);
    }
    expect(text).not.toContain(folder);
    expect(text).not.toContain(join(import.meta.dir, ".."));
  });

  test("checks", async () => {
    const script = join(folder, "fixtures/wire/fetch-cors/without.wire");
    await using command = run(["check", script, "--no-replay"]);
    expect(await command.status).toBe(0);
  });

  test("gives its sources to a program that imports it", () => {
    const { exports, files } = about;
    expect(exports["."]).toBe("./index.ts");
    expect(existsSync(join(folder, exports["."]))).toBe(true);
    expect(files.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });

  test("without its bundle runs its sources, and says what is broken in one", async () => {
    rmSync(bundle);
    await using sources = run(["--version"]);
    expect(await sources.line()).toBe(about.version);
    expect(await sources.status).toBe(0);
    await Bun.write(bundle, 'require("nothing-by-this-name");');
    await using broken = run(["--version"]);
    expect(await broken.status).toBe(1);
    expect(await broken.stderr).toContain("nothing-by-this-name");
  });
});
