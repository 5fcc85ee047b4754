/**
 * What a request's body holds, worked out as it arrives: of each value of a form its name, its
 * beginning, its size and its SHA-256, and the size and the digest of the whole body. Only what is
 * shown is held in memory, and counted as memory of the body.
 */

import type { Limits } from "../../base/limits.ts";
import type { MediaType } from "../../http/fields/media-type.ts";
import { parseMediaType } from "../../http/fields/media-type.ts";
import type { RefusalKind } from "../../http/message/error.ts";
import type { FormPart } from "../../http/multipart.ts";
import { isBoundary, MultipartReader } from "../../http/multipart.ts";
import { hexValue } from "../../http/octets/grammar.ts";
import { formType, urlencoded } from "../forms/form-data.ts";
import type { LoggedForm, LoggedValue } from "../forms/logged-form.ts";
import { cutText, describeEntries, describeOctets } from "../forms/logged-form.ts";
import type { RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";
import { OctetHash } from "./octet-hash.ts";
import { PartHash } from "./part-hash.ts";

/** A value of a form that is echoed; each text is cut at `logValueBytesMax`. */
export interface EchoedValue {
  readonly name: string;
  /** The value, of one that is no file. */
  readonly value?: string;
  /** The file's name and its media type, "" for none; of a file alone. */
  readonly filename?: string;
  readonly type?: string;
  /** Octets of the value: decoded, of a urlencoded form. */
  readonly octets: number;
  readonly sha256: string;
}

/** A body that is echoed. */
export interface EchoedBody {
  /** The media type without parameters, "" for none. */
  readonly type: string;
  readonly octets: number;
  readonly sha256: string;
  /** The values of a form in the order in which they were sent; undefined when it is no form. */
  readonly form: readonly EchoedValue[] | undefined;
  /** The log's record of it. */
  readonly logged: () => LoggedForm;
}

/** UTF-8 has at most three octets for each code unit. */
const unitOctetsMax = 3;

/** What a value takes in memory beside its texts: the digest and its object. */
const valueOctets = 256;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

const utf8 = new TextDecoder();
const utf8WithMark = new TextDecoder("utf-8", { ignoreBOM: true });

/** The values so far. */
class EchoedValues {
  readonly limits: Limits;
  readonly all: EchoedValue[] = [];
  readonly #body: RequestBody;
  #kept = 0;
  #held = 0;

  constructor(limits: Limits, body: RequestBody) {
    this.limits = limits;
    this.#body = body;
  }

  /** How much of a value is kept: one code unit more shows that it is longer. */
  get keptBytesMax(): number {
    return unitOctetsMax * (this.limits.logValueBytesMax + 1);
  }

  /** Says that a reader holds `octets` octets. Throws when there is no memory for them. */
  readonly held = (octets: number): void => {
    this.#held = octets;
    this.#body.keep(this.#kept + this.#held);
  };

  add(name: string, value: EchoedValue): void {
    const shown = { ...value, name: cutText(name, this.limits) };
    const texts = [shown.name, shown.value ?? "", shown.filename ?? "", shown.type ?? ""];
    for (const text of texts) this.#kept += 2 * text.length;
    this.#kept += valueOctets;
    this.#body.keep(this.#kept + this.#held);
    this.all.push(shown);
  }
}

/** Reads the values of a form. */
interface ValueReader {
  push(octets: Uint8Array): void;
  end(): void;
}

/** The pairs of a urlencoded form (WHATWG URL §5.1), decoded octet for octet. */
class PairReader implements ValueReader {
  readonly #values: EchoedValues;
  #name: OctetHash;
  #value: OctetHash | undefined;
  #isEmpty = true;
  #pairs = 0;
  /** Of an escape that is cut: "%" and the first digit. */
  #escape: number[] = [];
  readonly #decoded = new Uint8Array(64 * 1024);
  #filled = 0;

  constructor(values: EchoedValues) {
    this.#values = values;
    this.#name = new OctetHash(values.keptBytesMax);
  }

  push(octets: Uint8Array): void {
    for (const octet of octets) this.#step(octet);
  }

  end(): void {
    this.#endEscape();
    this.#endPair();
  }

  #step(octet: number): void {
    if (this.#escape.length > 0 && this.#continuesEscape(octet)) return;
    if (octet === AMPERSAND) return this.#endPair();
    this.#isEmpty = false;
    if (octet === EQUALS && this.#value === undefined) {
      this.#flush();
      this.#value = new OctetHash(this.#values.keptBytesMax);
    } else if (octet === PERCENT) this.#escape = [octet];
    else this.#put(octet === PLUS ? SPACE : octet);
  }

  /** Whether `octet` belongs to the escape that has begun; what is none stands for itself. */
  #continuesEscape(octet: number): boolean {
    if (hexValue(octet) === -1) {
      this.#endEscape();
      return false;
    }
    this.#escape.push(octet);
    if (this.#escape.length < 3) return true;
    const [, high = 0, low = 0] = this.#escape;
    this.#escape = [];
    this.#put(hexValue(high) * 16 + hexValue(low));
    return true;
  }

  #endEscape(): void {
    for (const octet of this.#escape) this.#put(octet);
    this.#escape = [];
  }

  #put(octet: number): void {
    if (this.#filled === this.#decoded.length) this.#flush();
    this.#decoded[this.#filled++] = octet;
  }

  #flush(): void {
    (this.#value ?? this.#name).push(this.#decoded.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #endPair(): void {
    // A body may be nothing but "&", so what is between two of them must cost nothing.
    if (this.#isEmpty) return;
    this.#flush();
    if (++this.#pairs > this.#values.limits.formFieldCountMax) {
      throw new BodyError("body-too-large");
    }
    const value = this.#value ?? new OctetHash(0);
    const name = utf8WithMark.decode(this.#name.beginning);
    const text = cutText(utf8WithMark.decode(value.beginning), this.#values.limits);
    const { octets } = value;
    this.#values.add(name, { name, value: text, octets, sha256: value.digest() });
    this.#name = new OctetHash(this.#values.keptBytesMax);
    this.#value = undefined;
    this.#isEmpty = true;
  }
}

/** The parts of a multipart form (RFC 7578). */
class PartReader implements ValueReader {
  readonly #values: EchoedValues;
  readonly #reader: MultipartReader;
  readonly #part: PartHash;

  constructor(boundary: string, values: EchoedValues) {
    if (!isBoundary(boundary)) throw new BodyError("form");
    const { limits, held, keptBytesMax } = values;
    const bounds = {
      headerBytesMax: limits.headerSectionBytesMax,
      valueBytesMax: keptBytesMax,
      held,
    };
    this.#values = values;
    this.#part = new PartHash(bounds, () => this.#reader);
    this.#reader = new MultipartReader(boundary, limits, this.#part, (part) => this.#add(part));
  }

  push(octets: Uint8Array): void {
    refuse(this.#reader.push(octets));
  }

  end(): void {
    refuse(this.#reader.end());
  }

  #add(part: FormPart): void {
    const { limits } = this.#values;
    const { content } = this.#part;
    const name = utf8.decode(part.name);
    const { octets } = content;
    const sha256 = content.digest();
    if (part.filename === undefined) {
      const value = cutText(utf8.decode(part.content), limits);
      return this.#values.add(name, { name, value, octets, sha256 });
    }
    const filename = cutText(utf8.decode(part.filename), limits);
    const type = cutText(part.contentType ?? "", limits);
    return this.#values.add(name, { name, filename, type, octets, sha256 });
  }
}

function refuse(refusal: RefusalKind | undefined): void {
  if (refusal !== undefined) throw new BodyError(refusal);
}

function readerOf(type: MediaType | undefined, values: EchoedValues): ValueReader | undefined {
  if (type === undefined) return undefined;
  if (type.essence === urlencoded) return new PairReader(values);
  return new PartReader(type.parameters.get("boundary") ?? "", values);
}

function loggedValue({ value, filename, type, octets }: EchoedValue): LoggedValue {
  return value ?? { filename: filename ?? "", type: type ?? "", octets };
}

/** Reads a body piece by piece. */
export class EchoDigest {
  readonly #contentType: string | undefined;
  readonly #limits: Limits;
  readonly #whole = new OctetHash(0);
  readonly #values: EchoedValues;
  readonly #reader: ValueReader | undefined;

  /** Throws a `BodyError` when `contentType` is a form's and malformed. */
  constructor(contentType: string | undefined, limits: Limits, body: RequestBody) {
    this.#contentType = contentType;
    this.#limits = limits;
    this.#values = new EchoedValues(limits, body);
    this.#reader = readerOf(formType(contentType), this.#values);
  }

  /** Reads on in `octets`. Throws a `BodyError` when they are malformed or too much. */
  push(octets: Uint8Array): void {
    this.#whole.push(octets);
    this.#reader?.push(octets);
  }

  /** The body ends; throws like `push`. */
  end(): EchoedBody {
    this.#reader?.end();
    const { octets } = this.#whole;
    const mediaType =
      this.#contentType === undefined ? undefined : parseMediaType(this.#contentType);
    const form = this.#reader === undefined ? undefined : this.#values.all;
    const logged = (): LoggedForm =>
      form === undefined
        ? describeOctets(this.#contentType, octets, this.#limits)
        : describeEntries(form.map((value) => [value.name, loggedValue(value)]));
    const type = cutText(mediaType?.essence ?? "", this.#limits);
    return { type, octets, sha256: this.#whole.digest(), form, logged };
  }
}
