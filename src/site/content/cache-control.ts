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

/** A name as stem and extension; that of "app.3f9ab2c1.chunk.js" is "app.3f9ab2c1" and "js". */
const parts = /^(.+?)(?:\.(?:bundle|chunk|min))?\.([a-z\d]+)$/;

/** Pages keep their names when their content changes. */
const pageExtension = /^x?html?$/;

/**
 * A stem that ends with a hexadecimal digest of 8 to 64 digits (webpack, Parcel), or is one of 20
 * (webpack's default for assets). It includes a letter and a decimal digit, so a date or a word is
 * not one. Digits that follow four others and a "-" are the end of a UUID, which does not depend on
 * the content.
 */
const hexadecimal =
  /(?:^(?=.{20}$)|(?<![.-][\da-f]{4})[.-])(?=[\da-f]*\d)(?=[\da-f]*[a-f])[\da-f]{8,64}$/;

/** A stem that ends with what may be a digest of eight characters in another alphabet. */
const lastEight = /[.-]([\w-]{8})$/;

/**
 * The alphabets of these digests: base64url, which nearly always mixes cases (Vite, Rollup), the
 * base32 of RFC 4648 §6 (esbuild), and Bun's base32 without "i", "l", "o" and "u". One in base64url
 * may end with "-", which no name does, and then needs only a letter and a digit.
 */
const alphabets =
  /^(?:(?=.*[a-z])(?:(?=.*[A-Z])[\w-]{8}|(?=.*\d)[\w-]{7}-)|[A-Z2-7]{8}|[\da-hjkmnp-tv-z]{8})$/;

/** Abbreviations in names of files that can't be pronounced; any vowel stands for one. */
const abbreviation = /ascii|btn|css|ctrl|ext|html|http|img|mgmt|ptr|sql|std|str|svg|txt|xml/gi;

const shortWord = new RegExp(
  "^(?:a[imnst]|by|d[bo]|[gkm]b|[gns]o|i[dnost]|js|m[sy]|o[fknrs]|p[cmx]|q[rt]|t[osv]|u[ips]|we)$",
  "i",
);

/** What no English word contains, begins with or ends with; a word is three letters or more. */
const unpronounceable = new RegExp(
  [
    "[^aeiouy]{4}(?<!ngth|ghts)",
    "hh|ii|jj|qq|uu|vv|ww|xx|yy|q(?!u|$)|[jv](?=[^aeiouy])",
    "^(?!s[chklmnpqtw]|[bcfgkps]l|[bcdfgkptw]r|[cgkpstw]h|[dstk]w|[gkp]n|[pt]s)[^aeiouy]{2}",
    "^(?!s[cpt][hlr]|[cpst]hr)[^aeiouy]{3}",
    "[^aeiouy](?:[jqvw]|(?<![clnrs])k|(?<![dgnr])g|(?<![flr])f|(?<![blmr])b)$",
    "[^aeiouy](?:(?<![clnr])c|(?<![nt])x|(?<![nt])z)$",
    "^[^aeiouy]*$",
  ].join("|"),
  "i",
);

function isWord(text: string): boolean {
  if (text.length < 3) return shortWord.test(text);
  return !unpronounceable.test(text.replace(abbreviation, "a"));
}

/** What isn't a word but reads well: sizes, "1280x720", and the half-years of versions, "20H2". */
const figure = /^(?:\d+(?:x\d+)+|\d\dH\d)$/;

/** A single letter before a word or a number, "iPhone15", or after a number, "Figure1a". */
const marker = /^[a-z](?=[A-Z][a-z]{2}|\d+[a-z])|(?<=[a-z]{3}\d+)[A-Za-z]$/g;

/** Whether `part` of a name, without "-" and "_", consists of words and at most one number. */
function isReadable(part: string): boolean {
  if (part.length < 4 || figure.test(part)) return true;
  const rest = part.replace(marker, "");
  const pieces = rest.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  if (pieces.join("") !== rest) return false;
  const mixesCases = /[a-z]/.test(part) && /[A-Z]/.test(part);
  // In a name of both cases, a word after a number begins with a capital: "Win32Api".
  if (mixesCases && /\d[a-z]/.test(rest)) return false;
  const others = pieces.filter((piece) => !/^\d/.test(piece));
  if (pieces.length - others.length > 1) return false;
  const acronyms = mixesCases ? others.filter((piece) => /^[A-Z]{2,4}$/.test(piece)) : [];
  return acronyms.length < 2 && others.every((one) => acronyms.includes(one) || isWord(one));
}

/**
 * Whether `text` is a digest. People name files with words and numbers, and a digest is what can't
 * be read as such. One digest in thirty can, and such a file is only revalidated more often.
 */
function isDigest(text: string): boolean {
  if (!alphabets.test(text) || /^\d+$/.test(text)) return false;
  if (/^[a-z]+$/.test(text)) return /[^aeiouy]{5}/.test(text);
  return !text.split(/[-_]/).every(isReadable);
}

/**
 * Whether the name contains a digest of the content, as bundlers write it: "index-5C9DMmlx.js",
 * "app.3f9ab2c1.js". Such a file never changes.
 */
function isFingerprinted(name: string): boolean {
  const [, stem = "", extension = ""] = parts.exec(name) ?? [];
  if (stem === "" || pageExtension.test(extension)) return false;
  if (hexadecimal.test(stem)) return true;
  const [, last = ""] = lastEight.exec(stem) ?? [];
  return isDigest(last);
}

/** Cache-Control for the file `name`; `seconds` is the value of `--cache`, undefined without it. */
export function cacheControl(name: string, seconds: number | undefined): ResponseField {
  if (seconds === undefined) return alwaysAsk;
  return isFingerprinted(name) ? immutable : ["Cache-Control", `max-age=${seconds}`];
}

/** Browsers use the declared media type and guess no other (Fetch, "X-Content-Type-Options"). */
export const noSniff: ResponseField = ["X-Content-Type-Options", "nosniff"];

/**
 * Pages of other origins get no such response into their process as a picture or a script (Fetch,
 * "Cross-Origin-Resource-Policy"). Listings and error pages have it: they name files, and no page
 * shows them as its own resource. Files don't: pages elsewhere show a local server's pictures.
 */
export const ownOriginOnly: ResponseField = ["Cross-Origin-Resource-Policy", "same-origin"];

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

/**
 * What was uploaded is a page of no origin: what a stranger has sent must not act for the site in
 * the browser of another visitor (Content Security Policy Level 3 §6.3.2, "sandbox"). Header rules
 * don't replace it, since a second policy only restricts further (§8.1).
 */
export const sandboxLine: ResponseField = ["Content-Security-Policy", "sandbox"];
