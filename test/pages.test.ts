/**
 * The pages that users read: the README stays short, no link leads nowhere, and what repeats a
 * table of the code says the same as the code.
 */

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { defaultLimits } from "../src/base/limits.ts";
import { checkLimits } from "../src/check/limits.ts";
import { allFlags } from "../src/cli/options/flag-list.ts";

const house = join(import.meta.dir, "..");
const docs = readdirSync(join(house, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "bench/README.md", ...docs.map((name) => `docs/${name}`)];

function read(page: string): string {
  return readFileSync(join(house, page), "utf8");
}

/** `page` without its code. */
function proseOf(page: string): string {
  return read(page).replace(/^ *```[\s\S]*?^ *```$/gmu, "");
}

/** The fragment by which GitHub and its kin link to a heading. */
function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
  return kept.trim().replaceAll(" ", "-");
}

function anchorsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gmu)].map(([, heading = ""]) => anchorOf(heading));
}

/** A limit's value as the pages write it. */
function shown(name: string, value: number): string {
  if (name.endsWith("Ms")) return value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
  if (!/Bytes/u.test(name)) return value.toLocaleString("en");
  if (value >= 2 ** 20) return `${value / 2 ** 20} MiB`;
  return value >= 2 ** 10 ? `${value / 2 ** 10} KiB` : `${value} B`;
}

/** The limits in the tables of a page, each with its default. */
function limitsOn(page: string): Readonly<Record<string, string>> {
  return limitsIn(read(page));
}

function limitsIn(text: string): Readonly<Record<string, string>> {
  const rows = text.matchAll(/^\| `(\w+)` +\| ([^|]*?) +\|/gmu);
  return Object.fromEntries(Array.from(rows, ([, name = "", value = ""]) => [name, value]));
}

describe.each(pages)("%s", (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = ""]) => link);
  const local = links.filter((link) => !/^https?:/u.test(link));

  test("links to files that exist, and to headings in them", () => {
    const broken = local.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(house, page) : resolve(house, dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(target.slice(house.length)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("is in words that a reader takes in at once", () => {
    const others = proseOf(page).replaceAll("`nobody`", "");
    expect(others.match(/\b(?:whoever|nobody|somebody)\b/giu) ?? []).toEqual([]);
  });
});

describe("the README", () => {
  test("is under 15,000 bytes", () => {
    expect(Buffer.byteLength(read("README.md"))).toBeLessThan(15_000);
  });

  test("links to every page there is", () => {
    const linked = docs.filter((name) => read("README.md").includes(`(docs/${name}`));
    expect(linked).toEqual(docs);
  });

  test("has small pictures", () => {
    const pictures = [...read("README.md").matchAll(/!\[[^\]]+\]\(([^)]+)\)/gu)];
    expect(pictures.length).toBeGreaterThanOrEqual(2);
    for (const [, path = ""] of pictures) {
      expect(statSync(join(house, path)).size).toBeLessThan(60_000);
    }
  });
});

describe("ARCHITECTURE.md", () => {
  test("names files that exist", () => {
    const named = [...read("ARCHITECTURE.md").matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts)`/gu)];
    expect(named.length).toBeGreaterThan(40);
    const missing = named
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(house, "src", path)) && !existsSync(join(house, path)));
    expect(missing).toEqual([]);
  });
});

describe("what the pages repeat", () => {
  test("docs/findings.md says where each finding is shown, and a phase begins there", () => {
    const places = [...read("docs/findings.md").matchAll(/^`(fixtures\/wire\/\S+):(\d+)`$/gmu)];
    const findings = read("docs/findings.md").match(/^## .*\(RFC \d+ §.*, (?:must|should)\)$/gmu);
    expect(places.length).toBeGreaterThanOrEqual(20);
    expect(places.length).toBe(findings?.length ?? 0);
    const elsewhere = places.filter(([, script = "", line = ""]) => {
      return read(script).split("\n")[Number(line) - 1]?.startsWith("## ") !== true;
    });
    expect(elsewhere.map(([place]) => place)).toEqual([]);
  });

  /** Each option, by the name that the help lists. */
  const options = allFlags().map(({ name }) => `--${name}`);

  test("docs/options.md shows every option", () => {
    expect(options.length).toBeGreaterThan(20);
    const text = read("docs/options.md");
    const missing = options.filter((name) => !new RegExp(`${name}[ \`]`, "u").test(text));
    expect(missing).toEqual([]);
  });

  test("README.md names no option that isn't one", () => {
    const [, table = ""] = /\n## Options\n([^]*?)\n## /u.exec(read("README.md")) ?? [];
    const named = [...table.matchAll(/`(?:-\w, )?(--[a-z-]+)/gu)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => name !== "--help" && !options.includes(name))).toEqual([]);
  });

  const limits: Readonly<Record<string, string>> = Object.fromEntries(
    Object.entries(defaultLimits).map(([name, value]) => [name, shown(name, value)]),
  );

  test("docs/limits.md has every limit with its default", () => {
    expect(limitsOn("docs/limits.md")).toEqual(limits);
  });

  test("docs/wire-scripts.md has bounds of check, with their values", () => {
    const [, section = ""] = /\n### Bounds\n([^]*?)\n## /u.exec(read("docs/wire-scripts.md")) ?? [];
    const named = limitsIn(section);
    const bounds = Object.entries(checkLimits).map(([name, value]) => [name, shown(name, value)]);
    expect(Object.keys(named).length).toBeGreaterThan(10);
    expect(Object.fromEntries(bounds)).toMatchObject(named);
  });

  test("README.md has the defaults of the limits that it names", () => {
    const named = limitsOn("README.md");
    expect(Object.keys(named).length).toBeGreaterThan(5);
    expect(limits).toMatchObject(named);
  });
});
