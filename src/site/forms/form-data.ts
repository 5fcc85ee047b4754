/**
 * The values of a form, read from the content of a request:
 *
 *   application/x-www-form-urlencoded   WHATWG URL §5.1
 *   multipart/form-data                 RFC 7578
 *
 * `URLSearchParams` parses urlencoded pairs. Text is UTF-8; invalid sequences become U+FFFD.
 */

import type { OctetRange } from "../../http/octets/bytes.ts";
import type { FormPart, PartBounds } from "../../http/multipart.ts";
import { readMultipart } from "../../http/multipart.ts";
import type { MediaType } from "../../http/fields/media-type.ts";
import { parseMediaType } from "../../http/fields/media-type.ts";
import { BodyError } from "../request.ts";

/** A file that was uploaded with a form. */
export interface FormFile {
  /**
   * The file name that the client sent, "" for none. It may contain anything, so never use it as a
   * path.
   */
  readonly name: string;
  /** Its media type as it was sent, "" for none. */
  readonly type: string;
  readonly content: Uint8Array;
}

/** A value of a form. */
export type FormValue = string | FormFile;

/** A value with its name. */
export type FormEntry = readonly [name: string, value: FormValue];

/** The values of a form, in the order in which they were sent. A name may have several values. */
export class Form implements Iterable<FormEntry> {
  readonly #source: () => Iterable<FormEntry>;
  #list: readonly FormEntry[] | undefined;

  /** `source` returns the values. It is called on first use. */
  constructor(source: () => Iterable<FormEntry>) {
    this.#source = source;
  }

  /** How many values there are. */
  get count(): number {
    return this.#entries.length;
  }

  get #entries(): readonly FormEntry[] {
    this.#list ??= [...this.#source()];
    return this.#list;
  }

  /** The first value of `name`; undefined if there is none. */
  get(name: string): FormValue | undefined {
    return this.#entries.find(([one]) => one === name)?.[1];
  }

  /** All values of `name`, in order. */
  getAll(name: string): FormValue[] {
    return this.#entries.filter(([one]) => one === name).map(([, value]) => value);
  }

  /** The first text value of `name`, skipping files; undefined if there is none. */
  text(name: string): string | undefined {
    return this.getAll(name).find((value) => typeof value === "string");
  }

  /** The first file of `name`, skipping text values; undefined if there is none. */
  file(name: string): FormFile | undefined {
    return this.getAll(name).find((value) => typeof value !== "string");
  }

  /** Whether `name` has a value. */
  has(name: string): boolean {
    return this.#entries.some(([one]) => one === name);
  }

  /** Each name with its value, in order. */
  [Symbol.iterator](): Iterator<FormEntry> {
    return this.#entries.values();
  }
}

/** The media type of most forms that browsers send, parsed once. */
export const urlencoded = "application/x-www-form-urlencoded";
const urlencodedType = parseMediaType(urlencoded);

/** The media type in `contentType` if it is a form's; undefined otherwise. */
export function formType(contentType: string | undefined): MediaType | undefined {
  if (contentType === undefined) return undefined;
  if (contentType === urlencoded) return urlencodedType;
  const mediaType = parseMediaType(contentType);
  const isForm = mediaType?.essence === urlencoded || mediaType?.essence === "multipart/form-data";
  return isForm ? mediaType : undefined;
}

const utf8 = new TextDecoder();
/** Pairs keep a byte order mark (WHATWG URL §5.1: UTF-8 decode without BOM). */
const utf8WithMark = new TextDecoder("utf-8", { ignoreBOM: true });

const AMPERSAND = 0x26;

/** The number of pairs: non-empty sequences between ampersands (WHATWG URL §5.1). */
function countPairs(content: Uint8Array): number {
  let count = 0;
  // A loop: a search for each of a million ampersands would cost twenty times as much.
  let before = AMPERSAND;
  for (const octet of content) {
    if (octet !== AMPERSAND && before === AMPERSAND) count++;
    before = octet;
  }
  return count;
}

/** The pairs, decoded. */
function pairsOf(content: Uint8Array): Iterable<FormEntry> {
  // The constructor removes one leading "?". One is added, because in a form a "?" is data.
  return new URLSearchParams(`?${utf8WithMark.decode(content)}`);
}

/**
 * Reads `content` as a form of `type`. Throws a `BodyError`: "form" when it is malformed,
 * "body-too-large" when it exceeds `bounds`.
 */
export function readForm(content: OctetRange, type: MediaType, bounds: PartBounds): Form {
  if (type.essence === urlencoded) {
    const most = bounds.formFieldCountMax;
    // A pair takes at least one octet, and an ampersand separates it from the next.
    const mayBeMore = content.length > 2 * most;
    if (mayBeMore && countPairs(content.octets) > most) throw new BodyError("body-too-large");
    return new Form(() => pairsOf(content.octets));
  }
  const parts = readMultipart(content.octets, type.parameters.get("boundary") ?? "", bounds);
  if (!parts.ok) throw new BodyError(parts.error);
  const entries = parts.value.map(entryOfPart);
  return new Form(() => entries);
}

/** The value that a part of a multipart form holds. */
export function entryOfPart(part: FormPart): FormEntry {
  const name = utf8.decode(part.name);
  if (part.filename === undefined) return [name, utf8.decode(part.content)];
  const file = { name: utf8.decode(part.filename), content: part.content };
  return [name, { ...file, type: part.contentType ?? "" }];
}
