import { expect, test } from "bun:test";

import type { FormPart } from "../../../src/http/multipart.ts";
import { MultipartReader } from "../../../src/http/multipart.ts";
import { PartHash } from "../../../src/site/echo/part-hash.ts";

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const bounds = { formFieldCountMax: 10, headerSectionBytesMax: 200, fieldCountMax: 10 };

const values = [
  "",
  "one",
  "\r\n",
  "\r\n--x\r\n--xy\r\n--xx-",
  "\r\n--xx  \t  no",
  `\r\n--xx${" ".repeat(500)}.`,
  "\r\r\r\n\n\n",
];

/** A form with these values, blanks behind each delimiter, and text before and after. */
const form = [
  "preamble\r\n",
  ...values.map(
    (value, i) => `--xx \t \r\nContent-Disposition: form-data; name="${i}"\r\n\r\n${value}\r\n`,
  ),
  "--xx--\r\nepilogue",
].join("");

/** The parts of `text` that comes in pieces of `cut` octets, and the most that was held back. */
function read(
  text: string,
  cut: number,
): { readonly parts: readonly string[]; readonly held: number } {
  const parts: string[] = [];
  let held = 0;
  const note = (octets: number): void => void (held = Math.max(held, octets));
  const hashBounds = { headerBytesMax: 200, valueBytesMax: 5, held: note };
  const hash = new PartHash(hashBounds, () => reader);
  const reader: MultipartReader = new MultipartReader("xx", bounds, hash, (part: FormPart) => {
    const name = Buffer.from(part.name).toString();
    const kept = Buffer.from(part.content).toString();
    parts.push(`${name} ${hash.content.octets} ${JSON.stringify(kept)} ${hash.content.digest()}`);
  });
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += cut) {
    expect(reader.push(octets.subarray(at, at + cut))).toBeUndefined();
  }
  expect(reader.end()).toBeUndefined();
  return { parts, held };
}

test("each part has the size and the digest of its content, wherever the body is cut", () => {
  const expected = values.map(
    (value, i) => `${i} ${value.length} ${JSON.stringify(value.slice(0, 5))} ${sha256(value)}`,
  );
  for (let cut = 1; cut < 80; cut++) expect(read(form, cut).parts).toEqual(expected);
  expect(read(form, form.length).parts).toEqual(expected);
});

/** A form of one part with this value. */
const part = (value: string): string =>
  `--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n--xx--`;

test("what may be a delimiter is told to be held back", () => {
  expect(read(part("plain text of some length"), 10).held).toBeLessThan(256);
  expect(read(part(`\r\n--xx${" ".repeat(2000)}.`), 10).held).toBeGreaterThan(2000);
});
