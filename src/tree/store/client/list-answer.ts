/**
 * The answer to ListObjectsV2 (docs.aws.amazon.com/AmazonS3/latest/API), which is asked for with
 * `encoding-type=url`: keys are escaped, so that no character of a key is lost in XML 1.0.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { elementIn, elementsIn } from "./xml-elements.ts";

/** An object in a list. */
export interface ListedObject {
  readonly key: string;
  /** With its quotes; "" where the store leaves it out. */
  readonly etag: string;
  /** In octets. */
  readonly size: number;
  /** In whole milliseconds since 1970, rounded down. */
  readonly modifiedMs: number;
}

/** A part of a list. */
export interface ListAnswer {
  readonly objects: readonly ListedObject[];
  /** The common beginnings of keys, up to the delimiter and with it. */
  readonly prefixes: readonly string[];
  /** What the next part is asked for with; undefined in the last one. */
  readonly next: string | undefined;
}

/** The key that an answer with URL encoding has as `encoded`; undefined when it is malformed. */
function decodeKey(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Reads an answer. Fails with what is wrong with it. */
export function readListAnswer(xml: string): Result<ListAnswer, string> {
  if (!/<ListBucketResult[ >]/.test(xml)) return failure("the store's list is no ListBucketResult");
  const isEncoded = elementIn(xml, "EncodingType") === "url";
  const keyIn = (part: string, name: string): string | undefined => {
    const key = elementIn(part, name);
    return isEncoded ? decodeKey(key) : key;
  };
  const objects: ListedObject[] = [];
  for (const part of elementsIn(xml, "Contents")) {
    const key = keyIn(part, "Key");
    const size = Number(elementIn(part, "Size"));
    const modifiedMs = Date.parse(elementIn(part, "LastModified") ?? "");
    if (key === undefined || !Number.isSafeInteger(size) || size < 0) {
      return failure("an object in the store's list has no key or no size");
    }
    const etag = elementIn(part, "ETag") ?? "";
    objects.push({ key, etag, size, modifiedMs: Number.isNaN(modifiedMs) ? 0 : modifiedMs });
  }
  const prefixes: string[] = [];
  for (const part of elementsIn(xml, "CommonPrefixes")) {
    const prefix = keyIn(part, "Prefix");
    if (prefix === undefined) return failure("a folder in the store's list has no prefix");
    prefixes.push(prefix);
  }
  const isCut = elementIn(xml, "IsTruncated") === "true";
  const next = isCut ? elementIn(xml, "NextContinuationToken") : undefined;
  if (isCut && next === undefined) return failure("the store's list ends without its next part");
  return success({ objects, prefixes, next });
}
