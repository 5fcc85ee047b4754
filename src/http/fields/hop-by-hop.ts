/**
 * The fields of a message that are about one connection and that an intermediary must not pass on:
 * those that Connection names, and those that are so by themselves (RFC 9110 §7.6.1).
 */

import type { ResponseField } from "../message/response.ts";
import type { Fields } from "./fields.ts";
import { listedTokens } from "./fields.ts";

/**
 * The fields of RFC 9110 §7.6.1, and those that are about one hop by their own definition. A proxy
 * that passed on HTTP2-Settings could be made to open a tunnel of HTTP/2 that no guard looks into.
 */
const ofOneHop: readonly string[] = [
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

const oddCharacter = /[^\da-z-]/g;

/** `name` in lower case, with a hyphen for each character that CGI takes for the same as one. */
export const plainName = (name: string): string => name.toLowerCase().replace(oddCharacter, "-");

const lengthsMax = 32;
const letters = 32;

/** A place for a name by its length and its first letter, letter case aside. */
const placeOf = (name: string): number =>
  (name.length % lengthsMax) * letters + (name.charCodeAt(0) % letters);

/**
 * The names of fields that an intermediary drops: those of one hop, and others. Most fields of a
 * message are passed on, and are known by their length and first letter not to be among them.
 */
export class DroppedFields {
  readonly #places = new Uint8Array(lengthsMax * letters);
  readonly #names: ReadonlySet<string>;
  readonly #isPlain: boolean;

  /** With `isPlain` a name is also dropped if CGI takes it for one of `names` (`plainName`). */
  constructor(names: readonly string[], isPlain = false) {
    this.#names = new Set([...ofOneHop, ...names]);
    this.#isPlain = isPlain;
    for (const name of this.#names) this.#places[placeOf(name)] = 1;
  }

  /** Whether the field called `name`, in any letter case, is one of them. */
  has(name: string): boolean {
    if (this.#places[placeOf(name)] === 0) return false;
    if (this.#names.has(name.toLowerCase())) return true;
    return this.#isPlain && this.#names.has(plainName(name));
  }
}

/**
 * The lines of `fields` that an intermediary passes on, in their order and spelling, without those
 * that `dropped` has and those that Connection names.
 */
export function endToEndLines(fields: Fields, dropped: DroppedFields): ResponseField[] {
  const named = listedTokens(fields, "connection").filter(
    (option) => option !== "close" && !dropped.has(option),
  );
  const lines: ResponseField[] = [];
  for (const line of fields) {
    const [name] = line;
    if (dropped.has(name) || (named.length > 0 && named.includes(name.toLowerCase()))) continue;
    lines.push(line);
  }
  return lines;
}
