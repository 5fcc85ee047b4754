/**
 * Cache-Control of responses with content from the tree (RFC 9111 §5.2.2): how long a cache may
 * reuse them without revalidation.
 */

import type { ResponseField } from "../../http/message/response.ts";

/** Revalidated each time, so that no client sees content that has changed or gone. */
const alwaysAsk: ResponseField = ["Cache-Control", "no-cache"];

/**
 * Fresh for a year, and not revalidated on reload (RFC 8246 §2). Without "public", which would let
 * shared caches store responses to requests with Authorization (RFC 9111 §3.5).
 */
const immutable: ResponseField = ["Cache-Control", "max-age=31536000, immutable"];

/**
 * A name that contains a digest of the content, as bundlers generate them: "app.3f9ab2c1.js". The
 * digest has eight or more hexadecimal digits, including a letter and a decimal digit, so a date or
 * a word is not one. Digits that follow four others and a "-" are the end of a UUID, which does not
 * depend on the content.
 */
const fingerprinted =
  /(?<![.-][\da-f]{4})[.-](?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z\d]+$/;

/** Cache-Control for the file `name`; `seconds` is the value of `--cache`, undefined without it. */
export function cacheControl(name: string, seconds: number | undefined): ResponseField {
  if (seconds === undefined) return alwaysAsk;
  return fingerprinted.test(name) ? immutable : ["Cache-Control", `max-age=${seconds}`];
}

/** Browsers use the declared media type and guess no other (Fetch, "X-Content-Type-Options"). */
export const noSniff: ResponseField = ["X-Content-Type-Options", "nosniff"];

/** The fields of a representation without coded variants, and of one with. */
class FieldPair {
  readonly plain: readonly ResponseField[];
  readonly varying: readonly ResponseField[];

  constructor(cacheControlLine: ResponseField) {
    this.plain = [cacheControlLine, noSniff];
    this.varying = [...this.plain, ["Vary", "Accept-Encoding"]];
  }
}

/**
 * The fields of every response with content from the tree. There are few combinations, so they are
 * made once and shared by all files.
 */
export class ContentFields {
  readonly #seconds: number | undefined;
  readonly #usual: FieldPair;
  readonly #immutable = new FieldPair(immutable);

  /** `seconds` is the value of `--cache`; undefined without it. */
  constructor(seconds: number | undefined) {
    this.#seconds = seconds;
    this.#usual = new FieldPair(cacheControl("", seconds));
  }

  /** The fields for the file `name`; `hasVariants` adds Vary. */
  of(name: string, hasVariants: boolean): readonly ResponseField[] {
    const isImmutable = cacheControl(name, this.#seconds) === immutable;
    const pair = isImmutable ? this.#immutable : this.#usual;
    return hasVariants ? pair.varying : pair.plain;
  }
}
