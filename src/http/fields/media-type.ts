/**
 * Media types (RFC 9110 §8.3.1):
 *
 *   media-type = type "/" subtype parameters
 *   parameters = *( OWS ";" OWS [ parameter ] )
 *   parameter  = parameter-name "=" ( token / quoted-string )
 */

import { trimBlanks } from "./fields.ts";
import { everyIs, isToken, QDTEXT, TCHAR } from "../octets/grammar.ts";

/** A media type; type, subtype and parameter names in lower case, values as they were sent. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const parameterPattern = /^[\t ]*;[\t ]*(?:([^=;"\t ]+)=("(?:[^"\\]|\\.)*"|[^;"\t ]*))?/s;

function unquote(value: string): string | undefined {
  if (!value.startsWith('"')) return value.length > 0 && everyIs(value, TCHAR) ? value : undefined;
  const inner = value.slice(1, -1).replace(/\\([\t\x20-\x7e\x80-\xff])/g, "$1");
  return everyIs(inner.replace(/["\\]/g, ""), QDTEXT) ? inner : undefined;
}

/**
 * Reads a Content-Type's value; undefined when it is malformed. Of two equal names the first
 * counts.
 */
export function parseMediaType(value: string): MediaType | undefined {
  const [essence = ""] = value.split(/[;\t ]/, 1);
  const [type = "", subtype = "", ...more] = essence.split("/");
  if (!isToken(type) || !isToken(subtype) || more.length > 0) return undefined;
  const parameters = new Map<string, string>();
  let rest = trimBlanks(value.slice(essence.length));
  while (rest.length > 0) {
    const match = parameterPattern.exec(rest);
    if (match === null) return undefined;
    const [whole, name, quoted] = match;
    rest = rest.slice(whole.length);
    if (name === undefined || quoted === undefined) continue;
    const text = unquote(quoted);
    if (!isToken(name) || text === undefined) return undefined;
    const lower = name.toLowerCase();
    if (!parameters.has(lower)) parameters.set(lower, text);
  }
  return { essence: essence.toLowerCase(), parameters };
}
