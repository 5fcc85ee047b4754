/**
 * What a form held, read from a request's content:
 *
 *   application/x-www-form-urlencoded   WHATWG URL §5.1
 *   multipart/form-data                 RFC 7578
 *
 * Pairs are split by the runtime's own `URLSearchParams`. Text is UTF-8; what isn't becomes U+FFFD.
 */

import type { OctetRange } from "../../http/bytes.ts";
import type { PartBounds } from "../../http/multipart.ts";
import { readMultipart } from "../../http/multipart.ts";
import type { MediaType } from "../../http/media-type.ts";
import { parseMediaType } from "../../http/media-type.ts";
import { BodyError } from "../request.ts";

/** A file that came in a form. */
export interface FormFile {
  /** What the client calls it, "" for none. No path: it may hold anything. */
  readonly name: string;
  /** Its media type as it came, "" when it was not said. */
  readonly type: string;
  readonly content: Uint8Array;
}

/** A value in a form. */
export type FormValue = string | FormFile;

/** A value with its name. */
type FormEntry = readonly [name: string, value: FormValue];

/** The fields of a form, in their order; a name may come more than once. */
export class Form implements Iterable<FormEntry> {
  readonly #source: () => Iterable<FormEntry>;
  #list: readonly FormEntry[] | undefined;

  /** The values that `source` answers with; it is called when the first is asked for. */
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

  /** The first value called `name`, or undefined. */
  get(name: string): FormValue | undefined {
    return this.#entries.find(([one]) => one === name)?.[1];
  }

  /** All values called `name`, in order. */
  getAll(name: string): FormValue[] {
    return this.#entries.filter(([one]) => one === name).map(([, value]) => value);
  }

  /** The first text called `name`, or undefined; files don't count. */
  text(name: string): string | undefined {
    return this.getAll(name).find((value) => typeof value === "string");
  }

  /** The first file called `name`, or undefined; text doesn't count. */
  file(name: string): FormFile | undefined {
    return this.getAll(name).find((value) => typeof value !== "string");
  }

  /** Whether there is a value called `name`. */
  has(name: string): boolean {
    return this.#entries.some(([one]) => one === name);
  }

  /** Each name with its value, in order. */
  [Symbol.iterator](): Iterator<FormEntry> {
    return this.#entries.values();
  }
}

/** What browsers send for most forms, read once. */
const urlencoded = "application/x-www-form-urlencoded";
const urlencodedType = parseMediaType(urlencoded);

/** The media type that a form came as, if `contentType` is that of a form. */
export function formType(contentType: string | undefined): MediaType | undefined {
  if (contentType === undefined) return undefined;
  if (contentType === urlencoded) return urlencodedType;
  const mediaType = parseMediaType(contentType);
  const isForm = mediaType?.essence === urlencoded || mediaType?.essence === "multipart/form-data";
  return isForm ? mediaType : undefined;
}

const utf8 = new TextDecoder();

const AMPERSAND = 0x26;

/** How many pairs there are: what stands between ampersands and isn't empty (WHATWG URL §5.1). */
function countPairs(content: Uint8Array): number {
  let count = 0;
  let start = 0;
  for (let end = 0; start < content.length; start = end + 1) {
    end = content.indexOf(AMPERSAND, start);
    if (end === -1) end = content.length;
    if (end > start) count++;
  }
  return count;
}

/** The pairs themselves. */
function pairsOf(content: Uint8Array): Iterable<FormEntry> {
  // The constructor takes one "?" off the beginning, and a form has none.
  return new URLSearchParams(`?${utf8.decode(content)}`);
}

/**
 * Reads `content` as a form of `type`. Throws a `BodyError`: "form" when it is malformed,
 * "body-too-large" when it has more values than `bounds` allow.
 */
export function readForm(content: OctetRange, type: MediaType, bounds: PartBounds): Form {
  if (type.essence === urlencoded) {
    const most = bounds.formFieldCountMax;
    // A pair takes an octet, and one that is between it and the next.
    const mayBeMore = content.length > 2 * most;
    if (mayBeMore && countPairs(content.octets) > most) throw new BodyError("body-too-large");
    return new Form(() => pairsOf(content.octets));
  }
  const parts = readMultipart(content.octets, type.parameters.get("boundary") ?? "", bounds);
  if (!parts.ok) throw new BodyError(parts.error);
  const entries = parts.value.map((part): FormEntry => {
    const name = utf8.decode(part.name);
    if (part.filename === undefined) return [name, utf8.decode(part.content)];
    const file = { name: utf8.decode(part.filename), content: part.content };
    return [name, { ...file, type: part.contentType ?? "" }];
  });
  return new Form(() => entries);
}
