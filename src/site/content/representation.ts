/**
 * A representation, and the answer to a request for it: conditions first, then ranges, then its
 * octets (RFC 9110 §13, §14). Whatever has content that may be asked for again goes through here:
 * files, listings, coded forms.
 */

import type { Limits } from "../../base/limits.ts";
import type { OpenFile } from "../../tree/disk/disk-tree.ts";
import { concatBytes, latin1Bytes } from "../../http/bytes.ts";
import type { Validators, Verdict } from "../../http/conditional.ts";
import { asksForWhole, weigh } from "../../http/conditional.ts";
import { formatImfFixdate } from "../../http/date.ts";
import type { EntityTag } from "../../http/entity-tag.ts";
import { formatEntityTag } from "../../http/entity-tag.ts";
import { readRange } from "../../http/range.ts";
import type { Piece, Region, Response, ResponseField } from "../../http/response.ts";
import { CachedResponse } from "../../http/response.ts";
import { ResponseBuilder } from "../../http/response-builder.ts";
import type { ContentStatus } from "../../http/status.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";

/** Something that can be sent in answer to a GET. */
export interface Representation {
  readonly mediaType: string;
  readonly entityTag: EntityTag;
  /** Of the last change, in milliseconds since 1970; absent for what has no date. */
  readonly mtimeMs?: number;
  /** Whether another form of the resource has that date, too, which makes it a weak validator. */
  readonly dateIsShared?: boolean;
  /** Its octets in memory, or the open file that they are read from and that is closed after. */
  readonly content: Uint8Array | OpenFile;
  /** Whether others are answered with this very content, so that what follows from it is kept. */
  readonly recurs?: boolean;
  /** Whether there are coded forms of it, or may be; `fields` say so then (see `coding.ts`). */
  readonly hasForms?: boolean;
  /** Fields beside those that follow from the above: Cache-Control, Vary, Content-Encoding. */
  readonly fields: readonly ResponseField[];
}

const acceptRanges: ResponseField = ["Accept-Ranges", "bytes"];

/** Fields of a 200 that a 304 must repeat (RFC 9110 §15.4.5); ETag and Date go without saying. */
const repeatedOn304: ReadonlySet<string> = new Set([
  "cache-control",
  "content-location",
  "expires",
  "vary",
]);

/** The size of the content, in octets. */
export function contentSize({ content }: Representation): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** Lets go of a representation that isn't sent. */
export function release({ content }: Representation): void {
  if (!(content instanceof Uint8Array)) content.close();
}

/**
 * The last change as it may be told: never later than the response (RFC 9110 §8.8.2.1), and a
 * strong validator only when it is at least a second older (§8.8.2.2) and no other form's (§8.8.1).
 */
function validatorsOf(representation: Representation, receivedMs: number): Validators {
  const { entityTag, mtimeMs, dateIsShared = false } = representation;
  if (mtimeMs === undefined) return { entityTag };
  const lastModifiedSeconds = Math.floor(Math.min(mtimeMs, receivedMs) / 1000);
  const isOlder = lastModifiedSeconds < Math.floor(receivedMs / 1000);
  const lastModifiedIsStrong = isOlder && !dateIsShared;
  return { entityTag, lastModifiedSeconds, lastModifiedIsStrong };
}

/** The answers that representations which recur have got, to be given again. */
const wholes = new WeakMap<Representation, Response>();
const unmodifieds = new WeakMap<Representation, Response>();

/** The answer to `representation` in `answers`, made if there is none yet. */
function recall(
  answers: WeakMap<Representation, Response>,
  representation: Representation,
  make: (representation: Representation) => Response,
): Response {
  let answer = answers.get(representation);
  if (answer === undefined) {
    answer = make(representation);
    answers.set(representation, answer);
  }
  return answer;
}

function notModified(representation: Representation): ResponseBuilder<304> {
  const builder = new ResponseBuilder(304);
  builder.field("ETag", formatEntityTag(representation.entityTag));
  for (const line of representation.fields) {
    if (repeatedOn304.has(line[0].toLowerCase())) builder.line(line);
  }
  return builder;
}

/** 200, with content that recurs, and with a date that no client will find in the future. */
function recurringWhole(representation: Representation): Response {
  const { mtimeMs } = representation;
  const seconds = mtimeMs === undefined ? undefined : Math.floor(mtimeMs / 1000);
  const builder = describe(200, representation, seconds);
  return new CachedResponse(fill(builder, representation, undefined, representation.mediaType));
}

/**
 * A builder with the fields that every answer with its content has; `fields` are those of the
 * representation's own.
 */
function describe(
  status: ContentStatus,
  { entityTag, fields }: Pick<Representation, "entityTag" | "fields">,
  lastModifiedSeconds: number | undefined,
): ResponseBuilder<ContentStatus> {
  const builder = new ResponseBuilder(status);
  builder.field("ETag", formatEntityTag(entityTag));
  if (lastModifiedSeconds !== undefined) {
    builder.field("Last-Modified", formatImfFixdate(lastModifiedSeconds * 1000));
  }
  builder.line(acceptRanges);
  for (const line of fields) builder.line(line);
  return builder;
}

/** The response with `pieces` of the content, or with all of it. */
function fill(
  builder: ResponseBuilder<ContentStatus>,
  representation: Representation,
  pieces: readonly Piece[] | undefined,
  mediaType: string,
): Response {
  const { content } = representation;
  const whole = { start: 0, octets: contentSize(representation) };
  if (!(content instanceof Uint8Array)) {
    return builder.file(content, pieces ?? whole, mediaType).build();
  }
  if (pieces === undefined) return builder.bytes(content, mediaType).build();
  const parts = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : content.subarray(piece.start, piece.start + piece.octets),
  );
  const [first] = parts;
  const bytes = parts.length === 1 && first !== undefined ? first : concatBytes(parts);
  return builder.bytes(bytes, mediaType).build();
}

function contentRange({ start, octets }: Region, size: number): string {
  return `bytes ${start}-${start + octets - 1}/${size}`;
}

/**
 * The pieces of a multipart/byteranges body (RFC 9110 §14.6), and its media type. It is the parts
 * that are coded, each a piece of the coded form, and not the body that they make.
 */
function byteRanges(
  regions: readonly Region[],
  representation: Representation,
  coding: readonly ResponseField[],
): { readonly pieces: readonly Piece[]; readonly mediaType: string } {
  const boundary = crypto.randomUUID();
  const pieces: Piece[] = [];
  for (const region of regions) {
    const range = contentRange(region, contentSize(representation));
    const fields = [
      ["Content-Type", representation.mediaType],
      ...coding,
      ["Content-Range", range],
    ];
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const before = pieces.length === 0 ? "" : "\r\n";
    pieces.push(latin1Bytes(`${before}--${boundary}\r\n${lines}\r\n`), region);
  }
  pieces.push(latin1Bytes(`\r\n--${boundary}--\r\n`));
  return { pieces, mediaType: `multipart/byteranges; boundary=${boundary}` };
}

/** 206 with one region. */
function onePart(
  representation: Representation,
  lastModifiedSeconds: number | undefined,
  region: Region,
  recurs: boolean,
): Response {
  const builder = describe(206, representation, lastModifiedSeconds);
  builder.field("Content-Range", contentRange(region, contentSize(representation)));
  const response = fill(builder, representation, [region], representation.mediaType);
  const isCached = recurs && representation.content instanceof Uint8Array;
  return isCached ? new CachedResponse(response) : response;
}

/** 206. Without a date in answer to If-Range, whose sender has it already (RFC 9110 §15.3.7). */
function partial(
  representation: Representation,
  lastModifiedSeconds: number | undefined,
  regions: readonly [Region, ...Region[]],
  recurs: boolean,
): Response {
  const [only, ...others] = regions;
  if (others.length > 0) {
    const { entityTag, fields } = representation;
    const { coding = [], rest = [] } = Object.groupBy(fields, ([name]) =>
      name === "Content-Encoding" ? "coding" : "rest",
    );
    const { pieces, mediaType } = byteRanges(regions, representation, coding);
    const builder = describe(206, { entityTag, fields: rest }, lastModifiedSeconds);
    return fill(builder, representation, pieces, mediaType);
  }
  return onePart(representation, lastModifiedSeconds, only, recurs);
}

/** What the conditions of `request` come to for what has these validators. */
export function weighRequest({ head, receivedMs }: Request, validators: Validators): Verdict {
  return weigh(head.method, head.fields, validators, Math.floor(receivedMs / 1000));
}

/**
 * Whether the conditions of `request`, neither a GET nor a HEAD, let it act on a target that is
 * `representation` by now, or nothing (RFC 9110 §13.2.1). The representation is released.
 */
export function mayAct(request: Request, representation: Representation | undefined): boolean {
  if (representation !== undefined) release(representation);
  const validators =
    representation === undefined ? {} : validatorsOf(representation, request.receivedMs);
  return weighRequest(request, validators).kind === "proceed";
}

/**
 * Answers `request`, a GET or a HEAD, from `representation`, which is released where it isn't sent.
 */
export function answerWith(
  request: Request,
  representation: Representation,
  pages: ErrorPages,
  limits: Limits,
): Response {
  const { fields } = request.head;
  const { mtimeMs = 0 } = representation;
  const recurs = representation.recurs === true && mtimeMs <= request.receivedMs;
  if (recurs && asksForWhole(fields)) return recall(wholes, representation, recurringWhole);
  const validators = validatorsOf(representation, request.receivedMs);
  const verdict = weighRequest(request, validators);
  if (verdict.kind === "not-modified") {
    release(representation);
    if (representation.recurs !== true) return notModified(representation).build();
    return recall(unmodifieds, representation, (one) => notModified(one).buildCached());
  }
  if (verdict.kind === "failed") {
    release(representation);
    return pages.preconditionFailed();
  }
  const size = contentSize(representation);
  const asked = verdict.range ? fields.getAll("range") : [];
  // §5.3: Range is no list field; two of them mean nothing.
  const range =
    asked.length === 1 ? readRange(asked[0] ?? "", size, limits.rangeCountMax) : undefined;
  switch (range?.kind) {
    case "unsatisfiable":
      release(representation);
      return pages.rangeNotSatisfiable(size);
    case "regions":
      return partial(
        representation,
        fields.has("if-range") ? undefined : validators.lastModifiedSeconds,
        range.regions,
        recurs && request.head.slot !== undefined,
      );
    default: {
      const builder = describe(200, representation, validators.lastModifiedSeconds);
      return fill(builder, representation, undefined, representation.mediaType);
    }
  }
}
