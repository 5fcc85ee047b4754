/**
 * A long form that was read whole, parsed in shares of a turn. Loaded with the first one. A short
 * form is parsed by `form-data.ts`, and both come to the same.
 */

import type { RefusalKind } from "../../http/message/error.ts";
import type { MediaType } from "../../http/fields/media-type.ts";
import type { FormPart, PartBounds } from "../../http/multipart.ts";
import { isBoundary, MultipartReader } from "../../http/multipart.ts";
import { hexValue } from "../../http/octets/grammar.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";
import type { FormEntry } from "./form-data.ts";
import { entryOfPart, Form, urlencoded } from "./form-data.ts";
import { inShares } from "./form-shares.ts";

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

const utf8WithMark = new TextDecoder("utf-8", { ignoreBOM: true });
const noop = (): void => undefined;

/** The pairs of a urlencoded form (WHATWG URL §5.1), percent-decoded into one buffer. */
class Pairs {
  readonly #content: Uint8Array;
  readonly #decoded: Uint8Array;
  readonly #pairsMax: number;
  /** Of each pair the end of its name and of its value in the buffer. */
  readonly #ends: number[] = [];
  #at = 0;
  #filled = 0;
  #nameEnd = -1;
  #isEmpty = true;

  constructor(content: Uint8Array, pairsMax: number) {
    this.#content = content;
    this.#decoded = new Uint8Array(content.length);
    this.#pairsMax = pairsMax;
  }

  /** Reads on to `end`, and beyond it to the end of an escape. */
  readTo(end: number): void {
    const content = this.#content;
    while (this.#at < end) {
      const octet = content[this.#at++] as number;
      if (octet === AMPERSAND) {
        this.endPair();
        continue;
      }
      this.#isEmpty = false;
      if (octet === EQUALS && this.#nameEnd === -1) this.#nameEnd = this.#filled;
      else this.#decoded[this.#filled++] = this.#decode(octet);
    }
  }

  #decode(octet: number): number {
    if (octet === PLUS) return SPACE;
    if (octet !== PERCENT || this.#at + 1 >= this.#content.length) return octet;
    const high = hexValue(this.#content[this.#at] as number);
    const low = hexValue(this.#content[this.#at + 1] as number);
    if (high === -1 || low === -1) return octet;
    this.#at += 2;
    return high * 16 + low;
  }

  endPair(): void {
    if (this.#isEmpty) return;
    if (this.#ends.length === 2 * this.#pairsMax) throw new BodyError("body-too-large");
    this.#ends.push(this.#nameEnd === -1 ? this.#filled : this.#nameEnd, this.#filled);
    this.#nameEnd = -1;
    this.#isEmpty = true;
  }

  *entries(): Iterable<FormEntry> {
    let start = 0;
    for (let index = 0; index < this.#ends.length; index += 2) {
      const nameEnd = this.#ends[index] as number;
      const valueEnd = this.#ends[index + 1] as number;
      const name = utf8WithMark.decode(this.#decoded.subarray(start, nameEnd));
      yield [name, utf8WithMark.decode(this.#decoded.subarray(nameEnd, valueEnd))];
      start = valueEnd;
    }
  }
}

async function readPairs(content: Uint8Array, max: number, budgets: TurnBudgets): Promise<Form> {
  const pairs = new Pairs(content, max);
  let end = 0;
  await inShares(content, budgets, (share) => {
    end += share.length;
    pairs.readTo(end);
  });
  pairs.endPair();
  return new Form(() => pairs.entries());
}

async function readParts(
  content: Uint8Array,
  boundary: string,
  bounds: PartBounds,
  budgets: TurnBudgets,
): Promise<Form> {
  if (!isBoundary(boundary)) throw new BodyError("form");
  const parts: FormPart[] = [];
  const octets = { begin: noop, add: noop, take: content.subarray.bind(content) };
  const reader = new MultipartReader(boundary, bounds, octets, (part) => parts.push(part));
  await inShares(content, budgets, (share) => refuse(reader.push(share)));
  refuse(reader.end());
  return new Form(() => parts.map(entryOfPart));
}

function refuse(refusal: RefusalKind | undefined): void {
  if (refusal !== undefined) throw new BodyError(refusal);
}

/**
 * Reads `content`, the whole of `body`, as a form of `type`. Rejects with a `BodyError`: "form" (it
 * is malformed), "body-too-large" (beyond `bounds`), or "overloaded" (no memory is left for it).
 */
export async function readLongForm(
  content: Uint8Array,
  body: RequestBody,
  type: MediaType,
  bounds: PartBounds,
  budgets: TurnBudgets,
): Promise<Form> {
  if (type.essence !== urlencoded) {
    return readParts(content, type.parameters.get("boundary") ?? "", bounds, budgets);
  }
  // The decoded pairs are a second buffer beside the content.
  body.keep(2 * content.length);
  return readPairs(content, bounds.formFieldCountMax, budgets);
}
