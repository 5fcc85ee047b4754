/** What is UTF-8 and what isn't, as octets (RFC 3629 §4; Unicode 3.9, table 3-7). */

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Texts, the first and the last character of each length among them. */
export const validTexts: Readonly<Record<string, Uint8Array>> = {
  nothing: hex(""),
  "U+0000": hex("00"),
  "U+007F": hex("7f"),
  "U+0080": hex("c2 80"),
  "U+07FF": hex("df bf"),
  "U+0800": hex("e0 a0 80"),
  "U+0FFF": hex("e0 bf bf"),
  "U+D7FF": hex("ed 9f bf"),
  "U+E000": hex("ee 80 80"),
  "U+FFFD": hex("ef bf bd"),
  "U+FFFF": hex("ef bf bf"),
  "U+10000": hex("f0 90 80 80"),
  "U+3FFFF": hex("f0 bf bf bf"),
  "U+40000": hex("f1 80 80 80"),
  "U+10FFFF": hex("f4 8f bf bf"),
  "a byte order mark": hex("ef bb bf 61"),
  "Greek, with accents": hex("ce ba e1 bd b9 cf 83 ce bc ce b5"),
  "words of four scripts": new TextEncoder().encode("Hellö 世界 привет 👋 𐍈"),
};

/** What isn't, and after how many octets that is certain. */
export const invalidTexts: Readonly<
  Record<string, readonly [octets: Uint8Array, wrongAt: number]>
> = {
  "a tail without a lead": [hex("80"), 1],
  "the last tail without a lead": [hex("61 bf 61"), 2],
  "a lead without a tail": [hex("61 c3 61"), 3],
  "two leads": [hex("c3 c3 a4"), 2],
  "an overlong slash": [hex("c0 af"), 1],
  "C1, overlong": [hex("c1 bf"), 1],
  "overlong in three octets": [hex("e0 80 af"), 2],
  "the last overlong in three octets": [hex("e0 9f bf"), 2],
  "overlong in four octets": [hex("f0 80 80 af"), 2],
  "the last overlong in four octets": [hex("f0 8f bf bf"), 2],
  "overlong in five octets": [hex("f8 80 80 80 af"), 1],
  "overlong in six octets": [hex("fc 80 80 80 80 af"), 1],
  "the first surrogate": [hex("ed a0 80"), 2],
  "the last surrogate": [hex("ed bf bf"), 2],
  "a pair of surrogates": [hex("ed a0 81 ed b0 80"), 2],
  "U+110000": [hex("f4 90 80 80"), 2],
  F5: [hex("f5 80 80 80"), 1],
  FE: [hex("fe"), 1],
  FF: [hex("61 62 ff"), 3],
  "a character of three octets without the last": [hex("e1 bd 61"), 3],
  "a character of four octets without the last": [hex("f0 90 80 61"), 4],
  "Greek, then a surrogate": [hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64"), 13],
  "Greek, then U+110000": [hex("ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65"), 13],
};

/** What could be the beginning of a text, and is none. */
export const cutTexts: Readonly<Record<string, Uint8Array>> = {
  "the first of two octets": hex("61 c3"),
  "the first of three octets": hex("e1"),
  "two of three octets": hex("e1 bd"),
  "the first of four octets": hex("f0"),
  "two of four octets": hex("f0 90"),
  "three of four octets": hex("61 f0 90 80"),
};
