import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { BodyError } from "../../../src/site/request.ts";
import { UploadReader } from "../../../src/site/uploads/upload-reader.ts";
import { FakeBody } from "../fake-request.ts";

const fieldPart = '--xx\r\nContent-Disposition: form-data; name="who"\r\n\r\nAda\r\n';
const filePart = (name: string, content: string): string =>
  `--xx\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`;

/** The files of a form that comes in pieces of `cut` octets: names, and contents as Latin-1. */
function read(form: string, cut = 1e9, limits = defaultLimits): readonly string[] {
  const reader = new UploadReader("xx", limits, new FakeBody(undefined, undefined));
  const files: string[] = [];
  let open = "";
  const take = (): void => {
    for (const step of reader.take()) {
      if (step.kind === "begin") open = `${step.filename}:`;
      else if (step.kind === "octets") open += Buffer.from(step.octets).toString("latin1");
      else files.push(open);
    }
  };
  const octets = Buffer.from(form, "latin1");
  for (let at = 0; at < octets.length; at += cut) {
    reader.push(octets.subarray(at, at + cut));
    take();
  }
  reader.end();
  take();
  return files;
}

describe("a form with files", () => {
  const form = `${fieldPart}${filePart("a.txt", "one\r\n--x")}${filePart("b", "")}${fieldPart}${filePart("c", "\0\xff")}--xx--`;

  test.each([1, 2, 7, 100, 1e9])("is read in pieces of %i octets", (cut) => {
    expect(read(form, cut)).toEqual(["a.txt:one\r\n--x", "b:", "c:\0\xff"]);
  });

  test("has no file where none was chosen", () => {
    expect(read(`${filePart("", "")}--xx--`)).toEqual([]);
  });

  test("has names as browsers write them", () => {
    expect(read(`${filePart("a%22b.txt", "")}--xx--`)).toEqual(['a"b.txt:']);
    expect(read(`${filePart("\xc3\xbc", "")}--xx--`)).toEqual(["ü:"]);
    expect(read(`${filePart("\xff", "")}--xx--`)).toEqual(["\udcff:"]);
    expect(read(`${filePart("a%2fb", "")}--xx--`)).toEqual(["a%2fb:"]);
  });

  test("that is malformed, or breaks off, is refused", () => {
    expect(() => read(filePart("a", "one"))).toThrow(BodyError);
    expect(() => read("--xx\r\nno header\r\n\r\n\r\n--xx--")).toThrow(BodyError);
    expect(() => new UploadReader("", defaultLimits, new FakeBody(undefined, 0))).toThrow(
      BodyError,
    );
  });

  test("with too many files is refused", () => {
    const limits = { ...defaultLimits, uploadFilesMax: 2 };
    const file = filePart("a", "one");
    expect(read(`${file}${file}--xx--`, 1e9, limits)).toHaveLength(2);
    expect(() => read(`${file}${file}${file}--xx--`, 1e9, limits)).toThrow("body-too-large");
  });
});
