/**
 * Octets and the text they carry. A message is parsed as octets in an encoding that is a superset
 * of US-ASCII (RFC 9112 §2.2), so text is Latin-1 both ways: one octet is one code unit, and none
 * is lost.
 */

import { CR, LF } from "./grammar.ts";

const encoder = new TextEncoder();

/** The octets of `text`, one for each code unit. Throws on a code unit above 255. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) throw new RangeError(`not Latin-1: U+${unit.toString(16)}`);
    out[i] = unit;
  }
  return out;
}

/** The engine's copy of a Latin-1 string into octets. */
const latin1Write: (this: Uint8Array, text: string, at: number) => number =
  Buffer.prototype.latin1Write;

/** Writes `text`, one octet for each code unit, into `view` from `at` on, where there is room. */
export function latin1Into(view: Uint8Array, text: string, at: number): void {
  latin1Write.call(view, text, at);
}

/** The octets of `text` in UTF-8. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The engine's copy of octets into a Latin-1 string: eight times as fast as a loop. */
const latin1Slice: (this: Uint8Array, start: number, end: number) => string =
  Buffer.prototype.latin1Slice;

/** `view[start, end)` as text, one code unit for each octet. */
export function latin1Text(view: Uint8Array, start = 0, end = view.length): string {
  return latin1Slice.call(view, start, end);
}

/**
 * A range of a view. A view of the range is made when its octets are first wanted, since making one
 * of what a socket has received takes as long as reading a small request.
 */
export class OctetRange {
  readonly #view: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  /** `view[start, end)`, which must not change. */
  constructor(view: Uint8Array, start = 0, end = view.length) {
    this.#view = view;
    this.#start = start;
    this.#end = end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** The octets themselves. */
  get octets(): Uint8Array {
    const isWhole = this.length === this.#view.length;
    return isWhole ? this.#view : this.#view.subarray(this.#start, this.#end);
  }
}

/** `parts` one after the other, in a new buffer. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether `a` and `b` hold the same octets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && isRunAt(a, 0, b);
}

/** The engine's comparison of a part, which costs less than making a view of the part. */
const compare: (
  this: Uint8Array,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
  start: number,
  end: number,
) => number = Buffer.prototype.compare;

/** A loop compares a shorter run in less time than a call of the engine takes. */
const loopedOctets = 64;

/** Whether `run` stands in `view` at `start`, where there is room for it. */
export function isRunAt(view: Uint8Array, start: number, run: Uint8Array): boolean {
  if (run.length < loopedOctets) {
    for (let i = 0; i < run.length; i++) if (view[start + i] !== run[i]) return false;
    return true;
  }
  return compare.call(view, run, 0, run.length, start, start + run.length) === 0;
}

/** So many octets are all digested; of those behind them one in sixteen is. */
const digestedOctets = 128;

/**
 * A number of 30 bits for `view[start, end)`, the same for the same octets and in most cases
 * another one for others: FNV-1a over enough of them to tell apart what differs near its beginning.
 * Equal digests prove nothing.
 */
export function digestOf(view: Uint8Array, start = 0, end = view.length): number {
  const near = Math.min(end, start + digestedOctets);
  let digest = end - start;
  for (let i = start; i < near; i++) digest = Math.imul(digest ^ (view[i] as number), 0x01000193);
  for (let i = near; i < end; i += 16) {
    digest = Math.imul(digest ^ (view[i] as number), 0x01000193);
  }
  // Numbers of this size are integers to the engine, which are faster.
  return digest & 0x3fff_ffff;
}

/** The engine's comparison of whole views: the fastest where neither has to be made first. */
const equals: (this: Uint8Array, other: Uint8Array) => boolean = Buffer.prototype.equals;

/** Whether `a` and `b`, each a whole view, hold the same octets. */
export function isSameView(a: Uint8Array, b: Uint8Array): boolean {
  return equals.call(a, b);
}

/** The index of CR LF in `view` at or after `start`, or -1. */
export function indexOfCrlf(view: Uint8Array, start = 0): number {
  let at = view.indexOf(CR, start);
  while (at !== -1 && view[at + 1] !== LF) at = view.indexOf(CR, at + 1);
  return at;
}

/** The engine's search for a run of octets. */
const indexOfRun: (this: Uint8Array, run: Uint8Array, start: number) => number =
  Buffer.prototype.indexOf;

/** The index of `run` in `view` at or after `start`, or -1. */
export function indexOfBytes(view: Uint8Array, run: Uint8Array, start = 0): number {
  return indexOfRun.call(view, run, start);
}
