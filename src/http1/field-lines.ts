/**
 * The fields of a section that was read from octets (RFC 9112 §5).
 *
 * A value is decoded when it is asked for: `FieldLines` is the section's octets and, for each field
 * line, four offsets into them. Values are Latin-1 text without the white space around them.
 */

import { latin1Text } from "../http/octets/bytes.ts";
import type { Fields } from "../http/fields/fields.ts";

/**
 * Names of common fields, in the spellings that programs send. A name that is one of them is known
 * by its octets, and no text is made for it: a message that is passed on has a dozen names, and
 * each text costs more than the comparison.
 */
const spellings = (
  "Accept Accept-Encoding Accept-Language Accept-Ranges Access-Control-Allow-Credentials " +
  "Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin " +
  "Access-Control-Expose-Headers Age Alt-Svc Authorization Cache-Control Connection " +
  "Content-Disposition Content-Encoding Content-Language Content-Length Content-Range " +
  "Content-Security-Policy Content-Type Cookie DNT Date ETag Expires Forwarded Host " +
  "If-Modified-Since If-None-Match Keep-Alive Last-Modified Link Location Origin Pragma Priority " +
  "Range Referer Referrer-Policy Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User " +
  "Server Set-Cookie Strict-Transport-Security TE Transfer-Encoding Upgrade " +
  "Upgrade-Insecure-Requests User-Agent Vary Via X-Content-Type-Options X-Forwarded-For " +
  "X-Forwarded-Host X-Forwarded-Proto X-Frame-Options X-Powered-By X-Request-Id " +
  "X-Requested-With accept accept-encoding accept-language cache-control connection " +
  "content-length content-type cookie date etag host origin priority referer sec-ch-ua " +
  "sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site set-cookie " +
  "traceparent tracestate user-agent vary"
).split(" ");

const placeCount = 256;

const none: readonly string[] = [];

/** A place for a name of that length, first and last octet. */
const placeOf = (length: number, first: number, last: number): number =>
  (length * 31 + first * 7 + last) % placeCount;

/** The names by their places; undefined until a name is asked for, which a start does without. */
let commonNames: readonly (readonly string[])[] | undefined;

/** Most places are without a name. */
function placed(): readonly (readonly string[])[] {
  const places: (readonly string[])[] = [];
  for (let place = 0; place < placeCount; place++) places.push(none);
  for (const name of spellings) {
    const place = placeOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
    places[place] = [...(places[place] ?? none), name];
  }
  return places;
}

function isAt(octets: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (octets[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** The name in `octets` from `start` to `end`, if it is one of them, octet for octet. */
function commonName(octets: Uint8Array, start: number, end: number): string | undefined {
  const first = octets[start] ?? 0;
  const last = octets[end - 1] ?? 0;
  for (const name of (commonNames ??= placed())[
    placeOf(end - start, first, last)
  ] as readonly string[]) {
    if (name.length === end - start && isAt(octets, start, name)) return name;
  }
  return undefined;
}

/** Offsets of one field line: name start and end, value start and end. */
export const offsetsPerField = 4;

/** Field lines as they arrived. */
export class FieldLines implements Fields {
  readonly #octets: Uint8Array;
  readonly #offsets: readonly number[];
  readonly #base: number;
  /** A bit for each name present, by its length and first letter; 0 until the first lookup. */
  #names = 0;

  /** `offsets` holds four numbers for each line, counted from `octets[base]`. */
  constructor(octets: Uint8Array, offsets: readonly number[], base = 0) {
    this.#octets = octets;
    this.#offsets = offsets;
    this.#base = base;
  }

  get count(): number {
    return this.#offsets.length / offsetsPerField;
  }

  /** The name of line `index`, in the spelling of the sender. */
  nameAt(index: number): string {
    const at = index * offsetsPerField;
    const start = this.#base + (this.#offsets[at] ?? 0);
    const end = this.#base + (this.#offsets[at + 1] ?? 0);
    return commonName(this.#octets, start, end) ?? latin1Text(this.#octets, start, end);
  }

  /** The value of line `index`, without the white space around it. */
  valueAt(index: number): string {
    return this.#text(index * offsetsPerField + 2);
  }

  /** Whether line `index` is called `name`, letter case aside. */
  isNamed(index: number, name: string): boolean {
    const at = index * offsetsPerField;
    const start = this.#offsets[at] ?? 0;
    if ((this.#offsets[at + 1] ?? 0) - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      const octet = this.#octets[this.#base + start + i] ?? 0;
      const unit = name.charCodeAt(i);
      if (octet !== unit && lowerCase(octet) !== lowerCase(unit)) return false;
    }
    return true;
  }

  /** The index of the first line called `name` at or after `from`, or -1. */
  indexOf(name: string, from = 0): number {
    if (this.#names === 0) this.#names = this.#collectNames();
    // Most names that are looked up are absent.
    if ((this.#names & nameBit(name.length, name.charCodeAt(0))) === 0) return -1;
    for (let i = from; i < this.count; i++) if (this.isNamed(i, name)) return i;
    return -1;
  }

  get(name: string): string | undefined {
    const index = this.indexOf(name);
    return index === -1 ? undefined : this.valueAt(index);
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let i = this.indexOf(name); i !== -1; i = this.indexOf(name, i + 1)) {
      values.push(this.valueAt(i));
    }
    return values;
  }

  has(name: string): boolean {
    return this.indexOf(name) !== -1;
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    const lines: (readonly [name: string, value: string])[] = [];
    for (let i = 0; i < this.count; i++) lines.push([this.nameAt(i), this.valueAt(i)]);
    return lines.values();
  }

  #collectNames(): number {
    // Never 0, even without a line.
    let names = 1 << 31;
    for (let at = 0; at < this.#offsets.length; at += offsetsPerField) {
      const start = this.#offsets[at] ?? 0;
      const length = (this.#offsets[at + 1] ?? 0) - start;
      names |= nameBit(length, this.#octets[this.#base + start] ?? 0);
    }
    return names;
  }

  /** The text between the two offsets at `at`. */
  #text(at: number): string {
    const start = this.#offsets[at] ?? 0;
    const end = this.#offsets[at + 1] ?? 0;
    return latin1Text(this.#octets, this.#base + start, this.#base + end);
  }
}

/** One of 31 bits for a name, letter case aside. */
const nameBit = (length: number, first: number): number =>
  1 << ((length * 5 + (first | 0x20)) % 31);

const lowerCase = (unit: number): number => (unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
