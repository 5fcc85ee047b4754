import { expect, test } from "bun:test";

import { bucketNameFault } from "../../../../src/tree/store/client/bucket-name.ts";
import { readStoreSource } from "../../../../src/tree/store/client/store-source.ts";

const alphabet = 'has letters, figures, ".", "-" and "_" alone, not';
const ends = "begins and ends with a letter or a figure, not";

test.each([
  ["b", "has at least 3 characters, not 1"],
  ["ab/prefix", "has at least 3 characters, not 2"],
  ["b".repeat(256), "has at most 255 characters, not 256"],
  ["a b c", `${alphabet} " "`],
  ["caf\u{e9}", `${alphabet} "\u{e9}"`],
  ["a:b:c", `${alphabet} ":"`],
  ["-abc", `${ends} "-"`],
  ["abc.", `${ends} "."`],
])("the bucket of s3://%s breaks a rule: it %s", (name, rule) => {
  const root = `s3://${name}`;
  expect(bucketNameFault(root)).toBe(`${root}: the name of a bucket ${rule}`);
  expect(readStoreSource(root, {}, {}).ok).toBe(false);
});

test.each(["abc", "b".repeat(255), "My_old.Bucket-1", "abc/b", ""])(
  "s3://%s breaks none",
  (name) => {
    const root = `s3://${name}`;
    expect(bucketNameFault(root)).toBeUndefined();
    expect(readStoreSource(root, {}, {}).ok).toBe(name !== "");
  },
);
