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

/** The most characters of a key that a message has. */
const shownMax = 200;

function shown(key: string): string {
  return JSON.stringify(key.length > shownMax ? `${key.slice(0, shownMax)}…` : key);
}

/** Why `key` can't be in a list of keys that begin with `asked`. */
function outside(key: string, asked: string): string {
  return `the store's list has ${shown(key)}, which is not below ${shown(asked)}`;
}

/**
 * Reads the answer about keys that begin with `asked`. Fails with what is wrong with it. What is
 * wrong with one object fails the whole list: without it a listing, an archive or an audit would
 * look complete.
 */
export function readListAnswer(xml: string, asked: string): Result<ListAnswer, string> {
  if (!/<ListBucketResult[ >]/.test(xml)) return failure("the store's list is no ListBucketResult");
  const isEncoded = elementIn(xml, "EncodingType") === "url";
  const keyIn = (part: string, name: string): string | undefined => {
    const key = elementIn(part, name);
    return isEncoded ? decodeKey(key) : key;
  };
  const objects: ListedObject[] = [];
  for (const part of elementsIn(xml, "Contents")) {
    const key = keyIn(part, "Key");
    const size = Number(elementIn(part, "Size") || "none");
    const modifiedMs = Date.parse(elementIn(part, "LastModified") ?? "");
    if (key === undefined) return failure("an object in the store's list has no usable key");
    if (!key.startsWith(asked)) return failure(outside(key, asked));
    if (!Number.isSafeInteger(size) || size < 0) {
      return failure(`in the store's list ${shown(key)} has no usable size`);
    }
    const etag = elementIn(part, "ETag") ?? "";
    objects.push({ key, etag, size, modifiedMs: Number.isNaN(modifiedMs) ? 0 : modifiedMs });
  }
  const prefixes: string[] = [];
  for (const part of elementsIn(xml, "CommonPrefixes")) {
    const prefix = keyIn(part, "Prefix");
    if (prefix === undefined) return failure("a folder in the store's list has no prefix");
    if (!prefix.startsWith(asked)) return failure(outside(prefix, asked));
    prefixes.push(prefix);
  }
  const isCut = elementIn(xml, "IsTruncated") === "true";
  const next = isCut ? elementIn(xml, "NextContinuationToken") : undefined;
  if (isCut && next === undefined) return failure("the store's list ends without its next part");
  return success({ objects, prefixes, next });
}
