import { expect, test } from "bun:test";

import { isHiddenName } from "../../../src/tree/path.ts";
import {
  isTemporaryName,
  nameOfUpload,
  recordedName,
  recordName,
  temporaryName,
} from "../../../src/tree/writing/temporary-name.ts";

test("is hidden, recognised, and another one each time", () => {
  const name = temporaryName();
  expect(isHiddenName(name, 0)).toBe(true);
  expect(isTemporaryName(name)).toBe(true);
  expect(temporaryName()).not.toBe(name);
});

test.each([".postern-upload-", ".postern-upload-1", "a.postern-upload-", `x${temporaryName()}`])(
  "%s is none",
  (name) => expect(isTemporaryName(name)).toBe(false),
);

test("of a resumable upload is one, always the same, and doesn't tell the ID", () => {
  const name = nameOfUpload("id");
  expect(isTemporaryName(name)).toBe(true);
  expect(nameOfUpload("id")).toBe(name);
  expect(nameOfUpload("ie")).not.toBe(name);
  expect(recordedName(recordName(name))).toBe(name);
  for (const other of [name, "a.json", `${name}x.json`]) {
    expect(recordedName(other)).toBeUndefined();
  }
});
