import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writePrograms } from "../../build/parts.ts";
import { programFile, threads, workerProcess } from "../../build/programs.ts";

// Everything is bundled before the first test.
setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "postern-parts-"));
let modules: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(async () => {
  modules = await writePrograms(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const threadFiles = threads.map((path) => programFile(path));

/** The modules in the files of one process: all but those of threads. */
function modulesOfProcess(): readonly string[] {
  return [...modules].flatMap(([file, list]) => (threadFiles.includes(file) ? [] : list));
}

/** How code asks for the module at `path`, which lies in `part`. */
function asked(part: string, path: string): string {
  return `require(${JSON.stringify(`./${part}`)}).load("${path}")`;
}

describe("the parts of the package", () => {
  test("name no file that isn't there, and no place where they were made", () => {
    const text = [...modules.keys()]
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n");
    const named = text.matchAll(/new URL\("\.\/([^"]+)",Bun\.pathToFileURL\(partFile\)\)/g);
    const programs = new Set(Array.from(named, ([, name = ""]) => name));
    expect([...programs].toSorted()).toEqual(
      [...threadFiles, programFile(workerProcess)].toSorted(),
    );
    for (const name of programs)
      expect([name, existsSync(join(folder, name))]).toEqual([name, true]);
    expect(text).not.toContain(root);
    expect(text).not.toContain(folder);
  });

  test("have one instance of each module in a process", () => {
    const all = modulesOfProcess();
    expect(all.length).toBeGreaterThan(300);
    expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([]);
    for (const name of all) expect([name, existsSync(join(root, name))]).toEqual([name, true]);
  });

  test("have no more in the first than a start needs", () => {
    const first = modules.get("postern-start.js") ?? [];
    expect(first).toContain("src/cli/main.ts");
    expect(first).toContain("src/http/message/response-builder.ts");
    expect(first.filter((name) => name.startsWith("node_modules/"))).toEqual([]);
    for (const name of ["listing/listing-page", "live/live", "forms/form-digest"]) {
      expect(first).not.toContain(`src/site/${name}.ts`);
      expect(modulesOfProcess()).toContain(`src/site/${name}.ts`);
    }
  });

  test("have in the first no module of the runtime but those that it needs", () => {
    const text = readFileSync(join(folder, "postern-start.js"), "utf8");
    const named = Array.from(text.matchAll(/require\("([^."][^"]*)"\)/g), ([, name = ""]) => name);
    // node:fs is for listings where libc can't be had.
    expect([...new Set(named)].toSorted()).toEqual(["bun:ffi", "fs"]);
  });

  test("ask for a module of another part where they use it", () => {
    const text = readFileSync(join(folder, "postern-start.js"), "utf8");
    expect(text).toContain(`=${asked("often.js", "src/site/listing/listing-content.ts")}`);
    const config = asked("seldom.js", "src/cli/config/config-file.ts");
    expect(text).toContain(`.then(()=>${config})`);
    expect(text).not.toMatch(/exports=require\("\.\/(?!media-types)/);
  });

  test("of a worker's process and of threads have little beside the first", () => {
    expect(modules.get(programFile(workerProcess))).toEqual([workerProcess]);
    expect(modules.get("zlib-worker.js")?.toSorted()).toEqual([
      "src/site/variants/zlib-encoding.ts",
      "src/site/variants/zlib-worker.ts",
    ]);
  });

  test("have bytecode, and no source maps", () => {
    const files = readdirSync(folder);
    for (const file of modules.keys()) expect(files).toContain(`${file}.jsc`);
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
  });
});
