/**
 * What the log shows of a body that is long, or still to arrive: read piece by piece, in constant
 * memory but for the beginnings of the values. It is malformed, or has too many fields, as soon as
 * that is seen.
 *
 * Loaded with the first such body. A short one that has arrived is parsed by `form-data.ts`, and
 * both come to the same.
 */

import type { Limits } from "../../base/limits.ts";
import type { RefusalKind } from "../../http/message/error.ts";
import type { FormPart, PartOctets } from "../../http/multipart.ts";
import { isBoundary, MultipartReader } from "../../http/multipart.ts";
import type { RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";
import { formType, urlencoded } from "./form-data.ts";
import type { LoggedForm, LoggedValue } from "./logged-form.ts";
import { cutText, describeEntries, describeOctets } from "./logged-form.ts";

/** Reads a body piece by piece. */
interface FormDigest {
  /** Reads on in `octets`. Throws a `BodyError` when they are malformed or too much. */
  push(octets: Uint8Array): void;
  /** The body ends. What makes the log's record of it; throws like `push`. */
  end(): () => LoggedForm;
}

/** A text is decoded from so many octets: UTF-8 has at most three for each code unit. */
const unitOctetsMax = 3;

/** What an entry takes beside its texts. */
const entryOctets = 64;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

const utf8 = new TextDecoder();
const utf8WithMark = new TextDecoder("utf-8", { ignoreBOM: true });

/** The values that are kept for the log, each truncated, and counted as memory of the body. */
class KeptEntries {
  readonly limits: Limits;
  readonly #body: RequestBody;
  readonly #entries: (readonly [name: string, value: LoggedValue])[] = [];
  #octets = 0;

  constructor(limits: Limits, body: RequestBody) {
    this.limits = limits;
    this.#body = body;
  }

  /** Counts `octets` octets more of memory. */
  keep(octets: number): void {
    this.#octets += octets;
    this.#body.keep(this.#octets);
  }

  add(name: string, value: string): void {
    const shown = cutText(value, this.limits);
    this.#add(name, shown, shown.length);
  }

  addFile(name: string, filename: string, type: string, octets: number): void {
    const file = {
      filename: cutText(filename, this.limits),
      type: cutText(type, this.limits),
      octets,
    };
    this.#add(name, file, file.filename.length + file.type.length);
  }

  #add(name: string, value: LoggedValue, units: number): void {
    const shown = cutText(name, this.limits);
    this.keep(entryOctets + 2 * (shown.length + units));
    this.#entries.push([shown, value]);
  }

  describe(): LoggedForm {
    return describeEntries(this.#entries);
  }
}

/** Pairs of a urlencoded form (WHATWG URL §5.1). */
class PairDigest implements FormDigest {
  readonly #kept: KeptEntries;
  /** The beginning of the present pair's name, "=", and the beginning of its value. */
  #pair = new Uint8Array(1024);
  readonly #partOctetsMax: number;
  #filled = 0;
  /** Octets of the present pair's name, or value, that are kept. */
  #partOctets = 0;
  #isInValue = false;
  #isEmpty = true;
  #pairs = 0;

  constructor(kept: KeptEntries) {
    this.#kept = kept;
    // Each octet may be written as three, "%41". One code unit more shows that the text is longer.
    this.#partOctetsMax = 3 * unitOctetsMax * (kept.limits.logValueBytesMax + 2);
  }

  push(octets: Uint8Array): void {
    const most = this.#partOctetsMax;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at] as number;
      if (octet === AMPERSAND) {
        if (!this.#isEmpty) this.#endPair();
        continue;
      }
      this.#isEmpty = false;
      if (octet === EQUALS && !this.#isInValue) {
        this.#isInValue = true;
        this.#partOctets = 0;
      } else if (this.#partOctets < most) this.#partOctets++;
      else continue;
      if (this.#filled === this.#pair.length) this.#grow();
      this.#pair[this.#filled++] = octet;
    }
  }

  #grow(): void {
    const before = this.#pair;
    this.#kept.keep(before.length);
    this.#pair = new Uint8Array(2 * before.length);
    this.#pair.set(before);
  }

  end(): () => LoggedForm {
    if (!this.#isEmpty) this.#endPair();
    return () => this.#kept.describe();
  }

  #endPair(): void {
    if (++this.#pairs > this.#kept.limits.formFieldCountMax) throw new BodyError("body-too-large");
    // The constructor removes one leading "?". One is added, because in a form a "?" is data.
    const text = utf8WithMark.decode(this.#pair.subarray(0, this.#filled));
    for (const [name, value] of new URLSearchParams(`?${text}`)) this.#kept.add(name, value);
    this.#filled = 0;
    this.#partOctets = 0;
    this.#isInValue = false;
    this.#isEmpty = true;
  }
}

/** The beginning of the part that is being read: its header, and as much as the log shows. */
class PartBeginning implements PartOctets {
  readonly #octetsMax: number;
  readonly #kept: KeptEntries;
  #octets = new Uint8Array(0);
  #filled = 0;

  constructor(octetsMax: number, kept: KeptEntries) {
    this.#octetsMax = octetsMax;
    this.#kept = kept;
  }

  begin(): void {
    this.#filled = 0;
  }

  add(view: Uint8Array, from: number, to: number): void {
    const end = Math.min(to, from + this.#octetsMax - this.#filled);
    if (end <= from) return;
    this.#grow(this.#filled + end - from);
    this.#octets.set(view.subarray(from, end), this.#filled);
    this.#filled += end - from;
  }

  #grow(octets: number): void {
    if (octets <= this.#octets.length) return;
    const size = Math.min(Math.max(1024, 2 * octets), this.#octetsMax);
    this.#kept.keep(size - this.#octets.length);
    const grown = new Uint8Array(size);
    grown.set(this.#octets.subarray(0, this.#filled));
    this.#octets = grown;
  }

  take(from: number, to: number): Uint8Array {
    return this.#octets.subarray(0, Math.min(this.#filled, to - from));
  }
}

/** Parts of a multipart form (RFC 7578). */
class PartDigest implements FormDigest {
  readonly #kept: KeptEntries;
  readonly #reader: MultipartReader;

  constructor(boundary: string, kept: KeptEntries) {
    if (!isBoundary(boundary)) throw new BodyError("form");
    const { limits } = kept;
    const shown = unitOctetsMax * (limits.logValueBytesMax + 2);
    const beginning = new PartBeginning(limits.headerSectionBytesMax + shown, kept);
    this.#kept = kept;
    this.#reader = new MultipartReader(boundary, limits, beginning, (part) => this.#add(part));
  }

  push(octets: Uint8Array): void {
    refuse(this.#reader.push(octets));
  }

  end(): () => LoggedForm {
    refuse(this.#reader.end());
    return () => this.#kept.describe();
  }

  #add(part: FormPart): void {
    const name = utf8.decode(part.name);
    if (part.filename === undefined) return this.#kept.add(name, utf8.decode(part.content));
    const filename = utf8.decode(part.filename);
    this.#kept.addFile(name, filename, part.contentType ?? "", part.contentOctets);
  }
}

function refuse(refusal: RefusalKind | undefined): void {
  if (refusal !== undefined) throw new BodyError(refusal);
}

/** A body that is no form: its octets are counted. */
class OctetDigest implements FormDigest {
  readonly #contentType: string | undefined;
  readonly #limits: Limits;
  #octets = 0;

  constructor(contentType: string | undefined, limits: Limits) {
    this.#contentType = contentType;
    this.#limits = limits;
  }

  push(octets: Uint8Array): void {
    this.#octets += octets.length;
  }

  end(): () => LoggedForm {
    return () => describeOctets(this.#contentType, this.#octets, this.#limits);
  }
}

/** What reads `body`, of the type that `contentType` says. */
export function digestOf(
  contentType: string | undefined,
  limits: Limits,
  body: RequestBody,
): FormDigest {
  const type = formType(contentType);
  if (type === undefined) return new OctetDigest(contentType, limits);
  const kept = new KeptEntries(limits, body);
  if (type.essence === urlencoded) return new PairDigest(kept);
  return new PartDigest(type.parameters.get("boundary") ?? "", kept);
}
