/**
 * The response from the selected representation: conditions first, then ranges, then the content
 * (RFC 9110 §13, §14).
 */

import type { Limits } from "../../base/limits.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";
import { latin1Bytes } from "../../http/octets/bytes.ts";
import type { Validators, Verdict } from "../../http/fields/conditional.ts";
import { asksForWhole, weigh } from "../../http/fields/conditional.ts";
import { readRange } from "../../http/fields/range.ts";
import type { Piece, Region, Response, ResponseField } from "../../http/message/response.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { Representation } from "./representation.ts";

/**
 * The validators of a representation. Last-Modified is a strong one only if it is at least a second
 * older than the response (RFC 9110 §8.8.2.2) and no variant shares it (§8.8.1).
 */
function validatorsOf(representation: Representation, receivedMs: number): Validators {
  const { entityTag, dateIsShared } = representation;
  const lastModifiedSeconds = representation.lastModifiedAt(receivedMs);
  if (lastModifiedSeconds === undefined) return { entityTag };
  const isOlder = lastModifiedSeconds < Math.floor(receivedMs / 1000);
  return { entityTag, lastModifiedSeconds, lastModifiedIsStrong: isOlder && !dateIsShared };
}

/**
 * The tag of content that is sent before it is complete. It contains a quote, which no client can
 * send in a tag, so that only a condition with "*" can match it.
 */
export const unmatchableTag: EntityTag = { weak: true, opaque: '"' };

/** The verdict of the conditions of `request` on a representation with `validators`. */
export function weighRequest({ head, receivedMs }: Request, validators: Validators): Verdict {
  return weigh(head.method, head.fields, validators, Math.floor(receivedMs / 1000));
}

/**
 * Why the conditions of `request`, whose method is neither GET nor HEAD, don't let it be performed
 * (RFC 9110 §13.2.1); undefined if they do. `representation` is the target's current one; undefined
 * if there is none. It is released.
 */
export function whyPrevented(
  request: Request,
  representation: Representation | undefined,
): string | undefined {
  representation?.release();
  const validators =
    representation === undefined ? {} : validatorsOf(representation, request.receivedMs);
  const verdict = weighRequest(request, validators);
  return verdict.kind === "failed" ? verdict.reason : undefined;
}

function contentRange({ start, octets }: Region, size: number): string {
  return `bytes ${start}-${start + octets - 1}/${size}`;
}

/**
 * The pieces of a multipart/byteranges body (RFC 9110 §14.6), and its media type. Content-Encoding
 * belongs to each part, which is a piece of the coded variant, and not to the multipart body.
 */
function byteRanges(
  regions: readonly Region[],
  { mediaType, size }: Representation,
  coding: readonly ResponseField[],
): { readonly pieces: readonly Piece[]; readonly mediaType: string } {
  const boundary = crypto.randomUUID();
  const pieces: Piece[] = [];
  for (const region of regions) {
    const range = contentRange(region, size);
    const fields = [["Content-Type", mediaType], ...coding, ["Content-Range", range]];
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const before = pieces.length === 0 ? "" : "\r\n";
    pieces.push(latin1Bytes(`${before}--${boundary}\r\n${lines}\r\n`), region);
  }
  pieces.push(latin1Bytes(`\r\n--${boundary}--\r\n`));
  return { pieces, mediaType: `multipart/byteranges; boundary=${boundary}` };
}

/** 206 with several regions. */
function severalParts(
  representation: Representation,
  lastModifiedSeconds: number | undefined,
  regions: readonly Region[],
): Response {
  const { coding = [], rest = [] } = Object.groupBy(representation.fields, ([name]) =>
    name === "Content-Encoding" ? "coding" : "rest",
  );
  const { pieces, mediaType } = byteRanges(regions, representation, coding);
  const builder = representation.describe(206, lastModifiedSeconds, rest);
  return representation.fill(builder, pieces, mediaType).build();
}

/** 206 with one region. */
function onePart(
  representation: Representation,
  lastModifiedSeconds: number | undefined,
  region: Region,
  isRepeated: boolean,
): Response {
  const builder = representation.describe(206, lastModifiedSeconds);
  builder.field("Content-Range", contentRange(region, representation.size));
  const filled = representation.fill(builder, [region]);
  const isInMemory = representation.content instanceof Uint8Array;
  return isRepeated && isInMemory ? filled.buildCached() : filled.build();
}

/**
 * Answers `request`, a GET or a HEAD, from `representation`, which is released if it isn't sent.
 */
export function respondWith(
  request: Request,
  representation: Representation,
  pages: ErrorPages,
  limits: Limits,
): Response {
  const { fields } = request.head;
  // A date in the future is left out until it is past, so such a response isn't cached.
  const isPast = (representation.mtimeMs ?? 0) <= request.receivedMs;
  const isRepeated = representation.isRepeated && isPast;
  if (isRepeated && asksForWhole(fields)) return representation.whole;
  const validators = validatorsOf(representation, request.receivedMs);
  const { lastModifiedSeconds } = validators;
  const verdict = weighRequest(request, validators);
  if (verdict.kind !== "proceed") {
    representation.release();
    return verdict.kind === "failed"
      ? pages.preconditionFailed(verdict.reason, { request })
      : representation.notModified;
  }
  const { size } = representation;
  const asked = verdict.range ? fields.getAll("range") : [];
  // Range is not a list field, so two field lines are invalid (RFC 9110 §5.3) and ignored.
  const range =
    asked.length === 1 ? readRange(asked[0] ?? "", size, limits.rangeCountMax) : undefined;
  if (range?.kind === "unsatisfiable") {
    representation.release();
    return pages.rangeNotSatisfiable(size);
  }
  if (range?.kind === "regions") {
    // A 206 to If-Range has no Last-Modified, which the client already has (RFC 9110 §15.3.7).
    const date = fields.has("if-range") ? undefined : lastModifiedSeconds;
    const [only, ...others] = range.regions;
    return others.length > 0
      ? severalParts(representation, date, range.regions)
      : onePart(representation, date, only, isRepeated && request.head.slot !== undefined);
  }
  return representation.fill(representation.describe(200, lastModifiedSeconds), undefined).build();
}
