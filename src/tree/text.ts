/**
 * Whether octets are text, and whether text is UTF-8. A file without a known extension is sent as
 * text/plain when its beginning is text, and as octets for download otherwise. Text that isn't
 * UTF-8 is sent without a charset, so that its own declaration counts.
 */

import { latin1Text } from "../http/octets/bytes.ts";

/** How much of a file is examined, in octets. */
export const textSampleOctets = 4096;

/** Control characters that occur in text: tab, line feed, form feed, carriage return, escape. */
const textControls: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/** Whether `sample` has none of the control characters that don't occur in text. */
function hasTextOctets(sample: Uint8Array): boolean {
  for (const octet of sample) {
    if ((octet < 0x20 && !textControls.has(octet)) || octet === 0x7f) return false;
  }
  return true;
}

/**
 * Whether `sample`, the beginning of a file or all of it, is text in some charset: UTF-16 with a
 * byte order mark, or octets without control characters. It distinguishes text from the binary
 * format that a name stands for; UTF-8 isn't required, because some source code is in Latin-1.
 */
export function isTextOfAnyCharset(sample: Uint8Array): boolean {
  return utf16Of(sample) !== undefined || hasTextOctets(sample);
}

/** The form of UTF-16 whose byte order mark `sample` begins with; undefined without one. */
function utf16Of([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/**
 * Whether `sample`, the beginning of a file or all of it, is UTF-16 with a byte order mark and
 * without other control characters.
 */
export function isMarkedUtf16(sample: Uint8Array): boolean {
  const form = utf16Of(sample);
  if (form === undefined || sample.length % 2 === 1) return false;
  try {
    const decoder = new TextDecoder(form, { fatal: true });
    const text = decoder.decode(sample, { stream: sample.length >= textSampleOctets });
    return hasTextOctets(new TextEncoder().encode(text));
  } catch {
    return false;
  }
}

/**
 * Whether `sample`, the beginning of a file or all of it, is UTF-8 without other control
 * characters. A character that is cut off at the end of the sample is accepted. An empty file is
 * text.
 */
export function isText(sample: Uint8Array): boolean {
  if (!hasTextOctets(sample)) return false;
  try {
    // A new decoder for each call, because a streaming one keeps the octets of an incomplete
    // character.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(sample, { stream: sample.length >= textSampleOctets });
    return true;
  } catch {
    return false;
  }
}

/** How much of a text is examined for its charset, in octets. */
export const charsetSampleOctets = 65_536;

/** Where a text may declare its charset, in octets (HTML "prescan a byte stream"). */
const declarationOctets = 1024;

/** How content declares its charset, in Latin-1 text; the first group is its name. */
const inHtml = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)/i;
const inCss = /^@charset "([^"]*)"/;
const inXml = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/;

/** How content of type `mediaType` declares its charset; undefined where it can't. */
function declarationIn(mediaType: string): RegExp | undefined {
  if (mediaType.startsWith("text/html")) return inHtml;
  if (mediaType.startsWith("text/css")) return inCss;
  return mediaType.includes("/xml") || mediaType.includes("+xml") ? inXml : undefined;
}

/** Names of UTF-8 and of subsets. A declaration in ASCII octets can't mean UTF-16. */
const utf8Name = /^(?:utf-?8|unicode-1-1-utf-8|utf-?16(?:le|be)?|us-ascii|ascii)$/i;

/** Escapes with which ASCII octets switch to another character set (ISO-2022-JP, -KR, -CN). */
const shifts: readonly string[] = ["\u001b$B", "\u001b$@", "\u001b$)"];

/**
 * Octets as text, a byte order mark as a character of it. node:buffer has `isUtf8` for this, and
 * takes half a millisecond of a start to load.
 */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many UTF-16 units `octets` are as text; undefined where they aren't UTF-8. */
function utf8Length(octets: Uint8Array): number | undefined {
  try {
    return utf8.decode(octets).length;
  } catch {
    return undefined;
  }
}

/** The length of `sample` without a character that is cut off at its end. */
function wholeCharacters(sample: Uint8Array): number {
  const { length } = sample;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const octet = sample[length - back] as number;
    if (octet < 0x80) return length;
    if (octet >= 0xc0) return length - back;
  }
  return length;
}

/** Whether `sample` begins with two ASCII characters in UTF-16, without a byte order mark. */
function looksLikeUtf16(sample: Uint8Array): boolean {
  if (sample.length < 4) return false;
  const even = sample[0] === 0 && sample[2] === 0;
  const odd = sample[1] === 0 && sample[3] === 0;
  return even ? sample[1] !== 0 && sample[3] !== 0 : odd && sample[0] !== 0 && sample[2] !== 0;
}

/** The charset that `sample` declares for content of type `mediaType`; undefined without one. */
function declaredCharset(sample: Uint8Array, mediaType: string): string | undefined {
  const declaration = declarationIn(mediaType);
  if (declaration === undefined) return undefined;
  const beginning = latin1Text(sample, 0, Math.min(sample.length, declarationOctets));
  return declaration.exec(beginning)?.[1];
}

/**
 * Whether `sample`, the beginning of a text of type `mediaType` or all of it, may be sent with
 * charset=utf-8. That takes precedence over what the text declares (RFC 9110 §8.3.2; in HTML, CSS
 * and XML too), so it is false for octets that aren't UTF-8, and for ASCII that declares another
 * charset, whose other characters may follow after the sample or be written as escapes. UTF-8 that
 * declares another charset is UTF-8, since other text is hardly ever valid UTF-8 by chance.
 */
export function isUtf8Text(sample: Uint8Array, mediaType: string): boolean {
  const isCut = sample.length >= charsetSampleOctets;
  const whole = isCut ? sample.subarray(0, wholeCharacters(sample)) : sample;
  const units = utf8Length(whole);
  if (units === undefined || looksLikeUtf16(sample)) return false;
  // A character that isn't ASCII has more octets than units.
  if (units !== whole.length) return true;
  if (sample.includes(0x1b)) {
    const text = latin1Text(sample, 0, sample.length);
    if (shifts.some((shift) => text.includes(shift))) return false;
  }
  const declared = declaredCharset(sample, mediaType);
  return declared === undefined || utf8Name.test(declared);
}
