/** The answer to ListParts (docs.aws.amazon.com/AmazonS3/latest/API): what an upload has so far. */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { elementIn, elementsIn } from "./xml-elements.ts";

/** A part that the store has. */
export interface UploadedPart {
  /** Counted from 1. */
  readonly number: number;
  /** With its quotes, as it is sent back to complete the upload. */
  readonly etag: string;
  /** In octets. */
  readonly size: number;
  /** When the store got it, in milliseconds since 1970; 0 where it doesn't say. */
  readonly modifiedMs: number;
}

/** A piece of a list of parts. */
export interface PartsAnswer {
  readonly parts: readonly UploadedPart[];
  /** The number after which the next piece begins; undefined in the last one. */
  readonly next: number | undefined;
}

/** Reads an answer. Fails with what is wrong with it. */
export function readPartsAnswer(xml: string): Result<PartsAnswer, string> {
  if (!/<ListPartsResult[ >]/.test(xml)) return failure("the store's parts are no ListPartsResult");
  const parts: UploadedPart[] = [];
  for (const part of elementsIn(xml, "Part")) {
    const number = Number(elementIn(part, "PartNumber"));
    const size = Number(elementIn(part, "Size"));
    const etag = elementIn(part, "ETag");
    const modifiedMs = Date.parse(elementIn(part, "LastModified") ?? "");
    if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size) || etag === undefined) {
      return failure("a part in the store's answer has no number, no size or no tag");
    }
    parts.push({ number, etag, size, modifiedMs: Number.isNaN(modifiedMs) ? 0 : modifiedMs });
  }
  const isCut = elementIn(xml, "IsTruncated") === "true";
  const next = isCut ? Number(elementIn(xml, "NextPartNumberMarker")) : undefined;
  if (next !== undefined && !(Number.isSafeInteger(next) && next > 0)) {
    return failure("the store's parts end without their next piece");
  }
  return success({ parts, next });
}
