/**
 * Responses with ranges of a representation (RFC 9110 §14, §15.3.7).
 */

import type { Limits } from "../../base/limits.ts";
import { readRange } from "../../http/fields/range.ts";
import type { Piece, Region, Response, ResponseField } from "../../http/message/response.ts";
import { latin1Bytes } from "../../http/octets/bytes.ts";
import type { Representation } from "./representation.ts";

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
 * The 206 with what `range`, a Range field, asks of `representation`; undefined where it doesn't
 * count. A response with one region is cached if `isRepeated`. One that is sent has Last-Modified
 * if `lastModifiedSeconds` is given.
 */
export function partialResponse(
  representation: Representation,
  range: string,
  lastModifiedSeconds: number | undefined,
  isRepeated: boolean,
  { rangeCountMax }: Limits,
): Response | "unsatisfiable" | undefined {
  const asked = readRange(range, representation.size, rangeCountMax);
  if (asked.kind === "unsatisfiable") return "unsatisfiable";
  if (asked.kind === "whole") return undefined;
  const [only, ...others] = asked.regions;
  return others.length > 0
    ? severalParts(representation, lastModifiedSeconds, asked.regions)
    : onePart(representation, lastModifiedSeconds, only, isRepeated);
}
