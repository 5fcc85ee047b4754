/**
 * How long an answer from the tree may be used without asking again (RFC 9111 §5.2.2).
 */

import type { ResponseField } from "../../http/message/response.ts";

/** Asked again each time, so that no client ever sees what is no longer there. */
const alwaysAsk: ResponseField = ["Cache-Control", "no-cache"];

/**
 * A year, and not even asked again on reload (RFC 8246). Without "public": an answer to someone who
 * had to log in stays theirs (RFC 9111 §3.5).
 */
const immutable: ResponseField = ["Cache-Control", "max-age=31536000, immutable"];

/**
 * A name with a digest of its content in it, as bundlers give them: "app.3f9ab2c1.js". Hexadecimal,
 * eight digits or more, among them a letter and a figure, so that a date or a word is none. What
 * follows on four such digits and "-" is the end of a UUID, which names and doesn't digest.
 */
const fingerprinted =
  /(?<![.-][\da-f]{4})[.-](?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z\d]+$/;

/** Cache-Control for the file `name`; `seconds` is what `--cache` says, undefined without it. */
export function cacheControl(name: string, seconds: number | undefined): ResponseField {
  if (seconds === undefined) return alwaysAsk;
  return fingerprinted.test(name) ? immutable : ["Cache-Control", `max-age=${seconds}`];
}

/** The answer is taken for what it says it is (Fetch, "X-Content-Type-Options"). */
export const noSniff: ResponseField = ["X-Content-Type-Options", "nosniff"];

/** Fields of a content, without and with word that there are coded variants of it. */
class FieldPair {
  readonly plain: readonly ResponseField[];
  readonly varying: readonly ResponseField[];

  constructor(cacheControlLine: ResponseField) {
    this.plain = [cacheControlLine, noSniff];
    this.varying = [...this.plain, ["Vary", "Accept-Encoding"]];
  }
}

/** The fields of every answer with content from the tree: few, and the same for many files. */
export class ContentFields {
  readonly #seconds: number | undefined;
  readonly #usual: FieldPair;
  readonly #immutable = new FieldPair(immutable);

  /** `seconds` is what `--cache` says; undefined without it. */
  constructor(seconds: number | undefined) {
    this.#seconds = seconds;
    this.#usual = new FieldPair(cacheControl("", seconds));
  }

  /** The fields for the file `name`, which may have coded variants. */
  of(name: string, hasVariants: boolean): readonly ResponseField[] {
    const isImmutable = cacheControl(name, this.#seconds) === immutable;
    const pair = isImmutable ? this.#immutable : this.#usual;
    return hasVariants ? pair.varying : pair.plain;
  }
}
