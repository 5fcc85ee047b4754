/**
 * A representation (RFC 9110 §3.2): a content with its metadata. Everything that can be asked for
 * with conditions and ranges is one: files, listings, their coded variants.
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

/** What a representation is made of. */
export interface RepresentationParts {
  readonly mediaType: string;
  readonly entityTag: EntityTag;
  /** Of the last change, in milliseconds since 1970; absent for what has no date. */
  readonly mtimeMs?: number;
  /** Whether a variant of the resource has that date, too, which makes it a weak validator. */
  readonly dateIsShared?: boolean;
  /** Its octets in memory, or the open file that they are read from and that is closed after. */
  readonly content: Uint8Array | OpenFile;
  /** Whether this very object answers other requests, so that what follows from it is kept. */
  readonly isRepeated?: boolean;
  /** Whether there are coded variants of it, or may be; `fields` say so then. */
  readonly hasVariants?: boolean;
  /** Fields beside those that follow from the above: Cache-Control, Vary, Content-Encoding. */
  readonly fields: readonly ResponseField[];
}

const acceptRanges: ResponseField = ["Accept-Ranges", "bytes"];

/** Fields of a 200 that a 304 must repeat (RFC 9110 §15.4.5); ETag and Date are added anyway. */
const repeatedOn304: ReadonlySet<string> = new Set([
  "cache-control",
  "content-location",
  "expires",
  "vary",
]);

/** Pieces in memory that are more are sent one by one, and not copied into one. */
const joinedOctetsMax = 64 * 1024;

/** A representation. It is a class so that a copy of its parts shares nothing that is cached. */
export class Representation {
  readonly mediaType: string;
  readonly entityTag: EntityTag;
  readonly mtimeMs: number | undefined;
  readonly dateIsShared: boolean;
  readonly content: Uint8Array | OpenFile;
  readonly hasVariants: boolean;
  readonly fields: readonly ResponseField[];
  /** Where its variants are kept; undefined when it isn't repeated. */
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

  /** Whether this very object answers other requests, too. */
  get isRepeated(): boolean {
    return this.slot !== undefined;
  }

  /** The size of the content, in octets. */
  get size(): number {
    return this.content instanceof Uint8Array ? this.content.length : this.content.size;
  }

  /** The same for one answer, from which nothing is kept. */
  once(): Representation {
    const { mediaType, entityTag, mtimeMs, dateIsShared, content, hasVariants, fields } = this;
    const date = mtimeMs === undefined ? {} : { mtimeMs };
    const parts = { mediaType, entityTag, dateIsShared, content, hasVariants, fields, ...date };
    return new Representation(parts);
  }

  /** Closes what it holds: it isn't sent. */
  release(): void {
    if (!(this.content instanceof Uint8Array)) this.content.close();
  }

  /** The 200 with all of a repeated one, and with a date that no client finds in the future. */
  get whole(): CachedResponse {
    const { mtimeMs } = this;
    const seconds = mtimeMs === undefined ? undefined : Math.floor(mtimeMs / 1000);
    this.#whole ??= this.fill(this.describe(200, seconds), undefined).buildCached();
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

  /** A builder with the fields of every response with its content; `fields` may replace its own. */
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

  /** Gives `builder` these pieces of the content for a body, or all of it. */
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
