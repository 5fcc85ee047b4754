/**
 * Parses one indented line of a script into a statement, without regard to its position;
 * `script-parser.ts` checks the order. `docs/wire-scripts.md` has the complete grammar.
 *
 * A line is a marker (`>`, `>>`, `<`, `|`, `||`) or a keyword, one space, and the rest. An unknown
 * statement is a fault. So is a space at the end of a line, since it is invisible in the script.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import { isBeside, readBeside } from "./beside.ts";
import { readOwnStrength } from "./heading.ts";
import { isNeed, needWords } from "./need.ts";
import type { Need } from "./need.ts";
import { joinTemplates, readBytes, readTemplate } from "./escape.ts";
import type {
  BodyCheck,
  ConnectionEnd,
  FieldCheck,
  OwnStrength,
  Save,
  SendPart,
  StatusChoice,
  Step,
  Strength,
  Template,
  TreeChange,
} from "./script.ts";
import { readPath, readTreeStatement } from "./tree-statement.ts";
import { checkLimits } from "../limits.ts";

const { fillBytesMax } = checkLimits;

/** A step that takes one line. */
export type PlainStep = Exclude<Step, { kind: "send" | "response" | "change" }>;

/** The statement on one line. */
export type Statement =
  | { readonly kind: "setting"; readonly setting: Setting }
  | { readonly kind: "continue" }
  | { readonly kind: "change"; readonly change: TreeChange }
  | { readonly kind: "send"; readonly part: SendPart }
  | { readonly kind: "content"; readonly text: Template }
  | {
      readonly kind: "status";
      readonly choices: readonly StatusChoice[];
      readonly reason?: string;
    }
  | { readonly kind: "field"; readonly check: FieldCheck }
  | { readonly kind: "body"; readonly check: BodyCheck }
  | { readonly kind: "body-none" }
  | { readonly kind: "decoded" }
  | { readonly kind: "save"; readonly save: Save }
  | { readonly kind: "within"; readonly ms: number }
  | { readonly kind: "own"; readonly own: OwnStrength }
  | {
      readonly kind: "step";
      readonly step: Exclude<Step, { kind: "send" | "response" | "change" }>;
    };

/** A setting of the whole script. */
export type Setting =
  | { readonly kind: "server"; readonly words: readonly string[] }
  | { readonly kind: "limit"; readonly name: string; readonly value: number }
  | { readonly kind: "hosts"; readonly names: readonly string[] }
  | { readonly kind: "needs"; readonly words: readonly Need[] }
  | { readonly kind: "alone" | "cleartext" | "stateful" | "client" }
  | { readonly kind: "uncut"; readonly reason: string };

type Reader = (rest: string, line: number) => Result<Statement, string>;

/** A field name is a token (RFC 9110 §5.6.2). */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const word = /^[A-Za-z][A-Za-z0-9-]*$/u;

const tree: (keyword: string) => Reader = (keyword) => (rest, line) => {
  const change = readTreeStatement(keyword, rest, line);
  return change.ok ? success({ kind: "change", change: change.value }) : change;
};

const step: (make: (line: number) => PlainStep) => Reader = (make) => (rest, line) =>
  rest === "" ? success({ kind: "step", step: make(line) }) : failure("nothing after the word");

const own: (strength: Strength) => Reader = (strength) => (rest) => {
  const read = readOwnStrength(strength, rest);
  return read.ok ? success({ kind: "own", own: read.value }) : read;
};

/** The parsers of all statements, by marker or keyword. */
const readers: Readonly<Record<string, Reader>> = {
  file: tree("file"),
  dir: tree("dir"),
  fifo: tree("fifo"),
  link: tree("link"),
  chmod: tree("chmod"),
  remove: tree("remove"),

  server: (rest) => readServer(rest),
  limit: (rest) => readLimit(rest),
  hosts: (rest) => readHosts(rest),
  needs: (rest) => readNeeds(rest),
  alone: (rest) => bare(rest, { kind: "setting", setting: { kind: "alone" } }),
  cleartext: (rest) => bare(rest, { kind: "setting", setting: { kind: "cleartext" } }),
  stateful: (rest) => bare(rest, { kind: "setting", setting: { kind: "stateful" } }),
  client: (rest) => bare(rest, { kind: "setting", setting: { kind: "client" } }),
  uncut: (rest) =>
    rest === ""
      ? failure("uncut REASON: why the script is not replayed")
      : success({ kind: "setting", setting: { kind: "uncut", reason: rest } }),
  continue: (rest) => bare(rest, { kind: "continue" }),

  ">": (rest) => readSend(rest, "\r\n"),
  ">>": (rest) => (rest === "" ? failure("text to send") : readSend(rest, "")),
  fill: (rest) => readFill(rest),
  send: (rest, line) => readSendFile(rest, line),
  pause: (rest, line) => span(rest, (ms) => ({ kind: "step", step: { kind: "pause", line, ms } })),
  "half-close": step((line) => ({ kind: "half-close", line })),
  close: step((line) => ({ kind: "close", line })),
  abort: step((line) => ({ kind: "abort", line })),
  on: (rest, line) =>
    word.test(rest)
      ? success({ kind: "step", step: { kind: "on", line, connection: rest } })
      : failure("on NAME, of letters, digits and hyphens"),

  "<": (rest, line) => readExpected(rest, line),
  "|": (rest) => readContent(rest, "\n"),
  "||": (rest) => (rest === "" ? failure("text") : readContent(rest, "")),
  has: (rest, line) => named("present", rest, line),
  no: (rest, line) => named("absent", rest, line),
  one: (rest, line) => named("once", rest, line),
  body: (rest, line) => readBody(rest, line),
  decoded: (rest) => bare(rest, { kind: "decoded" }),
  save: (rest, line) => readSave(rest, line),
  must: own("must"),
  should: own("should"),
  may: own("may"),
  within: (rest) => span(rest, (ms) => ({ kind: "within", ms })),
  maybe: (rest, line) =>
    /^1\d\d$/u.test(rest)
      ? success({ kind: "step", step: { kind: "maybe", line, status: Number(rest) } })
      : failure("maybe 1xx: an interim status, like maybe 100"),
  open: step((line) => ({ kind: "open", line })),
  closed: (rest, line) => readEnd(`closed ${rest}`, line),
  reset: (rest, line) => readEnd(`reset ${rest}`, line),
  silence: (rest, line) =>
    span(rest, (ms) => ({ kind: "step", step: { kind: "silence", line, ms } })),
};

/** Whether `text` begins with the marker or the keyword of a statement. */
export function beginsStatement(text: string): boolean {
  return Object.hasOwn(readers, text.split(" ", 1)[0] ?? "");
}

/** Parses a line without its indentation. Fails with what was expected. */
export function readStatement(text: string, line: number): Result<Statement, string> {
  if (/\s$/u.test(text)) return failure("no space at the end of the line; write \\x20");
  const space = text.indexOf(" ");
  const keyword = space === -1 ? text : text.slice(0, space);
  const rest = space === -1 ? "" : text.slice(space + 1);
  const reader = Object.hasOwn(readers, keyword) ? readers[keyword] : undefined;
  if (reader === undefined) return failure(`a statement, and not "${text}"`);
  return reader(rest, line);
}

/** Names as Host carries them; `server` has the option for what is more than a name. */
function readHosts(rest: string): Result<Statement, string> {
  const names = rest.split(" ");
  return names.every((name) => /^[A-Za-z0-9][\w.-]*$/u.test(name))
    ? success({ kind: "setting", setting: { kind: "hosts", names } })
    : failure("hosts NAME...: names that the server answers to, without ports");
}

function bare(rest: string, statement: Statement): Result<Statement, string> {
  return rest === "" ? success(statement) : failure("nothing after the word");
}

function span(text: string, make: (ms: number) => Statement): Result<Statement, string> {
  const match = /^(\d{1,6})(ms|s)$/u.exec(text);
  if (match === null) return failure("a span of time like 100ms or 2s");
  return success(make(Number(match[1]) * (match[2] === "s" ? 1000 : 1)));
}

/** Arguments, separated by spaces. Text between single quotes is kept as it is. */
function readServer(rest: string): Result<Statement, string> {
  const words: string[] = [];
  const pattern = /(?:[^\s']|'[^']*')+/gu;
  if (rest === "" || rest.replaceAll(pattern, "").trim() !== "") {
    return failure("server OPTIONS, with single quotes in pairs");
  }
  for (const [match] of rest.matchAll(pattern)) words.push(match.replaceAll("'", ""));
  return success({ kind: "setting", setting: { kind: "server", words } });
}

function readNeeds(rest: string): Result<Statement, string> {
  const words = rest.split(" ");
  if (!words.every(isNeed)) return failure(`needs WORD..., of ${needWords.join(", ")}`);
  return success({ kind: "setting", setting: { kind: "needs", words } });
}

function readLimit(rest: string): Result<Statement, string> {
  const match = /^([A-Za-z]+) (\d{1,12})$/u.exec(rest);
  if (match === null) return failure("limit NAME NUMBER, like limit headerTimeMs 300");
  const [, name = "", value] = match;
  return success({ kind: "setting", setting: { kind: "limit", name, value: Number(value) } });
}

export function readSend(rest: string, ending: string): Result<Statement, string> {
  const text = readTemplate(rest);
  if (!text.ok) return text;
  const line = joinTemplates([text.value, [utf8Bytes(ending)]]);
  return success({ kind: "send", part: { kind: "text", text: line } });
}

function readFill(rest: string): Result<Statement, string> {
  const match = /^(\d{1,9}) (.+)$/u.exec(rest);
  if (match === null) return failure("fill COUNT TEXT");
  const pattern = readBytes(match[2] ?? "");
  if (!pattern.ok) return pattern;
  const count = Number(match[1]);
  if (count === 0 || count > fillBytesMax) return failure(`a count from 1 to ${fillBytesMax}`);
  return success({ kind: "send", part: { kind: "fill", count, pattern: pattern.value } });
}

/** `send ./PATH`: the bytes of a file beside the script. */
function readSendFile(rest: string, line: number): Result<Statement, string> {
  const path = readBeside(rest);
  if (!path.ok) return failure("send ./PATH, of a file beside the script");
  return success({ kind: "send", part: { kind: "beside", line, path: path.value } });
}

function readContent(rest: string, ending: string): Result<Statement, string> {
  const text = readTemplate(rest);
  if (!text.ok) return text;
  return success({ kind: "content", text: joinTemplates([text.value, [utf8Bytes(ending)]]) });
}

/** `< 200`, `< 404 Not Found`, `< 206 or 4xx or closed`, `< Name: value` or `< Name ~ regex`. */
function readExpected(rest: string, line: number): Result<Statement, string> {
  if (/^[1-9](?:\d\d|xx)(?: |$)|^(?:closed|reset) or /u.test(rest)) return readStatus(rest);
  const check = readFieldCheck(rest, line);
  if (check === undefined) return failure("< STATUS, < Name: value or < Name ~ regex");
  return check.ok ? success({ kind: "field", check: check.value }) : check;
}

/** `Name: value` or `Name ~ regex`; `undefined` if `rest` is neither. */
export function readFieldCheck(rest: string, line: number): Result<FieldCheck, string> | undefined {
  const equals = /^([^\s:]+):(?: (.*))?$/u.exec(rest);
  if (equals !== null && token.test(equals[1] ?? "")) {
    const value = readTemplate((equals[2] ?? "").trim());
    if (!value.ok) return value;
    return success({ kind: "equals", line, name: equals[1] ?? "", value: value.value });
  }
  const matches = /^(\S+) ~ (.+)$/u.exec(rest);
  if (matches !== null && token.test(matches[1] ?? "")) {
    const pattern = readPattern(matches[2] ?? "");
    if (!pattern.ok) return pattern;
    return success({ kind: "matches", line, name: matches[1] ?? "", pattern: pattern.value });
  }
  return undefined;
}

function readStatus(rest: string): Result<Statement, string> {
  const withReason = /^([1-9]\d\d) (?!or\b)(.+)$/u.exec(rest);
  if (withReason !== null) {
    const status = Number(withReason[1]);
    const choices = [{ kind: "status", status }] as const;
    return success({ kind: "status", choices, reason: withReason[2] ?? "" });
  }
  const choices: StatusChoice[] = [];
  for (const choice of rest.split(" or ")) {
    if (/^[1-9]\d\d$/u.test(choice)) choices.push({ kind: "status", status: Number(choice) });
    else if (/^[1-9]xx$/u.test(choice)) choices.push({ kind: "class", class: Number(choice[0]) });
    else if (choice === "closed" || choice === "reset") choices.push({ kind: "end", end: choice });
    else return failure(`a status, a class like 4xx, closed or reset, and not "${choice}"`);
  }
  if (choices.every(({ kind }) => kind === "end")) return failure("a status among the choices");
  return success({ kind: "status", choices });
}

/** An ECMAScript pattern with the u flag, which makes unknown escapes an error. */
function readPattern(text: string): Result<RegExp, string> {
  try {
    return success(new RegExp(text, "u"));
  } catch (error) {
    return failure(
      `a regular expression (${error instanceof Error ? error.message : "no reason"})`,
    );
  }
}

function named(
  kind: "present" | "absent" | "once",
  rest: string,
  line: number,
): Result<Statement, string> {
  if (!token.test(rest)) return failure("a field name");
  return success({ kind: "field", check: { kind, line, name: rest } });
}

function readEnd(text: string, line: number): Result<Statement, string> {
  const ends = text.trim().split(" or ");
  const known = ends.every((end): end is ConnectionEnd => end === "closed" || end === "reset");
  if (!known) return failure("closed, reset, or closed or reset");
  return success({ kind: "step", step: { kind: "end", line, ends } });
}

function readSave(rest: string, line: number): Result<Statement, string> {
  const match = /^([A-Za-z][A-Za-z0-9-]*) = (\S+)(?: ~ (.+))?$/u.exec(rest);
  const [, name = "", field = "", patternText] = match ?? [];
  if (match === null || !token.test(field)) return failure("save NAME = Field-Name [~ regex]");
  if (patternText === undefined) return success({ kind: "save", save: { line, name, field } });
  const pattern = readPattern(patternText);
  if (!pattern.ok) return pattern;
  if (!/(?<!\\)\((?!\?)/u.test(patternText)) return failure("a group in the regex: what to save");
  return success({ kind: "save", save: { line, name, field, pattern: pattern.value } });
}

function readBody(rest: string, line: number): Result<Statement, string> {
  const space = rest.indexOf(" ");
  const keyword = space === -1 ? rest : rest.slice(0, space);
  const text = space === -1 ? "" : rest.slice(space + 1);
  if (keyword === "none") return bare(text, { kind: "body-none" });
  const check = readBodyCheck(keyword, text, line);
  return check.ok ? success({ kind: "body", check: check.value }) : check;
}

function readBodyCheck(keyword: string, text: string, line: number): Result<BodyCheck, string> {
  switch (keyword) {
    case "empty":
      return text === "" ? success({ kind: "empty", line }) : failure("nothing after the word");
    case "length":
      if (!/^\d{1,12}$/u.test(text)) return failure("body length COUNT");
      return success({ kind: "length", line, lengthBytes: Number(text) });
    case "sha256":
      if (!/^[0-9a-f]{64}$/u.test(text)) return failure("64 lower-case hexadecimal digits");
      return success({ kind: "sha256", line, digest: text });
    case "is":
      return readBodyFile(text, line);
    case "has":
    case "lacks": {
      const template = readTemplate(text);
      if (!template.ok) return template;
      if (text === "") return failure(`body ${keyword} TEXT`);
      return success({ kind: keyword, line, text: template.value });
    }
    case "~": {
      const pattern = text === "" ? failure("body ~ regex") : readPattern(text);
      return pattern.ok ? success({ kind: "matches", line, pattern: pattern.value }) : pattern;
    }
    default:
      return failure("body empty, none, length, sha256, is, has, lacks or ~");
  }
}

/** `body is PATH`, or its bytes FIRST to LAST, both inclusive (RFC 9110 §14.1.2), or `./PATH`. */
function readBodyFile(text: string, line: number): Result<BodyCheck, string> {
  if (isBeside(text)) {
    const beside = readBeside(text);
    return beside.ok ? success({ kind: "beside", line, path: beside.value }) : beside;
  }
  const match = /^(\S+)(?: (\d{1,12})-(\d{1,12}))?$/u.exec(text);
  if (match === null) return failure("body is PATH [FIRST-LAST]");
  const path = readPath(match[1] ?? "");
  if (!path.ok) return path;
  if (match[2] === undefined) return success({ kind: "file", line, path: path.value });
  const range = { firstBytePos: Number(match[2]), lastBytePos: Number(match[3]) };
  if (range.firstBytePos > range.lastBytePos) return failure("FIRST at most LAST");
  return success({ kind: "file", line, path: path.value, range });
}
