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
    expect(readListAnswer(xml, "docs/")).toEqual({
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
    const read = readListAnswer(wrap(object("a&amp;b &#x263A;&#65;&unknown;%20")), "");
    expect(read.ok && read.value.objects[0]?.key).toBe("a&b ☺A&unknown;%20");
  });

  test("says how it goes on", () => {
    const xml = wrap(
      "<IsTruncated>true</IsTruncated><NextContinuationToken>a&lt;b</NextContinuationToken>",
    );
    expect(readListAnswer(xml, "")).toMatchObject({ value: { next: "a<b" } });
  });

  test.each([
    ["<html>", "the store's list is no ListBucketResult"],
    [wrap("<IsTruncated>true</IsTruncated>"), "the store's list ends without its next part"],
    [
      wrap("<Contents><Key>docs/a</Key></Contents>"),
      'in the store\'s list "docs/a" has no usable size',
    ],
    [
      wrap("<Contents><Key>docs/a</Key><Size></Size></Contents>"),
      'in the store\'s list "docs/a" has no usable size',
    ],
    [
      wrap("<Contents><Size>3</Size></Contents>"),
      "an object in the store's list has no usable key",
    ],
    [
      wrap(`<EncodingType>url</EncodingType>${object("docs/%zz")}`),
      "an object in the store's list has no usable key",
    ],
    [wrap("<CommonPrefixes></CommonPrefixes>"), "a folder in the store's list has no prefix"],
    [
      wrap(object("docs/a") + object("other/outside.txt")),
      'the store\'s list has "other/outside.txt", which is not below "docs/"',
    ],
    [
      wrap("<CommonPrefixes><Prefix>others/a/</Prefix></CommonPrefixes>"),
      'the store\'s list has "others/a/", which is not below "docs/"',
    ],
    [
      wrap(object("k".repeat(300))),
      `the store's list has "${"k".repeat(200)}…", which is not below "docs/"`,
    ],
  ])("%p is refused: %s", (xml, why) => {
    expect(readListAnswer(xml, "docs/")).toEqual({ ok: false, error: why });
  });
});
