/**
 * The editors' grammar of wire scripts against the player's own parser: what the player accepts is
 * never shown as invalid, each statement gets a scope of its own, and the faults that can be seen
 * in a line by itself are shown.
 */

import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OnigScanner, OnigString, loadWASM } from "vscode-oniguruma";
import type { IGrammar, StateStack } from "vscode-textmate";
import { INITIAL, Registry, parseRawGrammar } from "vscode-textmate";

// All scripts are read, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

const root = join(import.meta.dir, "../..");
const extension = join(root, "editors/vscode");

/** The package of an extension, as far as it names grammars. */
interface Extension {
  readonly contributes: {
    readonly grammars: readonly { readonly scopeName: string; readonly path: string }[];
    readonly languages: readonly { readonly configuration: string }[];
  };
}

const { contributes } = JSON.parse(
  readFileSync(join(extension, "package.json"), "utf8"),
) as Extension;

/** A Markdown grammar as small as can be, into which that of fenced blocks is injected. */
const plainMarkdown = JSON.stringify({
  scopeName: "text.html.markdown",
  patterns: [{ match: "^#.*$", name: "markup.heading" }],
});

let script: IGrammar;
let markdown: IGrammar;

beforeAll(async () => {
  const wasm = readFileSync(join(root, "node_modules/vscode-oniguruma/release/onig.wasm"));
  await loadWASM(wasm);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new OnigScanner(sources),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: (scopeName) => {
      if (scopeName === "text.html.markdown") {
        return Promise.resolve(parseRawGrammar(plainMarkdown, "markdown.json"));
      }
      const found = contributes.grammars.find((grammar) => grammar.scopeName === scopeName);
      if (found === undefined) return Promise.resolve(null);
      const path = join(extension, found.path);
      return Promise.resolve(parseRawGrammar(readFileSync(path, "utf8"), path));
    },
    getInjections: (scopeName) =>
      scopeName === "text.html.markdown" ? ["markdown.wire.codeblock"] : undefined,
  });
  const loaded = await registry.loadGrammar("text.wire");
  const loadedMarkdown = await registry.loadGrammar("text.html.markdown");
  if (loaded === null || loadedMarkdown === null) throw new Error("the grammar did not load");
  script = loaded;
  markdown = loadedMarkdown;
});

/** A piece of a line, and its innermost scopes from the outermost on. */
interface Token {
  readonly text: string;
  readonly scopes: readonly string[];
}

/** The tokens of each line of `text`. */
function tokensOf(text: string, grammar: IGrammar = script): Token[][] {
  let stack: StateStack = INITIAL;
  return text.split("\n").map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    return tokens.map(({ startIndex, endIndex, scopes }) => ({
      text: line.slice(startIndex, endIndex),
      scopes: scopes.slice(1),
    }));
  });
}

/** The tokens of one indented line, without its indentation, as `text: innermost scope`. */
function statement(line: string): string[] {
  const [tokens = []] = tokensOf(`    ${line}`);
  return tokens
    .slice(1)
    .filter(({ text }) => text.trim() !== "")
    .map(({ text, scopes }) => `${text.trim()}: ${scopes.at(-1)?.replace(/\.wire$/u, "")}`);
}

/** The same of a line in a script that tests a client. */
function clientStatement(line: string): string[] {
  const tokens = tokensOf(`# T\n\n    client\n    ${line}`)[3] ?? [];
  return tokens
    .filter(({ text }) => text.trim() !== "")
    .map(({ text, scopes }) => `${text.trim()}: ${scopes.at(-1)?.replace(/\.wire$/u, "")}`);
}

const isInvalid = ({ scopes }: Token): boolean => scopes.some((s) => s.startsWith("invalid."));

/** `PATH:LINE: TEXT` of each line of the script that the grammar calls invalid. */
function invalidLines(path: string, text: string): string[] {
  const lines = text.split("\n");
  return tokensOf(text).flatMap((tokens, at) =>
    tokens.some(isInvalid) ? [`${path}:${at + 1}: ${lines[at]}`] : [],
  );
}

describe("the scripts of the project", () => {
  const folders = ["fixtures/wire", "fixtures/clients"];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".wire"))
      .map((path) => join(folder, path)),
  );

  test("have nothing that is invalid", () => {
    expect(paths.length).toBeGreaterThan(400);
    const invalid = paths.flatMap((path) =>
      invalidLines(path, readFileSync(join(root, path), "utf8")),
    );
    expect(invalid).toEqual([]);
  });

  test("and the tour of the manual, which holds each statement, has nothing either", () => {
    const manual = readFileSync(join(root, "docs/wire-scripts.md"), "utf8");
    const tour = /## A tour\n\n```wire\n([^]*?)\n```/u.exec(manual)?.[1] ?? "";
    expect(tour).toContain("# Everything once");
    expect(invalidLines("tour", tour)).toEqual([]);
    const statements = tour.split("\n").filter((line) => line.startsWith("    "));
    for (const line of statements) {
      const [first] = statement(line.slice(4));
      expect(`${line}: ${first}`).toMatch(/: (?:keyword|storage|support|punctuation)\.[\w.-]+$/u);
    }
  });
});

test("a script that tests a client is read from the other side, and the tour of it, too", () => {
  const manual = readFileSync(join(root, "docs/wire-scripts.md"), "utf8");
  const tour = /```wire\n(# Everything once, for a client\n[^]*?)\n```/u.exec(manual)?.[1] ?? "";
  expect(tour).toContain("    client\n");
  expect(invalidLines("tour", tour)).toEqual([]);
  expect(clientStatement("> GET /a HTTP/1.1")).toEqual([
    ">: keyword.operator.expect",
    "GET: keyword.other.method",
    "/a: string.unquoted.path",
    "HTTP/1.1: constant.language.version",
  ]);
  expect(clientStatement("< HTTP/1.1 200 OK")).toEqual([
    "<: keyword.operator.send",
    "HTTP/1.1: constant.language.version",
    "200: constant.numeric.status",
    "OK: string.unquoted.sent",
  ]);
  expect(clientStatement("gets 200 or fails")).toEqual([
    "gets: keyword.control.expectation",
    "200: constant.numeric.status",
    "or: keyword.operator.word",
    "fails: keyword.control.expectation",
  ]);
  for (const line of [">> GET", "file a.txt", "decoded", "maybe 100", "server --hidden"]) {
    expect(invalidLines("line", `    client\n    ${line}`)).toHaveLength(1);
  }
});

test("the parts of a heading have scopes of their own", () => {
  const [tokens = []] = tokensOf("## It is kept (RFC 9110 §13.1.2, postern: permission, should)");
  const named = tokens.map(({ text, scopes }) => `${text.trim()}: ${scopes.at(-1)}`);
  expect(named).toContain("It is kept: entity.name.section.phase.wire");
  expect(named).toContain("RFC 9110 §13.1.2: constant.other.reference.wire");
  expect(named).toContain("postern: permission: constant.other.reference.wire");
  expect(named).toContain("should: keyword.other.strength.should.wire");
});

test.each<[string, string[]]>([
  [
    "> GET /a HTTP/1.1",
    [
      ">: keyword.operator.send",
      "GET: keyword.other.method",
      "/a: string.unquoted.sent",
      "HTTP/1.1: constant.language.version",
    ],
  ],
  [
    "> If-None-Match: {{tag}}\\r",
    [
      ">: keyword.operator.send",
      "If-None-Match: entity.name.tag.field",
      ":: punctuation.separator.field",
      "{{tag}}: variable.other.capture",
      "\\r: constant.character.escape",
    ],
  ],
  [
    "< 200 or 4xx or closed",
    [
      "<: keyword.operator.expect",
      "200: constant.numeric.status",
      "or: keyword.operator.word",
      "4xx: constant.numeric.status",
      "or: keyword.operator.word",
      "closed: keyword.control.expectation",
    ],
  ],
  [
    "< 404 Not Found",
    [
      "<: keyword.operator.expect",
      "404: constant.numeric.status",
      "Not Found: string.unquoted.reason",
    ],
  ],
  ["send ./bodies/a", ["send: support.function.action", "./bodies/a: string.unquoted.path"]],
  ["needs post-form", ["needs: keyword.other.setting", "post-form: constant.other.need"]],
  [
    "should RFC 9112 §9.3",
    ["should: keyword.other.strength.should", "RFC 9112 §9.3: constant.other.reference"],
  ],
  [
    "file a.txt mode=0640",
    [
      "file: storage.type.tree",
      "a.txt: string.unquoted.path",
      "mode: variable.parameter",
      "=: keyword.operator.assignment",
      "0640: constant.other.value",
    ],
  ],
])("the parts of %p have scopes of their own", (line, expected) => {
  expect(statement(line)).toEqual(expected);
});

test.each([
  ["an unknown statement", "    expect 200"],
  ["an unknown escape", "    > GET /\\q HTTP/1.1"],
  ["a space at the end", "    > Host: localhost "],
  ["a space at the end of a word", "    open "],
  ["a word too many", "    open door"],
  ["a marker without its indentation", "> GET / HTTP/1.1"],
  ["a marker with too little of it", "  | text"],
  ["a tab", "\t> GET / HTTP/1.1"],
  ["a fence", "```"],
  ["a phase without its strength", "## A title (RFC 9110 §9.3.1)"],
  ["CR at the end of a line", "    > GET / HTTP/1.1\r"],
])("%s is shown as invalid", (_, line) => {
  expect(invalidLines("line", line)).toHaveLength(1);
});

test("in Markdown, a fenced block marked wire is coloured, and what follows it is not", () => {
  const text = "```wire\n# T\n\n    > GET / HTTP/1.1\n```\n    > GET / HTTP/1.1";
  const lines = tokensOf(text, markdown).map((tokens) => tokens.flatMap(({ scopes }) => scopes));
  expect(lines[3]).toContain("keyword.operator.send.wire");
  expect(lines[5]).not.toContain("keyword.operator.send.wire");
});

test("each file that the extension names is there, and is JSON", () => {
  const named = [
    ...contributes.grammars.map(({ path }) => path),
    ...contributes.languages.map(({ configuration }) => configuration),
  ];
  for (const path of named) {
    expect(JSON.parse(readFileSync(join(extension, path), "utf8"))).toBeObject();
  }
});
