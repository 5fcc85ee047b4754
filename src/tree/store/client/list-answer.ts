/**
 * The answer to ListObjectsV2 (docs.aws.amazon.com/AmazonS3/latest/API), which is asked for with
 * `encoding-type=url`: keys are escaped, so that no character of a key is lost in XML 1.0.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";

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

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The text of an element of XML (XML 1.0 §4.1, §4.6). */
function textOf(escaped: string): string {
  return escaped.replace(
    /&(?:#x([\dA-Fa-f]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return entities[name as string] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The text of the first element `name` in `xml`; undefined if there is none. */
function elementIn(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start === -1) return undefined;
  const from = start + name.length + 2;
  const end = xml.indexOf(`</${name}>`, from);
  return end === -1 ? undefined : textOf(xml.slice(from, end));
}

/** What is in each element `name` of `xml`, which are not within each other. */
function* elementsIn(xml: string, name: string): Generator<string, void> {
  const [begin, finish] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(begin); at !== -1; at = xml.indexOf(begin, at)) {
    const from = at + begin.length;
    const end = xml.indexOf(finish, from);
    if (end === -1) return;
    yield xml.slice(from, end);
    at = end + finish.length;
  }
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
