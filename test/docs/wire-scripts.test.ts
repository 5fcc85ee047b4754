import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { collectScripts } from "../../src/check/script/collection.ts";
import { parseScript } from "../../src/check/script/script-parser.ts";

const root = join(import.meta.dir, "..", "..");
const page = readFileSync(join(root, "docs", "wire-scripts.md"), "utf8");

describe("the page on wire scripts", () => {
  const examples = [...page.matchAll(/^```wire\n([\s\S]*?)^```$/gmu)].map(([, text = ""]) => text);

  test("has examples that parse", () => {
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      const script = parseScript("example.wire", example);
      expect(script.ok ? [] : script.error).toEqual([]);
    }
  });

  test("shows every statement there is", () => {
    const keywords = ["statement.ts", "client/client-statement.ts"].flatMap((file) => {
      const source = readFileSync(join(root, "src/check/script", file), "utf8");
      const table = /const (?:r|clientR)eaders[^{]*\{([\s\S]*?)^\};/mu.exec(source)?.[1] ?? "";
      return Array.from(table.matchAll(/^ {2}"?([a-z>|<-]+)"?: /gmu), ([, word = ""]) => word);
    });
    expect(keywords.length).toBeGreaterThan(40);
    expect(keywords).toContain("gets");
    const lines = examples.join("\n").split("\n");
    const shown = new Set(lines.map((line) => /^ {4}(\S+)/u.exec(line)?.[1]));
    const tabled = new Set([...page.matchAll(/^\| `([^\s`]+)/gmu)].map(([, word]) => word));
    expect(keywords.filter((word) => !shown.has(word) && !tabled.has(word))).toEqual([]);
  });
});

test("the page on recording has a script that parses", () => {
  const recording = readFileSync(join(root, "docs", "recording.md"), "utf8");
  const examples = [...recording.matchAll(/^```wire\n([\s\S]*?)^```$/gmu)];
  expect(examples).toHaveLength(1);
  for (const [, text = ""] of examples) {
    const script = parseScript("example.wire", text);
    expect(script.ok ? [] : script.error).toEqual([]);
  }
});

describe("the project's own scripts", () => {
  test("parse", () => {
    for (const folder of ["wire", "clients"]) {
      const scripts = collectScripts([join(root, "fixtures", folder)]);
      expect(scripts.ok ? [] : scripts.error).toEqual([]);
    }
  });
});
