import { describe, expect, test } from "bun:test";

import { readListAnswer } from "../../../../src/tree/store/client/list-answer.ts";

const wrap = (inside: string): string =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;

const object = (key: string): string =>
  `<Contents><Key>${key}</Key><LastModified>2024-01-01T00:00:00.250Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>`;

describe("a list of the store", () => {
  test("has objects and common prefixes", () => {
    const xml = wrap(
      `<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${object("docs/a%20b%2B.txt")}<CommonPrefixes><Prefix>docs/%C3%A4/</Prefix></CommonPrefixes>`,
    );
    expect(readListAnswer(xml)).toEqual({
      ok: true,
      value: {
        objects: [
          { key: "docs/a b+.txt", etag: '"e"', size: 3, modifiedMs: Date.UTC(2024, 0, 1) + 250 },
        ],
        prefixes: ["docs/ä/"],
        next: undefined,
      },
    });
  });

  test("of a store that escapes nothing has entities of XML", () => {
    const read = readListAnswer(wrap(object("a&amp;b &#x263A;&#65;&unknown;%20")));
    expect(read.ok && read.value.objects[0]?.key).toBe("a&b ☺A&unknown;%20");
  });

  test("says how it goes on", () => {
    const xml = wrap(
      "<IsTruncated>true</IsTruncated><NextContinuationToken>a&lt;b</NextContinuationToken>",
    );
    expect(readListAnswer(xml)).toMatchObject({ value: { next: "a<b" } });
  });

  test.each([
    ["no list", "<html>"],
    ["a cut list without its next part", wrap("<IsTruncated>true</IsTruncated>")],
    ["an object without a size", wrap("<Contents><Key>a</Key></Contents>")],
    ["a key that can't be decoded", wrap(`<EncodingType>url</EncodingType>${object("%zz")}`)],
    ["a folder without a prefix", wrap("<CommonPrefixes></CommonPrefixes>")],
  ])("is refused when it is %s", (_, xml) => {
    expect(readListAnswer(xml).ok).toBe(false);
  });
});
