import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readProgram, writePrograms } from "../../build/parts.ts";
import { programFile, threads, workerProcess } from "../../build/programs.ts";

// Everything is bundled before the first test.
setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "postern-parts-"));
let fileOf = (name: string): string => name;
let modules: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(async () => {
  const program = await readProgram();
  ({ fileOf } = program);
  modules = await writePrograms(folder, program);
});
afterAll(() => rmSync(folder, { recursive: true }));

const threadFiles = threads.map((path) => programFile(path));

/** The modules in the files of one process: all but those of threads. */
function modulesOfProcess(): readonly string[] {
  return [...modules].flatMap(([file, list]) => (threadFiles.includes(file) ? [] : list));
}

/** How code asks for the module at `path`, which lies in `part`. */
function asked(part: string, path: string): string {
  return `loadPart(${JSON.stringify(`./${fileOf(part)}`)}).load("${path}")`;
}

describe("the parts of the package", () => {
  test("name no file that isn't there, and no place where they were made", () => {
    const text = [...modules.keys()]
      .map((name) => readFileSync(join(folder, fileOf(name)), "utf8"))
      .join("\n");
    const named = text.matchAll(/new URL\("\.\/([^"]+)",Bun\.pathToFileURL\(partFile\)\)/g);
    const programs = new Set(Array.from(named, ([, name = ""]) => name));
    expect([...programs].toSorted()).toEqual(
      [...threadFiles, programFile(workerProcess)].map((name) => fileOf(name)).toSorted(),
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

  test("have names of their content, but for the first, which others know", () => {
    const digests = [...modules.keys()].map((name) => {
      const [beginning = "", digest = ""] = fileOf(name).split(/-(?=[0-9a-f]{8}\.js$)/);
      return beginning === name ? "none" : digest;
    });
    expect(new Set(digests).size).toBe(2);
    expect(fileOf("postern-start.js")).toBe("postern-start.js");
    expect(
      readdirSync(folder)
        .filter((file) => file.endsWith(".js"))
        .toSorted(),
    ).toEqual([...modules.keys()].map((name) => fileOf(name)).toSorted());
  });

  test("hold in two of them what a server without options needs", () => {
    const kept = [...(modules.get("often.js") ?? []), ...(modules.get("requests.js") ?? [])];
    expect(kept).toContain("src/cli/process/handover.ts");
    expect(kept).toContain("src/cli/process/kept-code.ts");
    expect(kept).toContain("src/http1/chunked.ts");
    for (const name of ["archive/archives", "near/near-search", "forms/form-digest"]) {
      expect(modules.get("requests.js")).toContain(`src/site/${name}.ts`);
    }
  });

  test("ask for a module of another part where they use it", () => {
    const text = readFileSync(join(folder, "postern-start.js"), "utf8");
    expect(text).toContain(`=${asked("often.js", "src/site/listing/listing-content.ts")}`);
    const config = asked("seldom.js", "src/cli/config/config-file.ts");
    expect(text).toContain(`.then(()=>${config})`);
    expect(text).not.toMatch(/exports=loadPart\("\.\/(?!media-types)/);
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
    for (const name of modules.keys()) expect(files).toContain(`${fileOf(name)}.jsc`);
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
  });
});
