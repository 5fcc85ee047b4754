/**
 * What a script expects of an answer that was recorded: the status, the fields that are the same
 * each time by their values, the others by their presence, and the body.
 */

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

import { latin1Bytes } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";
import { fieldValues } from "../play/response-reader.ts";
import { isSecretField, secretsOfAnswer } from "./blanking.ts";
import type { Secrets } from "./blanking.ts";
import type { Captures } from "./captures.ts";
import type { RecordedResponse } from "./recorded.ts";
import { contentLines, isShortText, literalPattern } from "./wire-text.ts";

/** What an answer's expectation needs besides the answer. */
interface ExpectationContext {
  readonly captures: Captures;
  readonly secrets: Pick<Secrets, "areIn">;
  readonly target: string;
  /** Writes a file beside the script; answers with its path after "./". */
  keep(octets: Uint8Array, target: string, response: RecordedResponse): string;
}

/** The lines of an expectation, and what is said about it in prose. */
interface Expectation {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Fields that are another one each time. Transfer-Encoding is left out: how a body is framed may
 * follow from how fast it was made.
 */
const volatile = new RegExp(
  `^(?:${[
    "date|age|expires|keep-alive|server-timing|retry-after|via|nel|report-to|traceparent",
    "x-runtime|x-response-time|x-served-by|x-timer|cf-ray|x-cache.*|x-amz-.*id.*",
    ".*-?(?:request|correlation|trace)-?id|x-ratelimit-.*|ratelimit.*",
  ].join("|")})$`,
  "iu",
);
const unframed = "transfer-encoding";

/** The lines that expect `response`. */
export function expectation(response: RecordedResponse, context: ExpectationContext): Expectation {
  const body = bodyLines(response, context);
  return {
    lines: [
      `< ${response.status}`,
      ...fieldLines(response, context, body.isCompared),
      ...saveLines(response, context),
      ...body.lines,
    ],
    notes: body.notes,
  };
}

function fieldLines(
  response: RecordedResponse,
  { captures, secrets, target }: ExpectationContext,
  isCompared: boolean,
): readonly string[] {
  const names = new Map(response.fields.map(({ name }) => [name.toLowerCase(), name]));
  const isCoded = names.has("content-encoding");
  const saved = captures.savedFrom(response);
  return [...names].flatMap(([key, name]) => {
    const value = fieldValues(response.fields, name).join(", ");
    const has = [`has ${name}`];
    if (key === unframed || saved.some(({ field }) => field.toLowerCase() === key)) return [];
    const known = captures.nameOf(key === "etag" ? "ETag" : "Last-Modified", response, target);
    if (key === "etag" || key === "last-modified") {
      return known === undefined ? has : [`< ${name}: {{${known}}}`];
    }
    const isMade = key === "content-length" && (isCoded || !isCompared);
    const octets = latin1Bytes(value);
    if (volatile.test(key) || isMade || isSecretField(name, value) || secrets.areIn(octets)) {
      return has;
    }
    if (key === "content-type" && value.startsWith("multipart/")) {
      return [`< ${name} ~ ^${literalPattern(value.split(";", 1)[0] ?? "")};`];
    }
    return [`< ${name}:${value === "" ? "" : ` ${fieldText(octets)}`}`];
  });
}

/** A field's value in a line, without the mark of what has no LF. */
function fieldText(octets: Uint8Array): string {
  return (contentLines(octets)[0] ?? "").replace(/^\|\|? ?/u, "");
}

function saveLines(
  response: RecordedResponse,
  { captures }: ExpectationContext,
): readonly string[] {
  return captures.savedFrom(response).map(({ name = "", field, pattern }) => {
    const from = pattern === undefined ? "" : ` ~ ${pattern}`;
    return `save ${name} = ${field}${from}`;
  });
}

interface BodyLines {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  /** Whether the body is compared, so that its length is the same each time. */
  readonly isCompared: boolean;
}

function bodyLines(response: RecordedResponse, context: ExpectationContext): BodyLines {
  const { body, framing, status, fields } = response;
  if (framing === "none") return { lines: ["body none"], notes: [], isCompared: true };
  if (status < 200) return { lines: [], notes: [], isCompared: true };
  if (body.lengthBytes === 0) return { lines: ["body empty"], notes: [], isCompared: true };
  const { octets } = body;
  if (octets === undefined) {
    const lines = [`body length ${body.lengthBytes}`, `body sha256 ${body.digest}`];
    return { lines, notes: [], isCompared: true };
  }
  const isCoded = fieldValues(fields, "Content-Encoding").length > 0;
  const decoded = isCoded ? decodedOf(response, octets) : undefined;
  const content = decoded ?? octets;
  const names = secretsOfAnswer(fields, content);
  if (names.length > 0) {
    const note = `The answer's body has ${names.join(", ")}, so it isn't compared.`;
    return { lines: [], notes: [note], isCompared: false };
  }
  if (context.secrets.areIn(content)) {
    const note = "The answer's body repeats what was blanked, so it isn't compared.";
    return { lines: [], notes: [note], isCompared: false };
  }
  const type = fieldValues(fields, "Content-Type").join(", ");
  if (type.startsWith("multipart/")) {
    // The boundary may be another one each time.
    return { lines: [`body length ${octets.length}`], notes: [], isCompared: true };
  }
  const mark = decoded === undefined ? [] : ["decoded"];
  const lines = isShortText(content)
    ? contentLines(content)
    : [`body is ./${context.keep(content, context.target, response)}`];
  return { lines: [...mark, ...lines], notes: [], isCompared: true };
}

const bound = { maxOutputLength: checkLimits.decodedBytesMax } as const;

const decoders: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  gzip: (body) => gunzipSync(body, bound),
  deflate: (body) => inflateSync(body, bound),
  br: (body) => brotliDecompressSync(body, bound),
  zstd: (body) => zstdDecompressSync(body, bound),
};

/** The body without its content coding; undefined where there isn't one alone, or it is broken. */
function decodedOf({ fields }: RecordedResponse, octets: Uint8Array): Uint8Array | undefined {
  const coding = fieldValues(fields, "Content-Encoding").join(", ").trim().toLowerCase();
  const decode = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
  try {
    return decode?.(octets);
  } catch {
    return undefined;
  }
}
