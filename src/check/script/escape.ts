/**
 * Converts the text of a statement to bytes. The text stands for its bytes in UTF-8, except for
 * escapes and captures:
 *
 *     escape  = "\" ( "r" / "n" / "t" / "\" / "x" 2HEXDIG )
 *     capture = "{{" name "}}"
 *     name    = ALPHA *( ALPHA / DIGIT / "-" )
 *
 * Any other character after a backslash is an error, so that a typo is not sent as bytes. A literal
 * `{{name}}` is written `\x7b{name}}`.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { concatBytes, latin1Text, utf8Bytes } from "../../http/octets/bytes.ts";
import type { Template } from "./script.ts";

const escapeOrCapture = /\\(?:x([0-9A-Fa-f]{2})|([\s\S]?))|\{\{([A-Za-z][A-Za-z0-9-]*)\}\}/gu;

const escapes: Readonly<Record<string, number>> = { r: 0x0d, n: 0x0a, t: 0x09, "\\": 0x5c };

/** `text` with its escapes resolved. Fails with what was expected. */
export function readTemplate(text: string): Result<Template, string> {
  const template: (Uint8Array | { readonly capture: string })[] = [];
  let literal: Uint8Array[] = [];
  const endLiteral = (): void => {
    if (literal.length > 0) template.push(concatBytes(literal));
    literal = [];
  };
  let at = 0;
  for (const match of text.matchAll(escapeOrCapture)) {
    if (match.index > at) literal.push(utf8Bytes(text.slice(at, match.index)));
    at = match.index + match[0].length;
    const [, hex, letter, capture] = match;
    if (capture !== undefined) {
      endLiteral();
      template.push({ capture });
      continue;
    }
    const byte = hex === undefined ? escapes[letter ?? ""] : Number.parseInt(hex, 16);
    if (byte === undefined) {
      return failure(`\\r, \\n, \\t, \\\\ or \\xHH, and not ${match[0]}`);
    }
    literal.push(Uint8Array.of(byte));
  }
  if (at < text.length) literal.push(utf8Bytes(text.slice(at)));
  endLiteral();
  return success(template);
}

/** `text` with its escapes resolved. Fails if it contains a capture. */
export function readBytes(text: string): Result<Uint8Array, string> {
  const template = readTemplate(text);
  if (!template.ok) return template;
  return literalBytes(template.value);
}

/** The bytes of a template without captures. Fails if it contains one. */
export function literalBytes(template: Template): Result<Uint8Array, string> {
  const parts: Uint8Array[] = [];
  for (const part of template) {
    if (!(part instanceof Uint8Array)) {
      return failure(`no capture here; a literal one is written \\x7b{${part.capture}}}`);
    }
    parts.push(part);
  }
  return success(concatBytes(parts));
}

/** The names of a template's captures. */
export function capturesOf(template: Template): readonly string[] {
  return template.flatMap((part) => (part instanceof Uint8Array ? [] : [part.capture]));
}

/** The template's bytes, captures replaced by their values. Fails with a name without a value. */
export function fillTemplate(
  template: Template,
  captures: ReadonlyMap<string, Uint8Array>,
): Result<Uint8Array, string> {
  const parts: Uint8Array[] = [];
  for (const part of template) {
    const piece = part instanceof Uint8Array ? part : captures.get(part.capture);
    if (piece === undefined) return failure((part as { readonly capture: string }).capture);
    parts.push(piece);
  }
  return success(concatBytes(parts));
}

/** The concatenation of several templates. */
export function joinTemplates(templates: readonly Template[]): Template {
  const joined: Template[number][] = [];
  for (const part of templates.flat()) {
    const last = joined.at(-1);
    if (part instanceof Uint8Array && part.length === 0) continue;
    if (part instanceof Uint8Array && last instanceof Uint8Array) {
      joined[joined.length - 1] = concatBytes([last, part]);
    } else joined.push(part);
  }
  return joined;
}

/** Bytes for display on one line: printable ASCII as it is, other bytes escaped. */
export function visibleText(view: Uint8Array, lengthMax = 120): string {
  const text = latin1Text(view.length > lengthMax ? view.subarray(0, lengthMax) : view);
  const visible = text.replace(
    /[^\x20-\x5b\x5d-\x7e]/gu,
    (unit) => visibleUnits[unit] ?? hexEscape(unit),
  );
  return view.length > lengthMax ? `${visible}… (${view.length} bytes)` : visible;
}

const visibleUnits: Readonly<Record<string, string>> = {
  "\r": "\\r",
  "\n": "\\n",
  "\t": "\\t",
  "\\": "\\\\",
};

function hexEscape(unit: string): string {
  return `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
