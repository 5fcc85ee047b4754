import { describe, expect, test } from "bun:test";

import { latin1Text } from "../../../src/http/octets/bytes.ts";
import type { Phase, Script, Step, Template } from "../../../src/check/script/script.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";

/** A valid script, except for what a test puts into it. */
function scriptWith(phase: string, head = ""): string {
  return `# T\n\n${head}\n## P (RFC 9110 §9.3.1, must)\n\n${phase}\n`;
}

function parsed(text: string): Script {
  const script = parseScript("t.wire", text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

function firstPhase(script: Script): Phase {
  const [phase] = script.phases;
  if (phase === undefined) throw new Error("no phase");
  return phase;
}

function stepsOf(phase: string): readonly Step[] {
  return firstPhase(parsed(scriptWith(phase))).steps;
}

/** The faults of a text, as messages show them. */
function faults(text: string): readonly string[] {
  const script = parseScript("t.wire", text);
  if (script.ok) return [];
  return script.error.map(({ file, line, expected }) => `${file}:${line}: ${expected}`);
}

function shown(template: Template): string {
  return template
    .map((part) => (part instanceof Uint8Array ? latin1Text(part) : `{{${part.capture}}}`))
    .join("");
}

function sent(phase: string): string {
  return stepsOf(phase)
    .flatMap((step) => (step.kind === "send" ? step.parts : []))
    .map((part) => {
      if (part.kind === "text") return shown(part.text);
      return part.kind === "fill" ? `[${part.count}]` : `[./${part.path}]`;
    })
    .join("");
}

const request = "    > GET / HTTP/1.1\n    >\n";

describe("a whole script", () => {
  const script = parsed(
    [
      "# A title",
      "",
      "Prose, which may say > and < inside.",
      "",
      "    file a.txt mode=0640 mtime=2024-02-29T12:00:00Z",
      "    | one",
      "    |",
      "    || two",
      "    dir shut mode=0700",
      "    link here -> ../a b",
      "    file big size=500 fill=count",
      "    fifo pipe",
      "    server --explain --header 'X: a b'",
      "    limit headerTimeMs 300",
      "    hosts a.example B_2.example",
      "    needs listing post-form",
      "    alone",
      "    stateful",
      "    uncut it waits on deadlines",
      "",
      "## First (RFC 9110 §9.3.1, RFC 9112 §6.3 step 5, must)",
      "",
      "    > GET / HTTP/1.1",
      "    >",
      "    < 200",
      "",
      "### A heading below is prose",
      "",
      "    open",
      "",
      "## Second (postern: permission, may)",
      "",
      "    continue",
      "    > GET / HTTP/1.1",
      "    >",
      "    within 2s",
      "    closed or reset",
    ].join("\n"),
  );

  test("has its title, its phases with references and strength, and their lines", () => {
    expect(script.title).toBe("A title");
    expect(script.phases.map(({ steps, ...head }) => ({ ...head, steps: steps.length }))).toEqual([
      {
        line: 21,
        title: "First",
        references: ["RFC 9110 §9.3.1", "RFC 9112 §6.3 step 5"],
        strength: "must",
        continues: false,
        steps: 3,
      },
      {
        line: 31,
        title: "Second",
        references: ["postern: permission"],
        strength: "may",
        continues: true,
        steps: 2,
      },
    ]);
  });

  test("has the paragraphs under each heading", () => {
    expect([...(script.prose ?? [])]).toEqual([
      [0, ["Prose, which may say > and < inside."]],
      [21, ["### A heading below is prose"]],
    ]);
    const text = scriptWith(`One\nparagraph.\n\nAnother.\n\n${request}    < 200\n\nA last one.`);
    expect([...(parsed(text).prose ?? [])]).toEqual([
      [4, ["One paragraph.", "Another.", "A last one."]],
    ]);
  });

  test("has its tree with modes, times and contents", () => {
    const bytes = new TextEncoder().encode("one\n\ntwo");
    expect(script.tree).toEqual([
      {
        kind: "file",
        line: 5,
        path: "a.txt",
        mode: 0o640,
        mtimeMs: Date.UTC(2024, 1, 29, 12),
        content: { kind: "bytes", bytes },
      },
      { kind: "dir", line: 9, path: "shut", mode: 0o700 },
      { kind: "link", line: 10, path: "here", target: "../a b" },
      {
        kind: "file",
        line: 11,
        path: "big",
        mode: 0o644,
        content: { kind: "count", sizeBytes: 500 },
      },
      { kind: "fifo", line: 12, path: "pipe", mode: 0o644 },
    ]);
  });

  test("has its settings, quoted words whole", () => {
    expect(script.settings).toEqual({
      serverArguments: ["--explain", "--header", "X: a b"],
      limits: { headerTimeMs: 300 },
      hosts: ["a.example", "B_2.example"],
      needs: ["listing", "post-form"],
      alone: true,
      cleartext: false,
      stateful: true,
      uncutReason: "it waits on deadlines",
    });
  });

  test("gives within to the expectation that follows", () => {
    expect(script.phases[1]?.steps.at(-1)).toEqual({
      kind: "end",
      line: 37,
      ends: ["closed", "reset"],
      withinMs: 2000,
    });
  });
});

describe("sending", () => {
  test("ends a line in CRLF, and not after >>", () => {
    expect(sent("    > a\n    >\n    >> b\n    < 200")).toBe("a\r\n\r\nb");
  });

  test("keeps spaces at the start of a line's text", () => {
    expect(sent("    >  folded\n    < 200")).toBe(" folded\r\n");
  });

  test("resolves the five escapes", () => {
    expect(sent("    >> a\\r\\n\\t\\\\\\x00\\xfF\n    < 200")).toBe("a\r\n\t\\\0\xff");
  });

  test("sends other characters as UTF-8", () => {
    expect(sent("    >> é\n    < 200")).toBe("\xc3\xa9");
  });

  test("makes one block of what is sent together, and two of what a pause parts", () => {
    const together = stepsOf("    > a\n    fill 9 xy\n    >> b\n    < 200");
    expect(together.map(({ kind }) => kind)).toEqual(["send", "response"]);
    const apart = stepsOf("    > a\n    pause 100ms\n    > b\n    < 200");
    expect(apart.map(({ kind }) => kind)).toEqual(["send", "pause", "send", "response"]);
  });

  test("knows the connection's statements", () => {
    const steps = stepsOf(
      "    on b\n    half-close\n    close\n    abort\n    silence 1s\n    open",
    );
    expect(steps.map(({ kind }) => kind)).toEqual([
      "on",
      "half-close",
      "close",
      "abort",
      "silence",
      "open",
    ]);
  });
});

describe("expecting", () => {
  test("takes one status, a reason, several, classes and the connection's end", () => {
    const steps = stepsOf(
      `${request}    < 404 Not Found
    < 206 or 4xx or closed or reset
    maybe 100
    < closed or 400`,
    );
    expect(steps.slice(1)).toMatchObject([
      { kind: "response", choices: [{ kind: "status", status: 404 }], reason: "Not Found" },
      {
        kind: "response",
        choices: [
          { kind: "status", status: 206 },
          { kind: "class", class: 4 },
          { kind: "end", end: "closed" },
          { kind: "end", end: "reset" },
        ],
      },
      { kind: "maybe", status: 100 },
      { kind: "response", choices: [{ kind: "end", end: "closed" }, { status: 400 }] },
    ]);
  });

  test("takes fields by value, by pattern, by presence, absence and count", () => {
    const steps = stepsOf(
      `${request}    < 200\n    < A:  b c\n    < D:\n    < E ~ ^f$\n    has G\n    no H\n    one I`,
    );
    expect(steps[1]).toMatchObject({
      fields: [
        { kind: "equals", name: "A", value: [new TextEncoder().encode("b c")] },
        { kind: "equals", name: "D", value: [] },
        { kind: "matches", name: "E", pattern: /^f$/u },
        { kind: "present", name: "G" },
        { kind: "absent", name: "H" },
        { kind: "once", name: "I" },
      ],
    });
  });

  test("takes a body as lines, by length, digest, file, part of a file, text and pattern", () => {
    const digest = "0".repeat(64);
    const phase = `${request}    < 200
    | one
    || two
    body length 7
    body sha256 ${digest}
    body is a.txt
    body is a.txt 0-3
    body has w
    body lacks \\x00
    body ~ ^o
    decoded`;
    const script = parsed(scriptWith(phase, "    file a.txt\n"));
    expect(firstPhase(script).steps[1]).toMatchObject({
      decoded: true,
      body: [
        { kind: "length", lengthBytes: 7 },
        { kind: "sha256", digest },
        { kind: "file", path: "a.txt" },
        { kind: "file", path: "a.txt", range: { firstBytePos: 0, lastBytePos: 3 } },
        { kind: "has" },
        { kind: "lacks", text: [Uint8Array.of(0)] },
        { kind: "matches" },
        { kind: "exact", text: [new TextEncoder().encode("one\ntwo")] },
      ],
    });
  });

  test("fills captures where one was saved before", () => {
    const steps = stepsOf(
      `${request}    < 200
    save tag = ETag
    save b = Content-Type ~ boundary=(.+)
    > {{tag}}
    < 304
    < ETag: W/{{tag}}
    | --{{b}}`,
    );
    expect(steps[2]).toMatchObject({ parts: [{ text: [{ capture: "tag" }, expect.anything()] }] });
    expect(steps[3]).toMatchObject({
      fields: [{ value: [new TextEncoder().encode("W/"), { capture: "tag" }] }],
      body: [{ text: [new TextEncoder().encode("--"), { capture: "b" }, Uint8Array.of(10)] }],
    });
  });

  test("leaves braces that are no capture as they are", () => {
    expect(sent("    >> {{ a }} {b} \\x7b{c}}\n    < 200")).toBe("{{ a }} {b} {{c}}");
  });
});

describe("an expectation with a strength of its own", () => {
  test("has it from the line before, with what says so", () => {
    const steps = stepsOf(
      `${request}    < 200
    must RFC 9110 §6.6.1
    has Date
    one Server
    may RFC 9110 §8.6, postern: own fields
    body length 1
    should RFC 9112 §9.3
    open
    within 2s
    may RFC 9112 §9.6
    closed`,
    );
    const persist = { strength: "should", references: ["RFC 9112 §9.3"] };
    expect(steps.slice(1)).toMatchObject([
      {
        fields: [
          { name: "Date", own: { strength: "must", references: ["RFC 9110 §6.6.1"] } },
          { name: "Server" },
        ],
        body: [{ own: { strength: "may", references: ["RFC 9110 §8.6", "postern: own fields"] } }],
      },
      { kind: "open", own: persist },
      { kind: "end", withinMs: 2000, own: { strength: "may" } },
    ]);
    const [, response] = steps;
    if (response?.kind !== "response") throw new Error("no response");
    expect(response.fields[1]).not.toHaveProperty("own");
  });

  test("may be lines of a body, which are one expectation", () => {
    const steps = stepsOf(`${request}    < 200
    may RFC 9110 §15.5
    | a
    | b`);
    expect(steps[1]).toMatchObject({
      body: [
        { kind: "exact", own: { strength: "may" }, text: [new TextEncoder().encode("a\nb\n")] },
      ],
    });
  });

  for (const after of ["    < 200", "    > a", "    decoded", "    within 1s\n    open", ""]) {
    test(`is no ${JSON.stringify(after.trim())}, nor the end of a phase`, () => {
      const found = faults(scriptWith(`${request}    < 200\n    may RFC 9110 §9\n${after}`));
      const expected = "t.wire:9: a check, open, closed, reset or silence right after may";
      expect(found).toContain(expected);
    });
  }

  test("is no later line of a body, and no line of a file", () => {
    const expected = "right after may";
    const body = `${request}    < 200\n    | a\n    may RFC 9110 §9\n    | b`;
    expect(faults(scriptWith(body)).join()).toContain(expected);
    const file = `    file a\n    may RFC 9110 §9\n    | b\n${request}    < 200`;
    expect(faults(scriptWith(file)).join()).toContain(expected);
  });
});

describe("a tree that changes", () => {
  test("takes every statement of the tree in a phase, with contents", () => {
    const steps = stepsOf(
      `    file a
    | x
    chmod a 000
    remove a
    dir d
    link l -> a
${request}    < 200`,
    );
    const changes = steps.flatMap((step) => (step.kind === "change" ? [step.change] : []));
    expect(changes).toMatchObject([
      { kind: "file", path: "a", content: { bytes: new TextEncoder().encode("x\n") } },
      { kind: "chmod", path: "a", mode: 0 },
      { kind: "remove", path: "a" },
      { kind: "dir", path: "d" },
      { kind: "link", path: "l" },
    ]);
  });

  test("takes bytes in paths", () => {
    const script = parsed(scriptWith(`${request}    < 200`, "    file a\\x20b/\\xff\n"));
    expect(script.tree[0]?.path).toBe("a b/\xff");
  });
});

describe("refuses, with the line", () => {
  // A statement on line 6 of an otherwise valid script, and part of the fault's text.
  const statements: readonly (readonly [statement: string, expected: string])[] = [
    ["    GET / HTTP/1.1", "a statement"],
    ["    => GET /", "a statement"],
    ["    toString x", "a statement"],
    ["     > GET", "a statement"],
    ["> GET /", "four spaces before >"],
    ["< 200", "four spaces before <"],
    ["| body", "four spaces before |"],
    ["  | body", "four spaces before |"],
    ["\t> GET /", "four spaces, and not a tab"],
    ["```", "no fences"],
    ["    > a ", "no space at the end"],
    ["    > a\r", "LF alone"],
    ["    > a\\q", "and not \\q"],
    ["    > a\\x4", "and not \\x"],
    ["    > a\\", "and not \\"],
    ["    > {{unknown}}", "save unknown"],
    ["    >>", "text to send"],
    ["    fill 0 a", "a count from 1"],
    ["    fill 10", "fill COUNT TEXT"],
    ["    pause 100", "a span of time"],
    ["    pause 1m", "a span of time"],
    ["    half-close now", "nothing after the word"],
    ["    on", "on NAME"],
    ["    on a b", "on NAME"],
    ["    < 20", "< STATUS"],
    ["    < 200 or", "a status, a class"],
    ["    < 200 or 3x", "a status, a class"],
    ["    < closed or reset", "a status among the choices"],
    ["    < Na me: x", "< STATUS"],
    ["    < ETag ~ (", "a regular expression"],
    ["    < ETag ~ \\-", "a regular expression"],
    ["    has Na me", "a field name"],
    ["    maybe 200", "maybe 1xx"],
    ["    closed or gone", "closed, reset"],
    ["    body", "body empty, none"],
    ["    body length x", "body length COUNT"],
    ["    body sha256 abc", "64 lower-case"],
    ["    body is a.txt 4-3", "FIRST at most LAST"],
    ["    save = ETag", "save NAME"],
    ["    save a = ETag ~ x", "a group"],
    ["    continue", "continue only where"],
    ["    should", "a reference like"],
    ["    may be", "a reference like"],
    ["    must RFC 9112 §9.3, must", "a reference like"],
    ["    needs post-form", "settings before"],
    ["    alone", "settings before the first phase"],
    ["    hosts a.example:80", "hosts NAME..."],
    ["    hosts *", "hosts NAME..."],
    ["    | text", "content only after a file"],
    ["    has Date", "right after a response"],
    ["    chmod a.txt 99", "a mode in octal"],
    ["    remove ../a", "a relative path"],
    ["    remove /a", "a relative path"],
    ["    remove a//b", "a relative path"],
    ["    remove a\\x00", "a relative path"],
    [`    remove ${"a".repeat(256)}`, "names of 255 bytes, not 256"],
    ["    link a b", "link PATH -> TARGET"],
    ["    file a owner=root", 'and not "owner=root"'],
    ["    file a mode=8", "a mode in octal"],
    ["    file a mode=0644 mode=0600", "mode= once"],
    ["    file a mtime=yesterday", "mtime= a UTC time"],
    ["    file a mtime=2024-13-01T00:00:00Z", "mtime= a UTC time"],
    ["    file a size=3", "size= and fill= together"],
    ["    file a size=3 fill=zero", "fill=count"],
    ["## Another", "## TITLE (REFERENCE"],
    ["## Another (must)", "a reference before the strength"],
    ["## Another (RFC 9110 §9, might)", "must, should or may"],
    ["## Another (RFC9110 9, must)", "a reference like"],
    ["##Another (RFC 9110 §9, must)", "## TITLE (REFERENCE"],
    ["# Another", "one # TITLE"],
  ];
  for (const [statement, expected] of statements) {
    test(JSON.stringify(statement), () => {
      const found = faults(
        `# T\n\n## P (RFC 9110 §9, must)\n\n    on main\n${statement}\n    closed\n`,
      );
      expect(found.filter((fault) => fault.startsWith("t.wire:6: "))).toHaveLength(1);
      expect(found.join("\n")).toContain(expected);
    });
  }

  const heads: readonly (readonly [statement: string, expected: string])[] = [
    ["    > GET /", "a phase (## …) before"],
    ["    < 200", "a phase (## …) before"],
    ["    chmod a 0600", "chmod only in a phase"],
    ["    | text", "content only after a file"],
    ["    limit nothing 3", "the name of a limit"],
    ["    limit requestLineBytesMax 3", "at least 16"],
    ["    limit headerTimeMs -1", "limit NAME NUMBER"],
    ["    server", "server OPTIONS"],
    ["    server 'open", "single quotes in pairs"],
    ["    uncut", "uncut REASON"],
    ["    needs", "needs WORD"],
    ["    needs php", "of content-codings, "],
    ["    may RFC 9110 §9", "a phase (## …) before"],
    ["    continue", "continue only where"],
    ["    file a\n    file a", "each path once"],
    ["    file a\n    | {{x}}", "no capture here"],
  ];
  for (const [statement, expected] of heads) {
    test(`${JSON.stringify(statement)} before the first phase`, () => {
      const found = faults(scriptWith(`${request}    < 200`, `${statement}\n`));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(`t.wire:${2 + statement.split("\n").length}: `);
      expect(found[0]).toContain(expected);
    });
  }

  test("an indented block right under prose, which Markdown would not show as one", () => {
    expect(faults(scriptWith(`Prose\n${request}    < 200`))).toEqual([
      "t.wire:7: an empty line between prose and an indented block",
    ]);
  });

  test("a statement with less than four spaces, which would be taken for prose", () => {
    for (const spaces of [" ", "  ", "   "]) {
      expect(faults(scriptWith(`${request}    < 200`, `${spaces}file a.txt\n`))).toEqual([
        "t.wire:3: four spaces before file",
      ]);
    }
    expect(faults(scriptWith(`${request}    < 200\n\n  half-close`))).toEqual([
      "t.wire:10: four spaces before half-close",
    ]);
    expect(faults(scriptWith(`Prose\n  closed\n\n${request}    < 200`))).toEqual([
      "t.wire:7: four spaces before closed",
    ]);
    // A point of a list goes on in its next line, and may begin there with a statement's word.
    expect(faults(scriptWith(`- A point\n  file by file\n\n${request}    < 200`))).toEqual([]);
  });

  test("a phase that sends nothing, and one that expects nothing", () => {
    expect(faults(scriptWith("    open"))[0]).toContain("t.wire:4: something sent");
    expect(faults(scriptWith("    > a"))[0]).toContain("t.wire:4: something expected");
  });

  test("a script without a title, without a phase, and an empty one", () => {
    expect(faults("Prose\n")[0]).toBe("t.wire:1: # TITLE before anything else");
    expect(faults("# T\n\nProse\n")[0]).toContain("t.wire:3: at least one phase");
    expect(faults("")[0]).toBe("t.wire:1: # TITLE");
  });

  test("within without something to wait for", () => {
    const [fault] = faults(scriptWith(`${request}    < 200\n    within 1s`));
    expect(fault).toContain("t.wire:9: a response, closed or reset after within");
    expect(faults(scriptWith(`${request}    within 1s\n    open`))[0]).toContain("t.wire:9: ");
  });

  test("body none beside another word on the body", () => {
    expect(faults(scriptWith(`${request}    < 200\n    body none\n    body empty`))[0]).toContain(
      "t.wire:8: body none, and nothing else",
    );
  });

  test("a body that is a file which the tree lacks, or a folder of it", () => {
    const fault = "t.wire:10: a file of the tree, written before";
    expect(faults(scriptWith(`${request}    < 200\n    body is b`, "    file a\n"))).toEqual([
      fault,
    ]);
    expect(faults(scriptWith(`${request}    < 200\n    body is d`, "    dir d\n"))).toEqual([
      fault,
    ]);
  });

  test("continue that is not first in its phase", () => {
    const text2 = scriptWith(
      `${request}    < 200\n\n## Q (RFC 9110 §9, must)\n\n    > a\n    continue\n    < 200`,
    );
    expect(faults(text2)).toEqual(["t.wire:13: continue first in its phase"]);
  });

  test("every fault of a script at once", () => {
    expect(faults(scriptWith("    nonsense\n    < 2\n    > a\n    open"))).toHaveLength(2);
  });
});
