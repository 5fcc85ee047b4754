import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { bundledText, programFile, threads, workerProcess } from "../../build/programs.ts";

const root = join(import.meta.dir, "../..");

describe("the text of a module for a bundle", () => {
  test("names a program by its file beside the bundle", () => {
    const source = 'const program = new URL("./zlib-worker.ts", import.meta.url);';
    expect(bundledText("a.ts", source, "here")).toBe(
      'const program = new URL("./zlib-worker.js", here);',
    );
  });

  test("isn't the program that is run", () => {
    expect(bundledText("a.ts", "if (import.meta.main) main();", "here")).toBe("if (false) main();");
  });

  test("has quantities as numbers", () => {
    const source = "const limits = { a: kibibytes(8), b: seconds(0), c: milliseconds(1_500) };";
    expect(bundledText("a.ts", source, "here")).toBe("const limits = { a: 8192, b: 0, c: 1500 };");
    const other = "const rest = (n: number) => [seconds(n), subseconds(3), bytes(12) ];";
    expect(bundledText("a.ts", other, "here")).toBe(other.replace("bytes(12)", "12"));
  });

  test("has no first line for the system's loader", () => {
    expect(bundledText("a.ts", "#!/usr/bin/env bun\nrun();\n", "here")).toBe("run();\n");
  });

  test.each(['new URL("./other.ts", import.meta.url)', "import.meta.dir", "import.meta.url"])(
    "may not be %j, which has no place in a bundle",
    (source) => {
      expect(() => bundledText("a.ts", source, "here")).toThrow("a.ts: the bundle can't replace");
    },
  );
});

test("every program that a module starts is listed", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "src", name), "utf8"));
  const started = sources.flatMap((source) =>
    Array.from(source.matchAll(/new URL\("\.\/([^"]+\.ts)"/g), ([, name = ""]) =>
      programFile(name),
    ),
  );
  const listed = [...threads, workerProcess];
  expect(started.toSorted()).toEqual(listed.map((path) => programFile(path)).toSorted());
  for (const path of listed) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
});
