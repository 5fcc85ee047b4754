/**
 * Compares a response with what the script expects of it. Pure: each check is a function that
 * returns a failure or `undefined`. The first failure is reported, in the order status, fields,
 * body, saved values.
 */

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

import { equalBytes, latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import { besideBytes } from "../script/beside.ts";
import { fillTemplate, visibleText } from "../script/escape.ts";
import type {
  BodyCheck,
  Content,
  FieldCheck,
  ResponseStep,
  Save,
  Script,
  StatusChoice,
  Template,
} from "../script/script.ts";
import type { HttpResponse } from "./response-reader.ts";
import type { MessageField } from "./message-reader.ts";
import { fieldValues } from "./response-reader.ts";
import { contentBytes } from "./script-tree.ts";

/** An expectation that did not hold: its line, and what came instead. */
export interface Failure {
  readonly line: number;
  readonly expected: string;
  readonly came: string;
  /** Both byte sequences, where the report can show the first difference. */
  readonly difference?: Difference;
  /** The response that was judged. */
  readonly response?: HttpResponse;
  /** Whether a value is missing that an earlier phase should have saved, so that none can tell. */
  readonly unsaved?: true;
  /** Whether the server closed the connection behind a whole answer, and nothing else is wrong. */
  readonly closedBehind?: true;
  /** Whether the time ran out and not a byte had come. */
  readonly silent?: true;
}

interface Difference {
  readonly expected: Uint8Array;
  readonly came: Uint8Array;
}

/** The values that a script has saved so far by name, and the current content of files by path. */
export interface Memory {
  readonly captures: Map<string, Uint8Array>;
  readonly files: Map<string, Content>;
  /** The script's path, for the files beside it. */
  readonly script?: string;
}

/** The memory of a script before its first phase. */
export function freshMemory(script: Script): Memory {
  const files = new Map<string, Content>();
  for (const entry of script.tree) if (entry.kind === "file") files.set(entry.path, entry.content);
  return { captures: new Map(), files, script: script.file };
}

/** Decides whether the outcome of a check fails its phase. Returns the failure if so. */
export type Weigh = (
  check: FieldCheck | BodyCheck,
  failure: Failure | undefined,
  response: HttpResponse,
) => Failure | undefined;

const unweighed: Weigh = (_, failure) => failure;

/**
 * The first expectation of `step` that `response` fails. Without one, the step's values are saved.
 */
export function judgeResponse(
  step: ResponseStep,
  response: HttpResponse,
  memory: Memory,
  weigh: Weigh = unweighed,
): Failure | undefined {
  const failure =
    judgeStatus(step, response) ??
    firstFailure(step.fields, (check) =>
      weigh(check, judgeField(check, response.fields, memory), response),
    ) ??
    judgeBody(step, response, memory, weigh) ??
    firstFailure(step.saves, (each) => saveField(each, response.fields, memory));
  return failure === undefined ? undefined : { ...failure, response };
}

/** The failure of the first check that has one. */
export function firstFailure<Check>(
  checks: readonly Check[],
  judge: (check: Check) => Failure | undefined,
): Failure | undefined {
  for (const check of checks) {
    const failure = judge(check);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** The choices as the script writes them: `200 or 4xx or closed`. */
export function choicesText(choices: readonly StatusChoice[]): string {
  const words = choices.map((choice) => {
    if (choice.kind === "status") return String(choice.status);
    return choice.kind === "class" ? `${choice.class}xx` : choice.end;
  });
  return words.join(" or ");
}

function judgeStatus(step: ResponseStep, response: HttpResponse): Failure | undefined {
  const { line } = step;
  const came = `${response.version} ${response.status} ${response.reason}`;
  const fits = step.choices.some((choice) => {
    if (choice.kind === "status") return choice.status === response.status;
    return choice.kind === "class" && choice.class === Math.floor(response.status / 100);
  });
  if (!fits) return { line, expected: `status ${choicesText(step.choices)}`, came };
  if (step.reason !== undefined && step.reason !== response.reason) {
    return { line, expected: `the reason phrase "${step.reason}"`, came };
  }
  return undefined;
}

/** Checks a field's value, its lines combined with ", " (RFC 9110 §5.3). */
export function judgeField(
  check: FieldCheck,
  fields: readonly MessageField[],
  memory: Memory,
): Failure | undefined {
  const { line, name } = check;
  const values = fieldValues(fields, name);
  const value = values.join(", ");
  const came =
    values.length === 0 ? `no ${name}` : values.map((v) => `${name}: ${v}`).join(" and ");
  switch (check.kind) {
    case "present":
      return values.length > 0 ? undefined : { line, expected: `the field ${name}`, came };
    case "absent":
      return values.length === 0 ? undefined : { line, expected: `no ${name}`, came };
    case "once":
      return values.length === 1 ? undefined : { line, expected: `${name} exactly once`, came };
    case "matches":
      if (values.length > 0 && check.pattern.test(value)) return undefined;
      return { line, expected: `${name} ~ ${check.pattern.source}`, came };
    case "equals": {
      const wanted = resolve(check.value, memory, line);
      if (!(wanted instanceof Uint8Array)) return wanted;
      if (values.length > 0 && value === latin1Text(wanted)) return undefined;
      return { line, expected: `${name}: ${visibleText(wanted)}`, came };
    }
  }
}

/** A template's bytes, or the failure that a saved value is missing. */
export function resolve(template: Template, memory: Memory, line: number): Uint8Array | Failure {
  const filled = fillTemplate(template, memory.captures);
  if (filled.ok) return filled.value;
  const came = "nothing was saved: the phase that saves it did not hold";
  return { line, expected: `{{${filled.error}}}`, came, unsaved: true };
}

/** The bytes of a file beside the script, or the failure that it can't be read. */
export function besideOf(
  { line, path }: { readonly line: number; readonly path: string },
  { script = "" }: Memory,
): Uint8Array | Failure {
  const expected = `the file ${path} beside the script`;
  return besideBytes(script, path) ?? { line, expected, came: "it can't be read" };
}

function judgeBody(
  step: ResponseStep,
  response: HttpResponse,
  memory: Memory,
  weigh: Weigh,
): Failure | undefined {
  if (step.body.length === 0) return undefined;
  const body = step.decoded ? decode(response, step.line) : response.body;
  if (!(body instanceof Uint8Array)) return body;
  return firstFailure(step.body, (check) =>
    weigh(check, judgeBodyCheck(check, body, memory), response),
  );
}

/** Checks a body, or what of it is left when its content coding is removed. */
export function judgeBodyCheck(
  check: BodyCheck,
  body: Uint8Array,
  memory: Memory,
): Failure | undefined {
  const { line } = check;
  const came = `${body.length} bytes of body`;
  switch (check.kind) {
    case "empty":
      if (body.length === 0) return undefined;
      return { line, expected: "an empty body", came: `${came}: ${visibleText(body)}` };
    case "length":
      if (body.length === check.lengthBytes) return undefined;
      return { line, expected: `a body of ${check.lengthBytes} bytes`, came };
    case "sha256": {
      const digest = new Bun.CryptoHasher("sha256").update(body).digest("hex");
      if (digest === check.digest) return undefined;
      return { line, expected: `a body with the digest ${check.digest}`, came: digest };
    }
    case "matches":
      if (check.pattern.test(new TextDecoder().decode(body))) return undefined;
      return { line, expected: `a body ~ ${check.pattern.source}`, came };
    case "has":
    case "lacks":
      return judgeContains(check, body, memory);
    case "file":
      return judgeFile(check, body, memory);
    case "beside": {
      const wanted = besideOf(check, memory);
      return wanted instanceof Uint8Array
        ? compare(line, wanted, body, `the bytes of ./${check.path}`)
        : wanted;
    }
    case "exact": {
      const wanted = resolve(check.text, memory, line);
      return wanted instanceof Uint8Array ? compare(line, wanted, body, "this body") : wanted;
    }
  }
}

function judgeContains(
  check: BodyCheck & { kind: "has" | "lacks" },
  body: Uint8Array,
  memory: Memory,
): Failure | undefined {
  const wanted = resolve(check.text, memory, check.line);
  if (!(wanted instanceof Uint8Array)) return wanted;
  const found = Buffer.from(body.buffer, body.byteOffset, body.length).includes(wanted);
  if (found === (check.kind === "has")) return undefined;
  const expected = `a body that ${check.kind} "${visibleText(wanted)}"`;
  return { line: check.line, expected, came: `${body.length} bytes of body` };
}

function judgeFile(
  check: BodyCheck & { kind: "file" },
  body: Uint8Array,
  memory: Memory,
): Failure | undefined {
  const { line, path, range } = check;
  const content = memory.files.get(path);
  if (content === undefined) return { line, expected: `the file ${path}`, came: "no such file" };
  const whole = contentBytes(content);
  if (range === undefined) return compare(line, whole, body, `the bytes of ${path}`);
  const part = whole.subarray(range.firstBytePos, range.lastBytePos + 1);
  const name = `bytes ${range.firstBytePos}-${range.lastBytePos} of ${path}`;
  return compare(line, part, body, name);
}

function compare(
  line: number,
  expected: Uint8Array,
  came: Uint8Array,
  name: string,
): Failure | undefined {
  if (equalBytes(expected, came)) return undefined;
  return {
    line,
    expected: `${name}, ${expected.length} bytes`,
    came: `${came.length} bytes of body`,
    difference: { expected, came },
  };
}

/** The body without its content codings, removed in reverse order (RFC 9110 §8.4). */
function decode(response: HttpResponse, line: number): Uint8Array | Failure {
  const codings = fieldValues(response.fields, "Content-Encoding")
    .flatMap((value) => value.split(","))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "");
  let { body } = response;
  for (const coding of codings.toReversed()) {
    const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
    if (decoder === undefined) {
      return { line, expected: "a known content coding", came: `Content-Encoding: ${coding}` };
    }
    try {
      body = decoder(body);
    } catch (error) {
      const came = error instanceof Error ? error.message : "something else";
      return { line, expected: `content in the coding ${coding}`, came };
    }
  }
  return body;
}

const decoders: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body),
  "x-gzip": (body) => gunzipSync(body),
  deflate: (body) => inflateSync(body),
  br: (body) => brotliDecompressSync(body),
  zstd: (body) => zstdDecompressSync(body),
};

/** Saves a field's value, or what the pattern's first group matches in it. */
export function saveField(
  wanted: Save,
  fields: readonly MessageField[],
  memory: Memory,
): Failure | undefined {
  const { line, name, field, pattern } = wanted;
  const values = fieldValues(fields, field);
  const value = values.join(", ");
  if (values.length === 0) return { line, expected: `the field ${field}`, came: `no ${field}` };
  const found = pattern === undefined ? value : pattern.exec(value)?.[1];
  if (found === undefined) {
    const expected = `${field} ~ ${pattern?.source ?? ""}`;
    return { line, expected, came: `${field}: ${value}` };
  }
  memory.captures.set(name, latin1Bytes(found));
  return undefined;
}
