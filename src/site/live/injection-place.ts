/**
 * Where a script may be put into a page so that nothing else changes: the document's mode, its
 * tree, and how its octets are read.
 *
 * In HTML the place is behind the start tag of `head`. Where that is left out, it is before the
 * first thing that would begin the head by itself (HTML §13.2.6.4.3, "before head"): behind the
 * document type, comments, and the start tag of `html`. A script there is in the head, whatever
 * follows: a title, a body, a frameset, bare text. It never is before the document type, which
 * would mean quirks mode.
 *
 * Only the beginning of a page is read, as octets of ASCII; the octets of every charset in use that
 * aren't ASCII are none of these characters. UTF-16 is recognised by its byte order mark.
 */

import { latin1Text } from "../../http/octets/bytes.ts";

/** How much of a page is read to find the place, in octets. */
export const placeSampleOctets = 64 * 1024;

/** The two syntaxes of a page. */
export type Syntax = "html" | "xhtml";

/** What is known of a page: all of it, as much as is read, or a part of that. */
export type Extent = "whole" | "most" | "part";

/** How a character of ASCII is written: one octet, or two, the low one first or the high one. */
export type Width = "octet" | "low-first" | "high-first";

/** The place in a page. */
interface Place {
  /** Octets before the script. */
  readonly at: number;
  readonly width: Width;
}

/** The beginning of a page as ASCII text; each code unit stands for one or two octets. */
interface Beginning {
  readonly text: string;
  /** Octets of the byte order mark. */
  readonly markOctets: number;
  readonly width: Width;
}

function readBeginning(octets: Uint8Array): Beginning | undefined {
  const [first, second, third] = octets;
  if (first === 0xff && second === 0xfe) return readWide(octets, "low-first");
  if (first === 0xfe && second === 0xff) return readWide(octets, "high-first");
  const markOctets = first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
  const text = latin1Text(octets, markOctets);
  // UTF-16 without a mark: browsers don't read it as such, so it is no page to them.
  return text.slice(0, 4).includes("\0") ? undefined : { text, markOctets, width: "octet" };
}

function readWide(octets: Uint8Array, width: "low-first" | "high-first"): Beginning {
  let text = "";
  const low = width === "low-first" ? 0 : 1;
  for (let i = 2; i + 1 < octets.length; i += 2) {
    const unit = (octets[i + low] ?? 0) + 256 * (octets[i + 1 - low] ?? 0);
    // Only ASCII matters; the rest may be anything that isn't.
    text += unit < 0x80 ? String.fromCharCode(unit) : "\x80";
  }
  return { text, markOctets: 2, width };
}

/** The characters that HTML and XML take for white space. */
const white = /[\t\n\f\r ]/;

/**
 * The end of the tag whose name ends at `from`: the index behind its ">", which may also stand in a
 * quoted value (HTML §13.2.5.32 and following); -1 when it isn't in the text.
 */
function endOfTag(text: string, from: number): number {
  let i = from;
  while (i < text.length) {
    const character = text[i++];
    if (character === ">") return i;
    if (character !== "=") continue;
    while (white.test(text[i] ?? "")) i++;
    const quote = text[i];
    if (quote === '"' || quote === "'") {
      const end = text.indexOf(quote, i + 1);
      if (end === -1) return -1;
      i = end + 1;
    } else {
      while (i < text.length && text[i] !== ">" && !white.test(text[i] ?? "")) i++;
    }
  }
  return -1;
}

/** The end of the start tag that begins at `at` with `opening`; 0 when another thing is there. */
function startTagAt(text: string, at: number, opening: RegExp): number {
  opening.lastIndex = at;
  const found = opening.exec(text);
  return found === null ? 0 : endOfTag(text, at + found[0].length);
}

/** What may stand before a head and makes no element in HTML: white space, kinds of comments. */
const htmlSkipped = /[\t\n\f\r ]+|<!--(?:-?>|[^]*?--!?>)|<(?:!(?!--|doctype)|\?)[^>]*>/iy;

/** The same in XML, where instructions end with "?>". */
const xmlSkipped = /[\t\n\r ]+|<!--[^]*?-->|<\?[^]*?\?>/y;

/** A document type; in XML it may have a subset in brackets. */
const htmlType = /<!doctype[^>]*>/iy;
const xmlType =
  /<!DOCTYPE(?:[^[>"']|"[^"]*"|'[^']*')*(?:\[(?:[^\]"']|"[^"]*"|'[^']*')*\][\t\n\r ]*)?>/y;

const htmlOpening = /<html(?=[\t\n\f\r />])/iy;
const headOpening = /<head(?=[\t\n\f\r />])/iy;
/** In XHTML names are of lower case, and may have a prefix. */
const xmlHtmlOpening = /<(?:[\w.-]+:)?html(?=[\t\n\r />])/y;
const xmlHeadOpening = /<(?:[\w.-]+:)?head(?=[\t\n\r />])/y;

/** The index behind all that `skipped` matches from `at` on. */
function skip(text: string, at: number, skipped: RegExp): number {
  let i = at;
  for (;;) {
    skipped.lastIndex = i;
    const found = skipped.exec(text);
    if (found === null) return i;
    i += found[0].length;
  }
}

/** The index behind the document type at `at`, or `at`. */
function skipType(text: string, at: number, type: RegExp): number {
  type.lastIndex = at;
  return at + (type.exec(text)?.[0].length ?? 0);
}

/** Whether what begins at `at` is cut off: a comment, a tag or a type without its end. */
const cutOff =
  /<(?:$|[!?]|h(?:$|e(?:$|a(?:$|d(?:$|[\t\n\f\r />])))|t(?:$|m(?:$|l(?:$|[\t\n\f\r />])))))/iy;

function isCutOff(text: string, at: number): boolean {
  cutOff.lastIndex = at;
  return at === text.length || cutOff.test(text);
}

/** The index of the place in HTML; -1 when the text doesn't reach that far. */
function placeInHtml(text: string, extent: Extent): number {
  let at = skip(text, 0, htmlSkipped);
  const untyped = at;
  at = skipType(text, at, htmlType);
  const isTyped = at > untyped;
  at = skip(text, at, htmlSkipped);
  const html = startTagAt(text, at, htmlOpening);
  if (html > 0) at = skip(text, html, htmlSkipped);
  const head = startTagAt(text, at, headOpening);
  if (head > 0) return head;
  if (extent === "whole" || !isCutOff(text, at)) return at;
  // A comment that is longer than what is read: the script goes before it, where that is safe.
  return extent === "most" && (isTyped || html > 0) ? at : -1;
}

/** The index of the place in XHTML; -1 when there is none. */
function placeInXhtml(text: string): number {
  const start = skip(text, 0, xmlSkipped);
  const root = skip(text, skipType(text, start, xmlType), xmlSkipped);
  const html = startTagAt(text, root, xmlHtmlOpening);
  if (html <= 0 || text[html - 2] === "/") return -1;
  const inside = skip(text, html, xmlSkipped);
  const head = startTagAt(text, inside, xmlHeadOpening);
  return head > 0 && text[head - 2] !== "/" ? head : html;
}

/** Where browsers look for a charset, in octets (HTML "prescan a byte stream"). */
const prescanOctets = 1024;

const metaCharset = /<meta(?=[\t\n\f\r /])[^>]*?charset/iy;

/**
 * The place after `at`, behind a declared charset, if a script of `octets` octets at `at` would
 * move the declaration out of browsers' sight; else `at`.
 */
function behindCharset(text: string, at: number, octets: number): number {
  let tag = text.indexOf("<", at);
  for (; tag !== -1 && tag < prescanOctets; tag = text.indexOf("<", tag + 1)) {
    const end = startTagAt(text, tag, metaCharset);
    if (end > 0) return end <= prescanOctets && end + octets > prescanOctets ? end : at;
  }
  return at;
}

/**
 * Where a script of `scriptOctets` octets goes into the page that begins with `octets`. Undefined
 * when the page has no place for one: it isn't a page after all, its beginning is too long, or
 * `octets` have to be more.
 */
export function placeIn(
  octets: Uint8Array,
  syntax: Syntax,
  scriptOctets: number,
  extent: Extent,
): Place | undefined {
  const beginning = readBeginning(octets);
  if (beginning === undefined) return undefined;
  const { text, markOctets, width } = beginning;
  let at = syntax === "html" ? placeInHtml(text, extent) : placeInXhtml(text);
  if (at === -1) return undefined;
  if (syntax === "html" && width === "octet") {
    at = behindCharset(text, at, scriptOctets + markOctets);
  }
  return { at: markOctets + at * (width === "octet" ? 1 : 2), width };
}
