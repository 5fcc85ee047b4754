import { describe, expect, test } from "bun:test";

import { MultipartReader } from "../../../src/http/multipart.ts";
import { PartStream } from "../../../src/site/forms/part-stream.ts";

const bounds = { formFieldCountMax: 10, headerSectionBytesMax: 200, fieldCountMax: 10 };

const contents = [
  "",
  "one",
  "\r\n",
  "\r\n--x\r\n--xy\r\n--xx-",
  "\r\n--xx  \t  no",
  `\r\n--xx${" ".repeat(500)}.`,
  "\r\n\r\nno: header\r\n\r\n",
];

const headers = contents.map(
  (_, i) => `Content-Disposition: form-data; name="${i}"\r\nX: ${"y".repeat(i)}\r\n\r\n`,
);

const form = [
  ...contents.map((content, i) => `--xx\r\n${headers[i]}${content}\r\n`),
  "--xx--",
].join("");

/** The headers and contents of a form that comes in pieces of `cut` octets. */
function read(text: string, cut: number): readonly (readonly [header: string, content: string])[] {
  const parts: [string, string][] = [];
  const last = (): [string, string] => parts.at(-1) as [string, string];
  const position = (): MultipartReader => reader;
  const stream = new PartStream({ headerBytesMax: 200, held: () => undefined }, position, {
    begin: () => void parts.push(["", ""]),
    header: (octets) => void (last()[0] += Buffer.from(octets).toString()),
    content: (octets) => void (last()[1] += Buffer.from(octets).toString()),
  });
  const reader: MultipartReader = new MultipartReader("xx", bounds, stream, () => undefined);
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += cut) {
    expect(reader.push(octets.subarray(at, at + cut))).toBeUndefined();
  }
  expect(reader.end()).toBeUndefined();
  return parts;
}

describe("the parts of a form", () => {
  const whole = headers.map((header, i) => [header, contents[i] ?? ""] as const);

  test.each([1, 2, 3, 5, 7, 64, 1000, 100_000])("are the same in pieces of %i", (cut) => {
    expect(read(form, cut)).toEqual(whole);
  });

  test("are the same when cut in two anywhere", () => {
    for (let at = 1; at < form.length; at += 3) {
      const parts = read(form, at);
      expect(parts).toEqual(whole);
    }
  });
});

test("what is held back is told", () => {
  let held = 0;
  const note = (octets: number): void => void (held = octets);
  const position = (): MultipartReader => reader;
  const stream = new PartStream({ headerBytesMax: 200, held: note }, position, {
    begin: () => undefined,
    header: () => undefined,
    content: () => undefined,
  });
  const reader: MultipartReader = new MultipartReader("xx", bounds, stream, () => undefined);
  reader.push(Buffer.from(`--xx\r\n${headers[0]}\r\n--xx${" ".repeat(10_000)}`));
  expect(held).toBeGreaterThan(10_000);
});
