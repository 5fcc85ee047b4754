/**
 * A representation (RFC 9110 §3.2): content with its metadata. Conditions and ranges apply to
 * representations: files, listings, and their coded variants.
 */

import { Slot } from "../../base/slot.ts";
import { concatBytes } from "../../http/octets/bytes.ts";
import { formatImfFixdate } from "../../http/fields/date.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";
import { formatEntityTag } from "../../http/fields/entity-tag.ts";
import { OctetSource } from "../../http/octets/octet-source.ts";
import type {
  CachedResponse,
  Piece,
  Response,
  ResponseField,
} from "../../http/message/response.ts";
import { piecesOctets } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import type { OpenFile } from "../../tree/tree.ts";

/** The parts of a representation. */
export interface RepresentationParts {
  readonly mediaType: string;
  readonly entityTag: EntityTag;
  /** Time of the last change, in milliseconds since 1970; absent if unknown. */
  readonly mtimeMs?: number | undefined;
  /** Whether a variant of the resource has the same date, which makes it a weak validator. */
  readonly dateIsShared?: boolean;
  /** The octets in memory, or the open file that they are read from, which is closed afterwards. */
  readonly content: Uint8Array | OpenFile;
  /** Whether this object answers more than one request, so that derived values are cached on it. */
  readonly isRepeated?: boolean;
  /** Whether it has, or may have, coded variants; `fields` then contain Vary. */
  readonly hasVariants?: boolean;
  /**
   * Fields besides those that follow from the other parts: Cache-Control, Vary, Content-Encoding.
   */
  readonly fields: readonly ResponseField[];
}

const acceptRanges: ResponseField = ["Accept-Ranges", "bytes"];

/** Fields of a 200 that a 304 must repeat (RFC 9110 §15.4.5), besides ETag and Date. */
export const repeatedOn304: ReadonlySet<string> = new Set([
  "cache-control",
  "content-location",
  "expires",
  "vary",
]);

/**
 * Pieces in memory with more octets than this are sent one by one instead of being concatenated.
 */
const joinedOctetsMax = 64 * 1024;

/**
 * The earliest date that says when content was changed. Tools that make the same archive each time
 * give all files one date: 1970 (nix), 1980 (zip), 1985-10-26 (npm). It stays the same when the
 * content changes, so a client that asked with If-Modified-Since would keep the old content.
 */
const tellingDateMsMin = Date.UTC(1985, 9, 27);

/** A representation. It is a class, so that an object spread doesn't copy its cached responses. */
export class Representation {
  readonly mediaType: string;
  readonly entityTag: EntityTag;
  readonly mtimeMs: number | undefined;
  readonly dateIsShared: boolean;
  readonly content: Uint8Array | OpenFile;
  readonly hasVariants: boolean;
  readonly fields: readonly ResponseField[];
  /** Holds its variants; undefined when it isn't repeated. */
  readonly slot: Slot | undefined;
  #whole: CachedResponse | undefined;
  #notModified: CachedResponse | undefined;

  constructor(parts: RepresentationParts) {
    this.mediaType = parts.mediaType;
    this.entityTag = parts.entityTag;
    this.mtimeMs = parts.mtimeMs;
    this.dateIsShared = parts.dateIsShared ?? false;
    this.content = parts.content;
    this.hasVariants = parts.hasVariants ?? false;
    this.fields = parts.fields;
    this.slot = parts.isRepeated === true ? new Slot() : undefined;
  }

  /** Whether this object answers more than one request. */
  get isRepeated(): boolean {
    return this.slot !== undefined;
  }

  /** The size of the content, in octets. */
  get size(): number {
    return this.content instanceof Uint8Array ? this.content.length : this.content.size;
  }

  /** A copy for one response, on which nothing is cached. */
  once(): Representation {
    const { mediaType, entityTag, mtimeMs, dateIsShared, content, hasVariants, fields } = this;
    const parts = { mediaType, entityTag, mtimeMs, dateIsShared, content, hasVariants, fields };
    return new Representation(parts);
  }

  /** Closes its file, because it isn't sent. */
  release(): void {
    if (!(this.content instanceof Uint8Array)) this.content.close();
  }

  /**
   * Last-Modified of a response at `nowMs`, in whole seconds since 1970. Undefined when the date is
   * unknown, or says nothing about the content: a date before `tellingDateMsMin`, and one in the
   * future, which RFC 9110 §8.8.2.1 forbids to send. The time of the response, which may replace it
   * there, would differ each time.
   */
  lastModifiedAt(nowMs: number): number | undefined {
    const { mtimeMs } = this;
    if (mtimeMs === undefined || mtimeMs < tellingDateMsMin) return undefined;
    const seconds = Math.floor(mtimeMs / 1000);
    return seconds > nowMs / 1000 ? undefined : seconds;
  }

  /**
   * The 200 with the whole content, for a repeated representation whose date isn't in the future.
   */
  get whole(): CachedResponse {
    this.#whole ??= this.fill(
      this.describe(200, this.lastModifiedAt(Infinity)),
      undefined,
    ).buildCached();
    return this.#whole;
  }

  /** The 304. */
  get notModified(): Response {
    if (!this.isRepeated) return this.#describe304().build();
    this.#notModified ??= this.#describe304().buildCached();
    return this.#notModified;
  }

  #describe304(): ResponseBuilder<304> {
    const builder = new ResponseBuilder(304);
    builder.field("ETag", formatEntityTag(this.entityTag));
    for (const line of this.fields) {
      if (repeatedOn304.has(line[0].toLowerCase())) builder.line(line);
    }
    return builder;
  }

  /** A builder with the fields of a response with its content; `fields` replace its own. */
  describe(
    status: ContentStatus,
    lastModifiedSeconds: number | undefined,
    fields = this.fields,
  ): ResponseBuilder<ContentStatus> {
    const builder = new ResponseBuilder(status);
    builder.field("ETag", formatEntityTag(this.entityTag));
    if (lastModifiedSeconds !== undefined) {
      builder.field("Last-Modified", formatImfFixdate(lastModifiedSeconds * 1000));
    }
    builder.line(acceptRanges);
    for (const line of fields) builder.line(line);
    return builder;
  }

  /** Adds a body to `builder`: `pieces` of the content, or all of it. */
  fill(
    builder: ResponseBuilder<ContentStatus>,
    pieces: readonly Piece[] | undefined,
    mediaType = this.mediaType,
  ): ResponseBuilder<ContentStatus, "filled"> {
    const { content } = this;
    if (!(content instanceof Uint8Array)) {
      return builder.file(content, pieces ?? { start: 0, octets: this.size }, mediaType);
    }
    if (pieces === undefined) return builder.bytes(content, mediaType);
    if (pieces.length > 1 && piecesOctets(pieces) > joinedOctetsMax) {
      return builder.file(new OctetSource(content), pieces, mediaType);
    }
    const parts = pieces.map((piece) =>
      piece instanceof Uint8Array
        ? piece
        : content.subarray(piece.start, piece.start + piece.octets),
    );
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : concatBytes(parts);
    return builder.bytes(bytes, mediaType);
  }
}
