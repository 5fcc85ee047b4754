/**
 * Style as a test. A rule is a function from sources, by path, to complaints; each one is shown to
 * complain about a small source that breaks it, and then has nothing to say about the real ones.
 *
 * Sources are read as text. Comments, and where a rule is about code the contents of strings too,
 * are blanked first, so that a rule can be written as a pattern. What oxlint and the compiler hold
 * already, such as the length of functions, is not repeated here.
 */

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

// All sources are read, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

type Sources = ReadonlyMap<string, string>;
type Rule = (sources: Sources) => string[];

const root = join(import.meta.dir, "..");

/** All files under `folder` that end in `extension`, by their path from the root. */
function sourcesUnder(folder: string, extension: string): [string, string][] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted()
    .map((path) => [path, readFileSync(join(root, path), "utf8")]);
}

const shipped: Sources = new Map([
  ["index.ts", readFileSync(join(root, "index.ts"), "utf8")],
  ...sourcesUnder("src", ".ts"),
]);
const tests: Sources = new Map(sourcesUnder("test", ".ts"));
/** Programs that use what `src/` exports, besides `index.ts`. */
const programs: Sources = new Map([
  ["check.ts", readFileSync(join(root, "check.ts"), "utf8")],
  ...sourcesUnder("build", ".ts"),
]);
/** What makes the package and executables. */
const building: Sources = new Map([
  ["bundle.ts", readFileSync(join(root, "bundle.ts"), "utf8")],
  ...sourcesUnder("build", ".ts"),
]);
const bench: Sources = new Map(sourcesUnder("bench", ".ts"));
const scripts: Sources = new Map([
  ...sourcesUnder("fixtures/wire", ".wire"),
  ...sourcesUnder("fixtures/clients", ".wire"),
]);

/** Behind these a slash begins a pattern, and elsewhere divides. */
const beforePattern = /(?:^|[(,=:[!&|?{};+>]|\b(?:return|typeof|case|throw|await))\s*$/;

/** The ends of what begins with a character, each tried where it begins. */
const ends = {
  lineComment: /\/\/[^\n]*/y,
  blockComment: /\/\*[^]*?\*\//y,
  string: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y,
  pattern: /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  /** A template's text, up to its end or to a hole. */
  template: /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y,
} as const;

/** `text` with everything but its line ends made blank. */
const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/**
 * `source` without its comments and, where `keepsText` is false, without what its strings, templates
 * and patterns say. The code in a template's holes stays, whatever is nested in it.
 */
function codeIn(source: string, keepsText: boolean): string {
  let code = "";
  let at = 0;
  /** For each template around `at`, how many braces are open in its hole. */
  const holes: number[] = [];
  const take = (kind: keyof typeof ends, isKept: boolean, from = at): boolean => {
    ends[kind].lastIndex = from;
    if (!ends[kind].test(source)) return false;
    const text = source.slice(at, ends[kind].lastIndex);
    code += isKept ? text : blank(text);
    at += text.length;
    return true;
  };
  /** Takes a template's text, which begins with the backtick or with the end of a hole. */
  const takeTemplate = (): boolean => {
    if (!take("template", keepsText, at + 1)) return false;
    if (source[at - 1] === "{") holes.push(0);
    return true;
  };
  while (at < source.length) {
    const open = holes.at(-1);
    const next = source[at] ?? "";
    if (next === "/" && (take("lineComment", false) || take("blockComment", false))) continue;
    if (next === "/" && beforePattern.test(code) && take("pattern", keepsText)) continue;
    if ((next === '"' || next === "'") && take("string", keepsText)) continue;
    if (next === "`" && takeTemplate()) continue;
    if (next === "}" && open === 0) {
      holes.pop();
      if (takeTemplate()) continue;
    }
    if (open !== undefined && next === "{") holes[holes.length - 1] = open + 1;
    if (open !== undefined && next === "}") holes[holes.length - 1] = open - 1;
    code += next;
    at++;
  }
  return code;
}

/** `source` without its comments. */
const withoutComments = (source: string): string => codeIn(source, true);

/** `source` without its comments and without what its strings and patterns say. */
const codeOf = (source: string): string => codeIn(source, false);

/**
 * What a file imports, types too: the files of this project, as paths from the root; else as
 * written.
 */
function importsOf(path: string, source: string): string[] {
  const code = withoutComments(source);
  const statement =
    /^(?:import|export)\b[^;"=(]*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)"|\b(?:import|require)\(\s*"([^"]+)"/gm;
  return Array.from(code.matchAll(statement), ([, ...groups]) => groups.join("")).map((to) =>
    to.startsWith(".") ? normalize(join(dirname(path), to)) : to,
  );
}

const layerOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? "";

/** What each layer may import besides itself. A new layer is added here. */
const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  system: ["base"],
  schedule: ["base"],
  http: ["base"],
  http1: ["http", "base"],
  tree: ["http", "system", "schedule", "base"],
  websocket: ["http", "base"],
  site: ["tree", "websocket", "http", "schedule", "base"],
  server: ["site", "tree", "http1", "http", "schedule", "system", "base"],
  check: ["base", "src/http/octets/bytes.ts"],
  cli: ["check", "server", "site", "tree", "http1", "http", "schedule", "system", "base"],
};

const importDirection: Rule = (sources) =>
  [...sources].flatMap(([path, source]) => {
    if (path === "index.ts") return [];
    const layer = layerOf(path);
    const allowed = layers[layer];
    if (allowed === undefined) return [`${path} is in no layer`];
    return importsOf(path, source)
      .filter((to) => to === "index.ts" || to.startsWith("src/"))
      .filter((to) => ![layer, ...allowed].some((one) => one === layerOf(to) || one === to))
      .map((to) => `${path} imports ${to}`);
  });

/**
 * A test imports what the layer that it tests may import, so that it can't be about more; and
 * whatever tests share. The server's tests may put everything together.
 */
const testDirection: Rule = (sources) =>
  [...sources].flatMap(([path, source]) => {
    const layer = /^test\/([^/]+)\//.exec(path)?.[1] ?? "";
    const allowed = layers[layer];
    if (allowed === undefined || layer === "server") return [];
    return importsOf(path, source)
      .filter((to) => to === "index.ts" || to.startsWith("src/"))
      .filter((to) => ![layer, ...allowed].some((one) => one === layerOf(to) || one === to))
      .map((to) => `${path} imports ${to}`);
  });

/** What speaks HTTP/1.1 stands in folders of its own, so that another version can stand beside. */
const versionsApart: Rule = (sources) =>
  [...sources]
    .filter(([path]) => !/^src\/(?:server\/)?http1\//.test(path))
    .flatMap(([path, source]) =>
      importsOf(path, source)
        .filter((to) => to.startsWith("src/http1/"))
        .map((to) => `${path} imports ${to}`),
    );

const noCycles: Rule = (sources) => {
  const done = new Set<string>();
  const complaints: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const seen = way.indexOf(path);
    if (seen !== -1) complaints.push([...way.slice(seen), path].join(" → "));
    if (seen !== -1 || done.has(path)) return;
    const source = sources.get(path);
    if (source === undefined) return;
    for (const to of importsOf(path, source)) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return complaints;
};

const noBarrels: Rule = (sources) =>
  [...sources]
    .filter(([path, source]) => {
      if (path === "index.ts") return false;
      const code = withoutComments(source);
      const reexports = /^export\s[^;"]*?from\s*"[^"]+";?|^export\s+(?:type\s+)?\{[^}]*\};?/gm;
      const rest = code.replace(reexports, "").replace(/^import\s[^;"]*"[^"]+";?/gm, "");
      return rest.trim() === "" && code.trim() !== "";
    })
    .map(([path]) => `${path} only passes on what other files export`);

const explicitExtensions: Rule = (sources) =>
  [...sources].flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((to) => /^(?:src|test|index)\b/.test(to) && !/\.(?:ts|json|txt)$/.test(to))
      .map((to) => `${path} imports ${to} without its extension`),
  );

/** Input, output, time, chance, and what waits for them. */
const impurities: readonly RegExp[] = [
  /\bBun\b|\bprocess\b|\bfetch\s*\(/,
  /\basync\b|\bawait\b|\bset(?:Timeout|Interval|Immediate)\b/,
  /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|[;,)])|\bperformance\b/,
  /\bMath\s*\.\s*random\b/,
];

const pureProtocol: Rule = (sources) =>
  [...sources]
    .filter(([path]) => /^(?:http\d*|websocket)$/.test(layerOf(path)))
    .flatMap(([path, source]) => {
      const outside = importsOf(path, source).filter((to) => !to.startsWith("src/"));
      const code = codeOf(source);
      return impurities
        .flatMap((impurity) => impurity.exec(code)?.[0] ?? [])
        .map((what) => `${path} uses ${what}`)
        .concat(outside.map((to) => `${path} imports ${to}`));
    });

/** A rule that `pattern` stands in the code of `home` alone, or of layers and files `exempt`. */
function onlyIn(home: string, pattern: RegExp, exempt: readonly string[] = []): Rule {
  return (sources) =>
    [...sources]
      .filter(([path]) => ![home, ...exempt].some((one) => one === path || one === layerOf(path)))
      .filter(([, source]) => pattern.test(codeOf(source)))
      .map(([path]) => `${path} does what only ${home} may do`);
}

/** The player of wire scripts is the server that a client under test talks to. */
const oneListener = onlyIn("src/server/listener.ts", /\bBun\s*\.\s*listen\b/, ["check"]);
const oneWriter = onlyIn(
  "src/server/connection/transport.ts",
  // A socket's descriptor can be written to past the socket.
  /socket\??\s*\.\s*write\s*\(|\bwritev?Sync\b/i,
  // A terminal is no client.
  ["check", "src/system/output/terminal-sink.ts"],
);
const oneClock = onlyIn(
  "src/schedule/clock.ts",
  /\b(?:Date|performance)\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bnanoseconds\s*\(|\bhrtime\b/,
  ["check"],
);
/** Processes, and the peer of a wire script, are timed on their own. */
const oneEventLoop = onlyIn("src/schedule/event-loop.ts", /\bset(?:Timeout|Interval|Immediate)\b/, [
  "check",
  "cli",
]);
const oneContainment = onlyIn(
  "src/tree/path.ts",
  /\bas\s+ContainedPath\b|<ContainedPath>\s*[\w({[]/,
);
/** What `.write()` and `.end()` are called on in `src/server` that is no socket. */
const noSocket =
  /^(?:this|transport|outlet|exchange|body|noBody|editing|log(?:File|Stream)|standard(?:Output|Error))$/;

/** Every octet for a client goes through the transport, which counts and orders them. */
const oneTransport: Rule = (sources) => {
  const home = "src/server/connection/transport.ts";
  return [...sources]
    .filter(([path]) => path.startsWith("src/server/") && path !== home)
    .flatMap(([path, source]) => {
      const code = codeOf(source);
      const calls = code.matchAll(/([\w$]+)(?:\(\))?[?!]?\s*\.\s*(?:write|end)\s*\(/g);
      const sockets = Array.from(calls, ([, name = ""]) => name).filter(
        (name) => !noSocket.test(name),
      );
      if (/\bwritev?Sync\b/.test(code)) sockets.push("a descriptor");
      return sockets.map((name) => `${path} writes to ${name}, past ${home}`);
    });
};

/** Where time is told and turns of the event loop are counted; tests give these another clock. */
const oneSchedule: Rule = (sources) =>
  [...sources]
    .filter(([path]) => !["schedule", "check", "cli"].includes(layerOf(path)))
    .flatMap(([path, source]) =>
      Array.from(
        codeOf(source).matchAll(/\bset(?:Immediate|Timeout|Interval)\b/g),
        ([call]) => `${path} calls ${call}, which src/schedule/ is for`,
      ),
    );

/** A collection of a module, or of a class as a whole, that is empty at first. */
const moduleCollections: readonly RegExp[] = [
  /^(?:export\s+)?(?:const|let)\s+([\w$]+)[^=;]*=\s*new\s+((?:Weak)?(?:Map|Set))\b(?:<[^;=]*>)?\s*\(\s*\)/gm,
  /^\s+(?:public\s+|private\s+)?static\s[^=;(]*?([\w$]+)\s*(?::[^=;]*)?=\s*new\s+((?:Weak)?(?:Map|Set))\b(?:<[^;=]*>)?\s*\(\s*\)/gm,
];

/** State that a module gathers as the program runs has no bound, and all servers share it. */
const noModuleState: Rule = (sources) =>
  [...sources].flatMap(([path, source]) => {
    const code = codeOf(source);
    return moduleCollections
      .flatMap((pattern) => Array.from(code.matchAll(pattern)))
      .map(([, name, kind]) => `${path} keeps state in ${name}, a ${kind} of the module`);
  });

const filesInFolderMax = 12;

const smallFolders: Rule = (sources) =>
  [...Map.groupBy(sources.keys(), (path) => dirname(path))]
    .filter(([, { length }]) => length > filesInFolderMax)
    .map(([folder, { length }]) => `${folder} has ${length} files and needs rooms`);

/** Whether a file is nothing but types, of which nothing is left when it runs. */
function isTypesOnly(source: string): boolean {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source.replace(/^#!.*/, ""));
  return script.replace(/^(?:import\b[^;]*|export\s*\{\s*\});?$/gm, "").trim() === "";
}

/** The test of src/a/b.ts is test/a/b.test.ts; a file of types alone needs none. */
function mirroredTests(testPaths: readonly string[]): Rule {
  return (sources) =>
    [...sources]
      .filter(([path, source]) => path.startsWith("src/") && !isTypesOnly(source))
      .map(([path]) => [path, path.replace(/^src\/(.*)\.ts$/, "test/$1.test.ts")] as const)
      .filter(([, mirror]) => !testPaths.includes(mirror))
      .map(([path, mirror]) => `${path} lacks ${mirror}`);
}

const oneForeignInterface: Rule = (sources) =>
  [...sources]
    .filter(([path]) => path !== "src/system/libc.ts")
    .filter(([, source]) => withoutComments(source).includes("bun:ffi"))
    .map(([path]) => `${path} does what only src/system/libc.ts may do`);

/** Files of the layers with names that code text which is no name, and what that is. */
const textOfFiles: Readonly<Record<string, string>> = {
  "src/system/descriptor-budget.ts": "/proc/self/limits",
  "src/tree/text.ts": "a file's content",
};

/** Any encoder but that of `base/file-name.ts` loses the octets of a name that aren't UTF-8. */
const oneNameCodec: Rule = (sources) =>
  [...sources]
    .filter(([path]) => /^src\/(?:system|tree)\//.test(path) && !Object.hasOwn(textOfFiles, path))
    .filter(([, source]) =>
      /\bText(?:De|En)coder\b|\.toString\("utf-?8"/.test(withoutComments(source)),
    )
    .map(([path]) => `${path} codes text, which only src/base/file-name.ts may do for names`);

const noNamelessFiles: Rule = (sources) =>
  [...sources.keys()].filter((path) =>
    /(?:^|\/)(?:utils?|helpers?|commons?|misc|shared|lib|index|stuff)(?:\.test)?(?:\.ts$|\/)/.test(
      path.replace(/^index\.ts$/, ""),
    ),
  );

const noDeadFiles: Rule = (sources) => {
  const reached = new Set(["index.ts", "check.ts"]);
  for (const path of reached) {
    const source = sources.get(path) ?? "";
    for (const to of importsOf(path, source)) reached.add(to);
    for (const [, to] of withoutComments(source).matchAll(/new URL\(\s*"(\.[^"]+)"/g)) {
      reached.add(normalize(join(dirname(path), to ?? "")));
    }
  }
  return [...sources.keys()].filter((path) => !reached.has(path));
};

/** The names that a file exports, types too. */
function exportsOf(source: string): string[] {
  const code = codeOf(source);
  const declared =
    /^export\s+(?:abstract\s+|async\s+)*(?:function\*?|class|const|let|type|interface|enum)\s+([\w$]+)/gm;
  const listed = /^export\s+(?:type\s+|const\s+)?\{([^}]*)\}/gm;
  const names = Array.from(code.matchAll(declared), ([, name = ""]) => name);
  for (const [, list = ""] of code.matchAll(listed)) {
    names.push(...namesIn(list).map((name) => name.replace(/^.*\s(?:as|:)\s/, "")));
  }
  return /^export\s+default\b/m.test(code) ? [...names, "default"] : names;
}

/** The names in the braces of an import or an export, with ` as …` where they have another. */
function namesIn(list: string): string[] {
  return list
    .split(",")
    .map((name) => name.trim().replace(/^type\s+/, ""))
    .filter((name) => name !== "");
}

/**
 * Which names a file takes from which files. Of a module that is imported by a call or as a whole
 * these are all words of the file: it then names what it uses.
 */
function usesOf(path: string, source: string): Map<string, Set<string>> {
  const code = withoutComments(source);
  const uses = new Map<string, Set<string>>();
  const add = (to: string, names: readonly string[]): void => {
    const target = normalize(join(dirname(path), to));
    uses.set(target, (uses.get(target) ?? new Set()).union(new Set(names)));
  };
  const words = (): string[] => code.match(/[\w$]+/g) ?? [];
  for (const [, clause = "", to = ""] of code.matchAll(
    /^(?:import|export)\s+(?:type\s+)?([^;"]*?)\s*from\s*"(\.[^"]+)"/gm,
  )) {
    const list = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
    add(
      to,
      namesIn(list).map((name) => name.replace(/\s+as\s.*$/, "")),
    );
    if (clause.includes("*")) add(to, words());
    else if (/^[\w$]/.test(clause)) add(to, ["default"]);
  }
  for (const [, to = ""] of code.matchAll(/\bimport\(\s*"(\.[^"]+)"/g)) add(to, words());
  return uses;
}

/** A rule that what `sources` export is imported by another one of them, or by `others`. */
function noDeadExports(others: Sources, isExempt: (path: string, name: string) => boolean): Rule {
  return (sources) => {
    const used = new Map<string, Set<string>>();
    for (const [path, source] of [...sources, ...others]) {
      for (const [to, names] of usesOf(path, source)) {
        if (to !== path) used.set(to, (used.get(to) ?? new Set()).union(names));
      }
    }
    return [...sources].flatMap(([path, source]) =>
      exportsOf(source)
        .filter((name) => path !== "index.ts" && used.get(path)?.has(name) !== true)
        .filter((name) => !isExempt(path, name))
        .map((name) => `${path} exports ${name}, which no other file imports`),
    );
  };
}

const noUnfinishedWork: Rule = (sources) =>
  [...sources].flatMap(([path, source]) =>
    Array.from(source.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b/g), ([mark]) => `${path}: ${mark}`),
  );

const linesMax = 400;
const columnsMax = 100;

/** Lines of code: neither blank nor nothing but a comment, as oxlint counts those of a function. */
const shortFiles: Rule = (sources) =>
  [...sources]
    .map(([path, source]) => {
      const lines = withoutComments(source).split("\n");
      return [path, lines.filter((line) => line.trim() !== "").length] as const;
    })
    .filter(([, count]) => count > linesMax)
    .map(([path, count]) => `${path} has ${count} lines of code`);

const shortLines: Rule = (sources) =>
  [...sources].flatMap(([path, source]) =>
    source
      .split("\n")
      .map((line, i) => [Array.from(line).length, i + 1] as const)
      .filter(([columns]) => columns > columnsMax)
      .map(([columns, line]) => `${path}:${line} has ${columns} columns`),
  );

/**
 * `## Heading (RFC 9112 §3.2, must)`, a section of another standard, or `(postern: …, may)` where
 * none says anything.
 */
const citedHeadings: Rule = (sources) =>
  [...sources].flatMap(([path, source]) => {
    const headings = source.split("\n").filter((line) => line.startsWith("## "));
    const reference =
      /\((?:RFC \d{3,5} (?:§|errata )\w|[A-Z][A-Za-z ]* §\w|postern: \w).*, (?:must|should|may)\)$/;
    if (headings.length === 0) return [`${path} has no phase`];
    return headings
      .filter((heading) => !reference.test(heading))
      .map((heading) => `${path}: ${heading}`);
  });

/** Why what only tests import is exported. */
const reasons = {
  part: "a part of a larger function, tested by itself",
  table: "a constant or a table that tests compare the behaviour with",
  type: "the type of a value that tests make or expect",
  start: "starts the server that the wire scripts are played against",
} as const;

/** Exports that only tests import. */
const forTests: Readonly<Record<string, keyof typeof reasons>> = {
  "src/base/bounded-store.ts StorePolicy": "type",
  "src/cli/check-command.ts startPostern": "start",
  "src/cli/faults-command.ts faultsText": "part",
  "src/cli/options/connection-kinds.ts deadlinesText": "part",
  "src/cli/options/foreign-words.ts foreignNames": "part",
  "src/server/faults/fault-file.ts readFaultText": "part",
  "src/cli/terminal/terminal-banner.ts describeOptions": "part",
  "src/cli/terminal/upload-line.ts fitText": "part",
  "src/cli/terminal/terminal-banner.ts terminalBanner": "part",
  "src/http/fields/accept.ts weightOf": "part",
  "src/http/fields/conditional.ts Outcome": "type",
  "src/http/fields/conditional.ts ifMatch": "part",
  "src/http/fields/conditional.ts ifModifiedSince": "part",
  "src/http/fields/conditional.ts ifNoneMatch": "part",
  "src/http/fields/conditional.ts ifRange": "part",
  "src/http/fields/conditional.ts ifUnmodifiedSince": "part",
  "src/http/multipart.ts isBoundary": "part",
  "src/http/fields/range.ts RangeOutcome": "type",
  "src/http/message/response-builder.ts FinalStatus": "type",
  "src/http1/connection-state.ts cycle": "table",
  "src/http1/request-parser.ts ParserEvent": "type",
  "src/http1/response-encoder.ts encodeHead": "part",
  "src/server/http1/timeouts.ts Waiting": "type",
  "src/server/log.ts LoggedExchange": "type",
  "src/server/log.ts formatLine": "part",
  "src/cli/trust/trust-command.ts Dialog": "type",
  "src/server/tls/local/machine-subjects.ts subjectsOf": "part",
  "src/site/content/representation.ts RepresentationParts": "type",
  "src/site/listing/listing-rows.ts RowFormat": "type",
  "src/site/pages/markup.ts beginPage": "part",
  "src/site/pages/markup.ts endPage": "part",
  "src/site/preview/previews.ts askedPreviewOf": "part",
  "src/site/site.ts SiteParts": "type",
  "src/site/variants/compressible.ts isCompressible": "part",
  "src/site/request.ts Handler": "type",
  "src/site/variants/zlib-encoder.ts ZlibEncoder": "part",
  "src/site/variants/zlib-encoder.ts ZlibTimes": "type",
  "src/system/descriptor-budget.ts connectionsFor": "part",
  "src/system/descriptor-budget.ts keptFilesFor": "part",
  "src/system/descriptor-budget.ts openFilesLimit": "part",
  "src/system/descriptor-budget.ts uploadsFor": "part",
  "src/system/folder.ts holdFolder": "part",
  "src/system/folder.ts nameFolder": "part",
  "src/system/system-choice.ts chooseSystemCalls": "part",
  "src/system/system-choice.ts nativeCalls": "part",
  "src/tree/disk/disk-tree.ts DiskTree": "part",
  "src/tree/disk/disk-tree.ts DiskTreeOptions": "type",
  "src/tree/path.ts PathRefusal": "type",
  "src/tree/denial-text.ts formatMode": "part",
};

const one = (path: string, source: string): Sources => new Map([[path, source]]);

describe("reading sources", () => {
  test("blanks comments, and keeps what only looks like one", () => {
    expect(withoutComments('a; // b\n"/* c */"; /* d\n */ `// e`; /\\/\\/ "/; f')).toBe(
      'a;     \n"/* c */";     \n    `// e`; /\\/\\/ "/; f',
    );
  });

  test("blanks strings, templates and patterns, and keeps the code in a template's holes", () => {
    const code = codeOf('a("b", \'c\', `d ${e} f`); g = /h"[/]/; i / j / k; "l"');
    expect(code).toContain("a(");
    expect(code).toContain("e");
    expect(code).toContain("i / j / k;");
    expect(code).not.toMatch(/[bcdfhl]/);
  });

  test("finds static, type-only, dynamic, side-effect, required and re-exporting imports", () => {
    const source = [
      'import { a } from "./a.ts";',
      'import type {\n  B,\n} from "../base/b.ts";',
      'import "./c.ts";',
      'export { d } from "./d.ts";',
      'const e = await import("./e.ts");',
      'import { f } from "node:fs";',
      '  return require("./i.ts") as typeof import("./i.ts");',
      '// import { g } from "./g.ts";',
      'const h = "import i from";',
    ].join("\n");
    expect(importsOf("src/cli/main.ts", source)).toEqual([
      "src/cli/a.ts",
      "src/base/b.ts",
      "src/cli/c.ts",
      "src/cli/d.ts",
      "src/cli/e.ts",
      "node:fs",
      "src/cli/i.ts",
      "src/cli/i.ts",
    ]);
  });

  test("finds every import that the compiler finds", () => {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    for (const [path, source] of [...shipped, ...tests]) {
      const found = transpiler.scanImports(source.replace(/^#!.*/, "")).map(({ path: to }) => to);
      const whole = found.map((to) =>
        to.startsWith(".") ? normalize(join(dirname(path), to)) : to,
      );
      const missed = whole.filter((to) => !importsOf(path, source).includes(to));
      expect([path, missed]).toEqual([path, []]);
    }
  });

  test("has found this project's", () => {
    expect(shipped.size).toBeGreaterThan(40);
    expect(importsOf("index.ts", shipped.get("index.ts") ?? "")).not.toEqual([]);
    expect(scripts.size).toBeGreaterThan(0);
  });
});

describe("layers", () => {
  const wrong: readonly (readonly [path: string, imported: string])[] = [
    ["src/base/a.ts", "../http/b.ts"],
    ["src/http/a.ts", "../tree/b.ts"],
    ["src/http/a.ts", "../http1/b.ts"],
    ["src/site/a.ts", "../http1/b.ts"],
    ["src/system/a.ts", "../http/b.ts"],
    ["src/tree/a.ts", "../server/b.ts"],
    ["src/server/a.ts", "../cli/b.ts"],
    ["src/server/a.ts", "../check/b.ts"],
    ["src/check/a.ts", "../server/b.ts"],
    ["src/check/a.ts", "../http/status.ts"],
    ["src/cli/a.ts", "../../index.ts"],
  ];
  test.each(wrong)("complain when %s imports %s", (path, imported) => {
    expect(importDirection(one(path, `import { b } from "${imported}";`))).toHaveLength(1);
    expect(importDirection(one(path, `import type { B } from "${imported}";`))).toHaveLength(1);
  });

  test("complain about a file that is in none", () => {
    expect(importDirection(one("src/a.ts", ""))).toEqual(["src/a.ts is in no layer"]);
    expect(importDirection(one("src/new/a.ts", ""))).toEqual(["src/new/a.ts is in no layer"]);
  });

  test("import downwards only, types too", () => {
    expect(importDirection(shipped)).toEqual([]);
  });

  test("complain when a test imports more than the layer that it tests may", () => {
    const source = 'import type { B } from "../../src/server/b.ts";\nimport "../server/fake.ts";';
    expect(testDirection(one("test/site/a.test.ts", source))).toEqual([
      "test/site/a.test.ts imports src/server/b.ts",
    ]);
    expect(testDirection(one("test/site/a.ts", 'import "../../index.ts";'))).toHaveLength(1);
    expect(testDirection(one("test/site/a.test.ts", 'import "../../src/tree/b.ts";'))).toEqual([]);
    expect(testDirection(one("test/server/a.test.ts", 'import "../../index.ts";'))).toEqual([]);
    expect(testDirection(one("test/library.test.ts", 'import "../index.ts";'))).toEqual([]);
  });

  test("are those of their tests, too", () => {
    expect(testDirection(tests)).toEqual([]);
  });

  test("complain when a connection's version is read outside of its folder", () => {
    const source = 'import type { B } from "../http1/b.ts";';
    expect(versionsApart(one("src/server/log.ts", source))).toEqual([
      "src/server/log.ts imports src/http1/b.ts",
    ]);
    expect(versionsApart(one("src/server/http1/a.ts", source.replace("..", "../..")))).toEqual([]);
  });

  test("read a connection's version in its folder only", () => {
    expect(versionsApart(shipped)).toEqual([]);
  });
});

describe("imports", () => {
  test("complain about a circle, of types too", () => {
    const circle: Sources = new Map([
      ["src/base/a.ts", 'import type { B } from "./b.ts";'],
      ["src/base/b.ts", 'import { c } from "./c.ts";'],
      ["src/base/c.ts", 'import { a } from "./a.ts";'],
    ]);
    expect(noCycles(circle)).toEqual([
      "src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts",
    ]);
  });

  test("have no circles", () => {
    expect(noCycles(shipped)).toEqual([]);
  });

  test("complain about a barrel", () => {
    const barrel = '/** All. */\nexport * from "./a.ts";\nexport {\n  b,\n} from "./b.ts";\n';
    expect(noBarrels(one("src/base/all.ts", barrel))).toHaveLength(1);
    const detour = 'import { a } from "./a.ts";\nexport { a };\n';
    expect(noBarrels(one("src/base/all.ts", detour))).toHaveLength(1);
    expect(noBarrels(one("src/base/a.ts", `${detour}export const b = 1;`))).toEqual([]);
  });

  test("go through no barrels", () => {
    expect(noBarrels(shipped)).toEqual([]);
  });

  test("complain about a missing extension", () => {
    expect(explicitExtensions(one("src/base/a.ts", 'import { b } from "./b";'))).toHaveLength(1);
    expect(explicitExtensions(one("src/base/a.ts", 'import { b } from "./b.js";'))).toHaveLength(1);
  });

  test("have their extensions", () => {
    expect(explicitExtensions(shipped)).toEqual([]);
    expect(explicitExtensions(tests)).toEqual([]);
  });

  test("complain about a file that nothing leads to", () => {
    const sources: Sources = new Map([
      ["index.ts", 'import { a } from "./src/base/a.ts";'],
      ["src/base/a.ts", 'await import("./b.ts"); new Worker(new URL("./c.ts", import.meta.url));'],
      ["src/base/b.ts", '// import "./d.ts"'],
      ["src/base/c.ts", ""],
      ["src/base/d.ts", ""],
    ]);
    expect(noDeadFiles(sources)).toEqual(["src/base/d.ts"]);
  });

  test("lead from index.ts, or from check.ts, to every file", () => {
    expect(noDeadFiles(new Map([...programs, ...shipped]))).toEqual(
      [...programs.keys()].filter((path) => path !== "check.ts"),
    );
  });
});

describe("exports", () => {
  const others: Sources = new Map([["bin/a.ts", 'import { a } from "../src/base/a.ts";']]);
  const rule = noDeadExports(others, (_, name) => name === "exempt");

  test("complain about one that no other file imports", () => {
    const exporting = [
      "export function a() {}",
      "export async function b() {}",
      "export abstract class C {}",
      "export const d = 1;",
      "export type E = 1;",
      "export interface F {}",
      "const g = 1, h = 2;\nexport { g, h as i };",
      "export const exempt = 1;",
      "// export const j = 1;",
    ].join("\n");
    const unused = rule(one("src/base/a.ts", exporting));
    expect(unused.map((complaint) => / exports (\w+),/.exec(complaint)?.[1])).toEqual([
      "b",
      "C",
      "d",
      "E",
      "F",
      "g",
      "i",
    ]);
  });

  test.each([
    'import { type b } from "./a.ts";',
    'import type {\n  b as c,\n} from "./a.ts";',
    'export { b } from "./a.ts";',
    'import * as all from "./a.ts";\nall.b;',
    'const { b } = await import("./a.ts");',
    'type B = typeof import("./a.ts").b;',
  ])("are used by %j", (user) => {
    const sources = new Map([
      ...one("src/base/a.ts", "export const b = 1;"),
      ["src/base/u.ts", user],
    ]);
    expect(rule(sources).filter((complaint) => complaint.startsWith("src/base/a.ts"))).toEqual([]);
    sources.set("src/base/u.ts", `// ${user.replaceAll("\n", " ")}`);
    expect(rule(sources)).toHaveLength(1);
  });

  test("are all imported, or listed with a reason", () => {
    const noDead = noDeadExports(programs, (path, name) =>
      Object.hasOwn(forTests, `${path} ${name}`),
    );
    expect(noDead(shipped)).toEqual([]);
  });

  test("that are listed for tests are imported by one", () => {
    const used = new Set<string>();
    for (const [path, source] of tests) {
      for (const [to, names] of usesOf(path, source)) {
        for (const name of names) used.add(`${to} ${name}`);
      }
    }
    expect(Object.keys(forTests).filter((entry) => !used.has(entry))).toEqual([]);
  });

  test("of the bench are imported, by it or by its tests", () => {
    expect(noDeadExports(tests, () => false)(bench)).toEqual([]);
  });

  test("of what makes the package are imported, by it or by its tests", () => {
    expect(noDeadExports(tests, () => false)(building)).toEqual([]);
  });
});

describe("http/ and http1/", () => {
  test.each([
    "Bun.hash(1);",
    "const { hash } = Bun;",
    "async function a() {}",
    "for await (const a of b) {}",
    "Date.now();",
    "new Date();",
    "const a = new Date;",
    "performance.now();",
    "process.env;",
    "setTimeout(a, 1);",
    "Math.random();",
    'import { a } from "node:fs";',
    'import { a } from "bun";',
    'import { a } from "mime";',
    "`${Date.now()}`;",
  ])("complains about %j", (source) => {
    expect(pureProtocol(one("src/http/a.ts", source))).toHaveLength(1);
    expect(pureProtocol(one("src/server/a.ts", source))).toEqual([]);
  });

  test("says nothing about a date of its own, a type, a comment or a string", () => {
    const source = 'new Date(5); let a: AsyncIterable<1>; // await Bun\nconst b = "async Bun.x";';
    expect(pureProtocol(one("src/http/a.ts", source))).toEqual([]);
  });

  test("has no input, no output, no clock and no promises", () => {
    expect(pureProtocol(shipped)).toEqual([]);
  });
});

describe("what one file does alone", () => {
  const rules: readonly (readonly [name: string, rule: Rule, home: string, source: string])[] = [
    ["calls Bun.listen", oneListener, "src/server/listener.ts", "Bun.listen({});"],
    [
      "writes to a socket",
      oneWriter,
      "src/server/connection/transport.ts",
      "this.#socket.write(a);",
    ],
    [
      "writes to a socket",
      oneWriter,
      "src/server/connection/transport.ts",
      "clientSocket?.write(a);",
    ],
    [
      "writes to a descriptor",
      oneWriter,
      "src/server/connection/transport.ts",
      "writeSync(this.socket.fd, a);",
    ],
    ["reads the clock", oneClock, "src/schedule/clock.ts", "const a = Date.now();"],
    ["reads the clock", oneClock, "src/schedule/clock.ts", "performance.now();"],
    ["reads the clock", oneClock, "src/schedule/clock.ts", "new Date();"],
    ["waits", oneEventLoop, "src/schedule/event-loop.ts", "setImmediate(a);"],
    ["waits", oneEventLoop, "src/schedule/event-loop.ts", "const a = setTimeout(b, 1);"],
    ["contains a path", oneContainment, "src/tree/path.ts", "a as unknown as ContainedPath;"],
    ["contains a path", oneContainment, "src/tree/path.ts", "({ a } as ContainedPath)"],
    ["calls libc", oneForeignInterface, "src/system/libc.ts", 'require("bun:ffi");'],
  ];
  test.each(rules)("complains when another file %s", (_, rule, home, source) => {
    expect(rule(one(home, source))).toEqual([]);
    expect(rule(one("src/site/a.ts", source))).toEqual([
      `src/site/a.ts does what only ${home} may do`,
    ]);
    expect(rule(one("src/site/a.ts", `// ${source}`))).toEqual([]);
  });

  test("is done by that file, and by no other", () => {
    for (const [, rule, home] of rules) {
      expect(rule(shipped)).toEqual([]);
      // The home is there and needs its exemption: the rule is about something.
      const elsewhere = one("src/site/a.ts", shipped.get(home) ?? "");
      expect([home, rule(elsewhere).length]).toEqual([home, 1]);
    }
  });
});

describe("names of files", () => {
  test.each(["new TextEncoder().encode(name);", 'const name = octets.toString("utf8", 1, 5);'])(
    "complains about %j in the layers that have them",
    (source) => {
      expect(oneNameCodec(one("src/tree/a.ts", source))).toHaveLength(1);
      expect(oneNameCodec(one("src/system/a.ts", source))).toHaveLength(1);
      expect(oneNameCodec(one("src/site/a.ts", source))).toEqual([]);
      expect(oneNameCodec(one("src/tree/a.ts", `// ${source}`))).toEqual([]);
    },
  );

  test("are coded in one place, and what else is coded is listed", () => {
    expect(oneNameCodec(shipped)).toEqual([]);
    for (const path of Object.keys(textOfFiles)) {
      const elsewhere = one("src/tree/a.ts", shipped.get(path) ?? "");
      expect([path, oneNameCodec(elsewhere).length]).toEqual([path, 1]);
    }
  });
});

describe("a write", () => {
  test.each([
    "writeSync(socket.fd, octets);",
    'import { writeSync } from "node:fs";',
    "this.#socket.end();",
    "peer?.end(answer);",
    "client.write(answer);",
    "this.#raw()\n    .write(answer);",
  ])("past the transport is complained about: %j", (source) => {
    expect(oneTransport(one("src/server/a.ts", source))).toHaveLength(1);
    expect(oneTransport(one("src/server/connection/transport.ts", source))).toEqual([]);
    expect(oneTransport(one("src/server/a.ts", `// ${source.replaceAll("\n", " ")}`))).toEqual([]);
  });

  test("to the transport, to a log or to a body is none past it", () => {
    const source =
      "transport.write(a); this.#transport.write(a); standardError.write(b); body?.end(c);";
    expect(oneTransport(one("src/server/a.ts", source))).toEqual([]);
  });

  test("of the server goes through the transport", () => {
    expect(oneTransport(shipped)).toEqual([]);
  });
});

describe("timers", () => {
  test("are complained about outside src/schedule/", () => {
    const source = "setImmediate(a); let b: ReturnType<typeof setTimeout>;";
    expect(oneSchedule(one("src/server/a.ts", source))).toEqual([
      "src/server/a.ts calls setImmediate, which src/schedule/ is for",
      "src/server/a.ts calls setTimeout, which src/schedule/ is for",
    ]);
    for (const path of ["src/schedule/a.ts", "src/check/a.ts", "src/cli/a.ts"]) {
      expect(oneSchedule(one(path, source))).toEqual([]);
    }
    const words = '// setTimeout\nconst a = "setTimeout";';
    expect(oneSchedule(one("src/server/a.ts", words))).toEqual([]);
  });

  test("are the schedule's", () => {
    expect(oneSchedule(shipped)).toEqual([]);
  });
});

describe("state", () => {
  test.each([
    "const a = new Map<string, { b: readonly C[] }>();",
    "export let a = new WeakMap();",
    "const a: Set<B> = new Set( );",
    "class C {\n  static readonly a = new WeakSet<object>();\n}",
  ])("of a module is complained about: %j", (source) => {
    expect(noModuleState(one("src/base/a.ts", source))).toHaveLength(1);
  });

  test.each([
    'const a = new Map([["b", 1]]);',
    "function f() {\n  const a = new Map();\n}",
    "class C {\n  readonly #a = new Set();\n}",
    "// const a = new Map();",
  ])("is none: %j", (source) => {
    expect(noModuleState(one("src/base/a.ts", source))).toEqual([]);
  });

  test("is kept by objects, and by no module", () => {
    expect(noModuleState(shipped)).toEqual([]);
  });
});

describe("a test", () => {
  const rule = mirroredTests(["test/base/a.test.ts"]);

  test("is missed at the place of its file", () => {
    expect(rule(one("src/base/a.ts", "export const a = 1;"))).toEqual([]);
    expect(rule(one("src/base/b.ts", "export const a = 1;"))).toEqual([
      "src/base/b.ts lacks test/base/b.test.ts",
    ]);
  });

  test("is not needed by types", () => {
    const imported = 'import type { A } from "./a.ts";';
    const types = `${imported}\n/** B. */\nexport type B = A;\nexport interface C {}`;
    expect(rule(one("src/base/b.ts", types))).toEqual([]);
  });

  test("is there for every file", () => {
    const all = mirroredTests([...tests.keys()]);
    expect(all(shipped)).toEqual([]);
  });
});

describe("files", () => {
  test("complain about a folder with too many of them", () => {
    const crowd = new Map<string, string>(
      Array.from({ length: filesInFolderMax + 1 }, (_, i) => [`src/base/${i}.ts`, ""]),
    );
    expect(smallFolders(crowd)).toEqual(["src/base has 13 files and needs rooms"]);
    crowd.delete("src/base/0.ts");
    expect(smallFolders(crowd.set("src/base/room/0.ts", ""))).toEqual([]);
  });

  test("have room", () => {
    expect(smallFolders(shipped)).toEqual([]);
  });

  test("complain about a name that says nothing", () => {
    for (const path of ["src/base/utils.ts", "src/helpers/a.ts", "src/base/common.ts"]) {
      expect(noNamelessFiles(one(path, ""))).toEqual([path]);
    }
    for (const path of ["src/base/misc.ts", "test/base/util.test.ts", "src/base/index.ts"]) {
      expect(noNamelessFiles(one(path, ""))).toEqual([path]);
    }
    expect(noNamelessFiles(one("src/base/commonmark.ts", ""))).toEqual([]);
  });

  test("are called after what they hold", () => {
    expect(noNamelessFiles(shipped)).toEqual([]);
    expect(noNamelessFiles(tests)).toEqual([]);
  });

  test("complain about unfinished work", () => {
    // The mark is put together here, since this file is one of those that are read.
    const mark = ["TO", "DO"].join("");
    expect(noUnfinishedWork(one("src/base/a.ts", `// ${mark}: more`))).toEqual([
      `src/base/a.ts: ${mark}`,
    ]);
  });

  test("have no unfinished work", () => {
    expect(noUnfinishedWork(shipped)).toEqual([]);
  });

  test("complain about a file too long and a line too wide", () => {
    const long = "a;\n\n// b\n".repeat(linesMax + 1);
    expect(shortFiles(one("src/base/a.ts", long))).toEqual(["src/base/a.ts has 401 lines of code"]);
    expect(shortFiles(one("src/base/a.ts", long.slice(8)))).toEqual([]);
    const wide = "é".repeat(columnsMax + 1);
    expect(shortLines(one("src/base/a.ts", `\n${wide}`))).toEqual([
      "src/base/a.ts:2 has 101 columns",
    ]);
    expect(shortLines(one("src/base/a.ts", "é".repeat(columnsMax)))).toEqual([]);
  });

  test("fit a screen, or a few", () => {
    expect(shortFiles(shipped)).toEqual([]);
    expect(shortLines(shipped)).toEqual([]);
  });
});

describe("wire scripts", () => {
  test("complain about a heading without a reference, and a script without a phase", () => {
    expect(citedHeadings(one("a.wire", "# A\n\n## B\n"))).toEqual(["a.wire: ## B"]);
    expect(citedHeadings(one("a.wire", "# A\n\n## B (RFC 9112, must)\n"))).toHaveLength(1);
    expect(citedHeadings(one("a.wire", "# A\n\n## B (RFC 9112 §3)\n"))).toHaveLength(1);
    expect(citedHeadings(one("a.wire", "# A\n"))).toEqual(["a.wire has no phase"]);
    const good = "## B (RFC 9112 §3.2, must)\n## C (RFC 9112 §6.3 step 3, may)\n";
    expect(citedHeadings(one("a.wire", `${good}## D (postern: limits, should)\n`))).toEqual([]);
  });

  test("name an RFC's section, or say that they are the project's own, at each phase", () => {
    expect(citedHeadings(scripts)).toEqual([]);
  });
});
