import { describe, expect, test } from "bun:test";

import type { Result } from "../../../src/base/result.ts";
import { failure, success } from "../../../src/base/result.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import type { NamedEntry } from "../../../src/system/file-system.ts";
import { withEntries } from "../../../src/tree/listing/entries-beside.ts";
import type { EntryReader } from "../../../src/tree/listing/entry-reader.ts";
import type { ListingContext } from "../../../src/tree/listing/list-folder.ts";
import { rootPath } from "../../../src/tree/path.ts";
import { folderStat } from "../../../src/tree/mounts/mounted-stat.ts";

const own = folderStat(1);
const mounted = folderStat(2);
const beside = new Map([
  ["docs", mounted],
  ["img", mounted],
]);

/** A folder whose reader gives `batches`, or fails to open. */
function folder(batches: readonly (readonly string[])[] | string): ListingContext & {
  closed: number;
} {
  const left = typeof batches === "string" ? [] : [...batches];
  const context = {
    closed: 0,
    path: rootPath,
    hidden: false,
    open: (): Result<EntryReader, string> =>
      typeof batches === "string"
        ? failure(batches)
        : success({
            next: () => success((left.shift() ?? []).map((name) => ({ name, type: "directory" }))),
            close: () => void context.closed++,
          }),
    lookAt: (names: readonly string[]) => names.map(() => own),
    describeLink: () => undefined,
    kindOf: undefined,
  };
  return context;
}

/** All names that the folder with the entries beside it gives. */
function namesOf(context: ListingContext): readonly string[] | string {
  const opened = withEntries(context, beside).open();
  if (!opened.ok) return opened.error;
  const names: string[] = [];
  for (;;) {
    const read: Result<readonly NamedEntry[], string> = opened.value.next();
    if (!read.ok) return read.error;
    if (read.value.length === 0) break;
    names.push(...read.value.map(({ name }) => name));
  }
  opened.value.close();
  return names;
}

describe("entries beside those of a folder", () => {
  test("are read with them, and in the place of those with their names", () => {
    const context = folder([["a", "docs"], ["img"], ["z"]]);
    expect(namesOf(context)).toEqual(["docs", "img", "a", "z"]);
    expect(context.closed).toBe(1);
  });

  test("are there when the folder is not, and not when it can't be read", () => {
    expect(namesOf(folder("ENOENT"))).toEqual(["docs", "img"]);
    expect(namesOf(folder("EMFILE"))).toBe("EMFILE");
  });

  test("have stats of their own, in the order that is asked for", () => {
    const { lookAt } = withEntries(folder([]), beside);
    expect(lookAt(["a", "docs", "b", "img"]).map((facts) => facts?.mtimeMs)).toEqual([1, 2, 1, 2]);
  });

  test("are open to strangers, since a root is granted by being named", () => {
    const shut = new Map([["docs", new FileStat(Int32Array.of(0o040700))]]);
    const [facts] = withEntries(folder([]), shut).lookAt(["docs"]);
    expect(facts).toMatchObject({ type: "directory", mode: 0o040705 });
  });
});
