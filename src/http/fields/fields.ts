/**
 * The fields of a header or trailer section, in their order and spelling (RFC 9110 §5), whatever
 * version of HTTP they arrived in.
 */

import { isBlank } from "../octets/grammar.ts";

/** Field lines. Names are compared without regard to letter case (RFC 9110 §5.1). */
export interface Fields extends Iterable<readonly [name: string, value: string]> {
  /** How many field lines there are. */
  readonly count: number;

  /** The value of the first line called `name`, or undefined. */
  get(name: string): string | undefined;

  /** The values of all lines called `name`, in order. */
  getAll(name: string): string[];

  /** Whether there is a line called `name`. */
  has(name: string): boolean;

  /** Each line's name and value, in order, in the spelling of the sender. */
  [Symbol.iterator](): Iterator<readonly [name: string, value: string]>;
}

/** No fields at all. */
export const noFields: Fields = {
  count: 0,
  get: () => undefined,
  getAll: () => [],
  has: () => false,
  [Symbol.iterator]: () => [].values(),
};

/** `text` without the SP and HTAB at its ends (OWS, RFC 9110 §5.6.3), in one pass over them. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * The members of a comma-separated list without quoted strings, in lower case: #token (RFC 9110
 * §5.6.1). Empty members are dropped, as §5.6.1.2 asks of a recipient.
 */
export function tokenList(value: string): string[] {
  if (!value.includes(",")) {
    const member = trimBlanks(value).toLowerCase();
    return member === "" ? [] : [member];
  }
  return value
    .split(",")
    .map((member) => trimBlanks(member).toLowerCase())
    .filter((member) => member.length > 0);
}

/** The fields of `lines`. */
export function fieldsOf(lines: readonly (readonly [name: string, value: string])[]): Fields {
  const getAll = (name: string): string[] =>
    lines.flatMap((line) => (line[0].toLowerCase() === name.toLowerCase() ? [line[1]] : []));
  return {
    count: lines.length,
    get: (name) => getAll(name)[0],
    getAll,
    has: (name) => getAll(name).length > 0,
    [Symbol.iterator]: () => lines.values(),
  };
}

/** The members of all lines called `name`, each of which is a list as `tokenList` reads it. */
export function listedTokens(fields: Fields, name: string): readonly string[] {
  const values = fields.getAll(name);
  const [first, ...others] = values;
  if (first === undefined) return values;
  return others.length === 0 ? tokenList(first) : values.flatMap(tokenList);
}
