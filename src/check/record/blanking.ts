/**
 * Blanks credentials in what a client sent. The value of a field becomes the word `blanked`; one in
 * a target or a body becomes as many letters x, so that lengths stay right.
 *
 * Blanked is what stands behind a sensitive name: fields, cookies, parameters of the query, also in
 * Referer, controls of a urlencoded or multipart form, strings in JSON. What was blanked once is
 * blanked wherever it occurs again. What is no request is searched for all of these.
 */

import { latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";
import type { RequestField, RequestHead, RequestMessage } from "./recorded.ts";
import { isSensitive } from "./sensitive-name.ts";

/** Octets of a message that are written differently: as others, or as a saved value. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: Uint8Array | { readonly capture: string };
}

/** A found credential: where it is, and what it is called in words. */
interface Finding {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** Whether its length has to stay. */
  readonly isSized: boolean;
  /** The name of the cookie whose value it is. */
  readonly cookie?: string;
}

/** The credentials that were blanked, so that they are found where they occur again. */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #countMax: number;
  readonly #charsMin: number | undefined;

  /**
   * Beyond `countMax` values the oldest is forgotten. Values have at least `charsMin` characters;
   * by default as many that they don't occur by chance.
   */
  constructor(countMax: number, charsMin?: number) {
    this.#countMax = countMax;
    this.#charsMin = charsMin;
  }

  /** Adds a value that is long enough. One of a cookie may be any word. */
  add(value: string, isCookie = false): void {
    const charsMin = this.#charsMin ?? (isCookie ? cookieCharsMin : secretCharsMin);
    for (const one of [value, decodeForm(value)]) {
      if (one.length >= charsMin) this.#values.add(one);
    }
    for (const oldest of this.#values) {
      if (this.#values.size <= this.#countMax) break;
      this.#values.delete(oldest);
    }
  }

  /** Where they occur in `text`. */
  findIn(text: string): readonly Finding[] {
    const found: Finding[] = [];
    for (const value of this.#values) {
      for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length)) {
        const end = at + value.length;
        if (isPartOfWord(text, at, end)) continue;
        found.push({ start: at, end, name: "what was blanked before", isSized: true });
      }
    }
    return found;
  }

  /** Whether one of them occurs in `octets`. */
  areIn(octets: Uint8Array): boolean {
    return this.findIn(latin1Text(octets)).length > 0;
  }
}

const { secretCharsMin, cookieCharsMin } = checkLimits;

/** Whether letters or digits go on before `start` or at `end`. */
function isPartOfWord(text: string, start: number, end: number): boolean {
  return isWordUnit(text[start - 1]) || isWordUnit(text[end]);
}

function isWordUnit(unit: string | undefined): boolean {
  return /^[A-Za-z0-9]$/u.test(unit ?? "");
}

function decodeForm(value: string): string {
  try {
    return Buffer.from(decodeURIComponent(value.replaceAll("+", " "))).toString("latin1");
  } catch {
    return value;
  }
}

/** The edits that blank `message`, and what they blank, in words. `kept` are left alone. */
export function blanked(
  message: RequestMessage,
  secrets: Secrets,
  kept: readonly Edit[],
): { readonly edits: readonly Edit[]; readonly names: readonly string[] } {
  const { octets, head } = message;
  const text = latin1Text(octets);
  const found = head === undefined ? inAnything(text) : inRequest(message, head, text);
  for (const { start, end, cookie } of found) {
    secrets.add(text.slice(start, end), cookie !== undefined);
  }
  const edits: Edit[] = [...kept];
  const names = new Set<string>();
  for (const { start, end, name, isSized } of [...found, ...secrets.findIn(text)]) {
    if (start >= end || edits.some((edit) => edit.start < end && start < edit.end)) continue;
    const by = isSized ? new Uint8Array(end - start).fill(0x78) : latin1Bytes("blanked");
    edits.push({ start, end, by });
    names.add(name);
  }
  return { edits: edits.toSorted((a, b) => a.start - b.start), names: [...names] };
}

function inRequest(message: RequestMessage, head: RequestHead, text: string): readonly Finding[] {
  const { target, targetStart, fields } = head;
  const userinfo = /^[a-z]+:\/\/([^/?#@]+)@/iu.exec(target)?.[1];
  const before = target.indexOf("//") + 2;
  const found: Finding[] = parameters(target, targetStart, "the query's ");
  if (userinfo !== undefined) {
    const start = targetStart + before;
    found.push({ start, end: start + userinfo.length, name: "the userinfo", isSized: true });
  }
  for (const field of fields) found.push(...inField(field));
  return [...found, ...inPayload(message, head, text)];
}

function inField({ name, value, start, end }: RequestField): readonly Finding[] {
  if (name.toLowerCase() === "cookie") return cookiesIn(value, start);
  if (name.toLowerCase() === "referer") return parameters(value, start, "the query's ");
  if (!isSensitive(name)) return [];
  // The scheme is no secret (RFC 9110 §11.4).
  const scheme = /authorization$/iu.test(name) ? (/^[\w-]+ +(?=\S)/u.exec(value)?.[0] ?? "") : "";
  return [{ start: start + scheme.length, end, name: `the field ${name}`, isSized: false }];
}

/** The values of a Cookie field (RFC 6265 §4.2.1). */
export function cookiesIn(value: string, at: number): Finding[] {
  const pairs = value.matchAll(/(?<=^|[;\s])([^=;\s]+)=([^;]*)/gu);
  return Array.from(pairs, (pair) => {
    const [whole, name = "", of = ""] = pair;
    const start = at + pair.index + whole.length - of.length;
    const end = start + of.length;
    return { start, end, name: `the cookie ${name}`, isSized: false, cookie: name };
  });
}

/** Values behind sensitive names in `a=b&c=d`, which may stand in a URL. */
function parameters(text: string, at: number, where: string): Finding[] {
  const found: Finding[] = [];
  for (const pair of text.matchAll(/(?<=^|[?&;\s])([^?&;=\s]+)=([^&;#\s]*)/gu)) {
    const [whole, name = "", value = ""] = pair;
    const decoded = decodeForm(name);
    if (!isSensitive(decoded)) continue;
    const start = at + pair.index + whole.length - value.length;
    const end = start + value.length;
    found.push({ start, end, name: `${where}${decoded}`, isSized: true });
  }
  return found;
}

/** The media type of a request or a response, in lower case, with its parameters. */
function typeOf(fields: readonly { readonly name: string; readonly value: string }[]): string {
  return fields.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
}

/** The strings behind sensitive names in JSON, at any depth. */
function members(text: string): Finding[] {
  const found: Finding[] = [];
  for (const member of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)"/gu)) {
    const [whole, name = "", value = ""] = member;
    if (!isSensitive(name)) continue;
    const end = member.index + whole.length - 1;
    found.push({ start: end - value.length, end, name: `the member ${name}`, isSized: true });
  }
  return found;
}

/** The contents of the parts with sensitive names (RFC 7578 §4.2). */
function partsOf(text: string, type: string): Finding[] {
  const boundary = /boundary=(?:"([^"]+)"|([^\s;]+))/iu.exec(type);
  const delimiter = `--${boundary?.[1] ?? boundary?.[2] ?? ""}`;
  const found: Finding[] = [];
  for (let at = text.indexOf(delimiter); at !== -1;) {
    const next = text.indexOf(delimiter, at + delimiter.length);
    const part = text.slice(at, next === -1 ? text.length : next);
    const name = /^content-disposition:[^\r\n]*\bname="([^"]*)"/imu.exec(part)?.[1] ?? "";
    const headEnd = part.indexOf("\r\n\r\n");
    if (headEnd !== -1 && isSensitive(name)) {
      const end = at + part.replace(/\r\n$/u, "").length;
      found.push({ start: at + headEnd + 4, end, name: `the form's ${name}`, isSized: true });
    }
    at = next;
  }
  return found;
}

/** Credentials in the body, whose octets may lie in chunks. */
function inPayload(
  { payload }: RequestMessage,
  { fields }: RequestHead,
  text: string,
): readonly Finding[] {
  if (payload.length === 0) return [];
  const type = typeOf(fields);
  const content = payload.map(({ start, end }) => text.slice(start, end)).join("");
  let found: readonly Finding[] = [];
  if (/^application\/x-www-form-urlencoded/iu.test(type)) {
    found = parameters(content, 0, "the form's ");
  } else if (/^multipart\/form-data/iu.test(type)) found = partsOf(content, type);
  else if (/[/+]json/iu.test(type)) found = members(content);
  return found.flatMap((finding) => inMessage(finding, payload));
}

/** A finding in the content as findings in the message: one for each chunk with a part of it. */
function inMessage(finding: Finding, payload: RequestMessage["payload"]): readonly Finding[] {
  const found: Finding[] = [];
  let before = 0;
  for (const { start, end } of payload) {
    const from = Math.max(finding.start - before, 0);
    const to = Math.min(finding.end - before, end - start);
    if (from < to) found.push({ ...finding, start: start + from, end: start + to });
    before += end - start;
  }
  return found;
}

/** Credentials in what is no request: behind sensitive names of any kind. */
function inAnything(text: string): readonly Finding[] {
  const found: Finding[] = [];
  for (const line of text.matchAll(/^([^\s:=?&]+)[ \t]*:[ \t]*([^\r\n]*)/gmu)) {
    const [whole, name = "", value = ""] = line;
    const start = line.index + whole.length - value.length;
    found.push(...inField({ name, value, start, end: start + value.length }));
  }
  return [...found, ...parameters(text, 0, "the value of "), ...members(text)];
}

/** Whether a request's body may have credentials that can't be seen, because it is coded. */
export function isVeiled({ head, payload }: RequestMessage): boolean {
  if (head === undefined || payload.length === 0) return false;
  const isCoded = head.fields.some(({ name }) => name.toLowerCase() === "content-encoding");
  return isCoded && /form|json/iu.test(typeOf(head.fields));
}

/** The names of the credentials in the body of an answer: strings in JSON, and a form's values. */
export function secretsOfAnswer(
  fields: readonly { readonly name: string; readonly value: string }[],
  body: Uint8Array,
): readonly string[] {
  const type = typeOf(fields);
  const text = latin1Text(body);
  if (/[/+]json/iu.test(type)) return members(text).map(({ name }) => name);
  if (!/^application\/x-www-form-urlencoded/iu.test(type)) return [];
  return parameters(text, 0, "").map(({ name }) => name);
}

/** Whether the value of a response's field is a credential, or has one in it. */
export function isSecretField(name: string, value: string): boolean {
  if (isSensitive(name)) return true;
  return parameters(value, 0, "").length > 0 || /\bnonce[=-]/iu.test(value);
}
