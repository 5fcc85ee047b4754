/**
 * Names of files, and paths made of them, as text.
 *
 * To the system a name is octets: any but NUL and "/" (POSIX.1-2024 XBD §3.136). Most names are
 * UTF-8, and their text is what they decode to. An octet that isn't part of a well-formed character
 * becomes a low surrogate on its own, U+DC80 to U+DCFF for 0x80 to 0xFF (as in PEP 383), which no
 * UTF-8 decodes to. So every name has one text, no two names have the same, and each text gives the
 * octets back. A text is decoded and encoded here and nowhere else: any other encoder turns a
 * surrogate on its own into U+FFFD, which is another name.
 */

const encoder = new TextEncoder();
/** The engine's decoder of a part, which costs less than making a view of the part. */
const utf8Slice: (this: Uint8Array, start: number, end: number) => string =
  Buffer.prototype.utf8Slice;

/** What is added to an octet that isn't UTF-8 to make a code unit of it. */
const escapeOffset = 0xdc00;

/** The most octets that a code unit is encoded with. */
const octetsPerUnitMax = 3;

/** Whether `code` stands for an octet that isn't UTF-8. */
function isEscape(code: number): boolean {
  return code >= escapeOffset + 0x80 && code <= escapeOffset + 0xff;
}

/** The text of `octets[start, end)`. */
export function nameText(octets: Uint8Array, start = 0, end = octets.length): string {
  const text = utf8Slice.call(octets, start, end);
  // U+FFFD is either that character itself, or what the decoder puts for ill-formed octets.
  return text.includes("\ufffd") ? escapedText(octets, start, end) : text;
}

/** `nameText` for octets that may be ill-formed. */
function escapedText(octets: Uint8Array, start: number, end: number): string {
  let text = "";
  let from = start;
  let at = start;
  while (at < end) {
    const length = characterLength(octets, at, end);
    if (length > 0) {
      at += length;
      continue;
    }
    if (from < at) text += utf8Slice.call(octets, from, at);
    text += String.fromCharCode(escapeOffset + (octets[at] ?? 0));
    from = ++at;
  }
  return text + utf8Slice.call(octets, from, end);
}

/** The count of octets of the character at `octets[at]`; 0 when they are ill-formed. */
function characterLength(octets: Uint8Array, at: number, end: number): number {
  const first = octets[at] ?? 0;
  if (first < 0x80) return 1;
  // Unicode §3.9, table 3-7. C0, C1 and F5 to FF are in no well-formed character.
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = octets[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) {
    if (((octets[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/**
 * Writes the octets of `text` to the beginning of `into`, and returns their count; -1 when there is
 * no room.
 */
export function writeName(text: string, into: Uint8Array): number {
  const { read, written } = encoder.encodeInto(text, into);
  // ASCII has as many octets as code units, and no escapes.
  if (read === text.length && (read === written || text.isWellFormed())) return written;
  return text.isWellFormed() ? -1 : writeEscaped(text, into);
}

/** `writeName` for text with escapes. */
function writeEscaped(text: string, into: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.codePointAt(i) ?? 0;
    if (code < 0x80 || isEscape(code)) {
      into[at++] = code & 0xff;
      continue;
    }
    if (code > 0xffff) i++;
    // Another surrogate on its own is in no name; it is encoded as TextEncoder does it.
    else if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x800) into[at++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) into[at++] = 0xe0 | (code >> 12);
      else {
        into[at++] = 0xf0 | (code >> 18);
        into[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      into[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    into[at++] = 0x80 | (code & 0x3f);
  }
  // What was written beyond the end of `into` is lost.
  return at > into.length ? -1 : at;
}

/** The octets of `text`. */
export function nameOctets(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  const octets = new Uint8Array(octetsPerUnitMax * text.length);
  return octets.slice(0, writeEscaped(text, octets));
}

/** How many octets `text` has. */
export function nameLength(text: string): number {
  return text.isWellFormed() ? Buffer.byteLength(text) : nameOctets(text).length;
}

/**
 * Whether `text` is the text of a name. It isn't when it contains another surrogate on its own, or
 * escapes that together are a well-formed character.
 */
export function isNameText(text: string): boolean {
  return text.isWellFormed() || nameText(nameOctets(text)) === text;
}

/** `text` for functions that encode text themselves: its octets where they would do it wrong. */
export function nameForSystem(text: string): string | Buffer {
  return text.isWellFormed() ? text : Buffer.from(nameOctets(text).buffer);
}

const runs = /[\udc80-\udcff]|[^\udc80-\udcff]+/gu;

/** `text` with `ofOctet` of each octet that isn't UTF-8, and `ofText` of what is between them. */
export function mapName(
  text: string,
  ofText: (text: string) => string,
  ofOctet: (octet: number) => string,
): string {
  if (text.isWellFormed()) return ofText(text);
  return text.replace(runs, (run) => {
    const code = run.charCodeAt(0);
    return isEscape(code) ? ofOctet(code - escapeOffset) : ofText(run);
  });
}
