import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { openEntries } from "../../../src/tree/listing/entry-reader.ts";
import type { NamedEntry } from "../../../src/system/file-system.ts";
import { readEntries } from "../../../src/system/file-system.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

/** All entries of the folder `name`, but for itself and the one above. */
function entriesOf(name: string): readonly NamedEntry[] {
  const opened = openEntries(`${temp.at(name)}/`);
  if (!opened.ok) throw new Error(opened.error);
  const entries: NamedEntry[] = [];
  for (;;) {
    const next = opened.value.next();
    if (!next.ok) throw new Error(next.error);
    if (next.value.length === 0) break;
    entries.push(...next.value);
  }
  opened.value.close();
  return entries.filter((entry) => entry.name !== "." && entry.name !== "..");
}

const byName = (a: NamedEntry, b: NamedEntry): number => (a.name < b.name ? -1 : 1);

describe("the entries of a folder", () => {
  test("have names and types", () => {
    temp.file("types/file");
    temp.folder("types/folder");
    temp.link("types/link", "nowhere");
    Bun.spawnSync(["mkfifo", temp.at("types/fifo")]);
    temp.file("types/.hidden");
    temp.file("types/Grüße\n\u{1f600}");
    temp.file(`types/${"x".repeat(255)}`);
    expect(entriesOf("types").toSorted(byName)).toEqual(
      [
        { name: "file", type: "file" as const },
        { name: "folder", type: "directory" as const },
        { name: "link", type: "link" as const },
        { name: "fifo", type: "other" as const },
        { name: ".hidden", type: "file" as const },
        { name: "Grüße\n\u{1f600}", type: "file" as const },
        { name: "x".repeat(255), type: "file" as const },
      ].toSorted(byName),
    );
  });

  test("have all octets of names that aren't UTF-8", () => {
    temp.folder("odd");
    fs.writeFileSync(Buffer.concat([Buffer.from(`${temp.at("odd")}/a`), Buffer.from([0xe9])]), "");
    temp.folder("odd/a\ufffd");
    const entries = entriesOf("odd").toSorted(byName);
    expect(entries.map(({ name }) => name)).toEqual(["a\udce9", "a\ufffd"]);
    // The plain calls tell no type of either.
    const types = entries.map(({ type }) => type).join(" ");
    expect(types).toMatch(/^(?:file directory| )$/);
  });

  test("are all there are, whatever it takes to read them", () => {
    temp.folder("many");
    for (let i = 0; i < 5000; i++) fs.writeFileSync(temp.at(`many/${i}`), "");
    const all = readEntries(temp.at("many"));
    expect(entriesOf("many").toSorted(byName)).toEqual(all.ok ? all.value.toSorted(byName) : []);
    expect(entriesOf("many")).toHaveLength(5000);
  });

  test("come some at a time", () => {
    const opened = openEntries(`${temp.at("many")}/`);
    if (!opened.ok) throw new Error(opened.error);
    for (let length = -1; length !== 0;) {
      const next = opened.value.next();
      length = next.ok ? next.value.length : Infinity;
      expect(length).toBeLessThan(1500);
    }
    expect(opened.value.next()).toEqual({ ok: true, value: [] });
    opened.value.close();
  });

  test("can't be had where there is no folder", () => {
    temp.file("plain");
    expect(openEntries(`${temp.at("nothing")}/`)).toMatchObject({ ok: false, error: "ENOENT" });
    expect(openEntries(`${temp.at("plain")}/`)).toMatchObject({ ok: false, error: "ENOTDIR" });
  });

  test.skipIf(!canListDescriptors)(
    "are given back once, and then there are none (needs /proc)",
    () => {
      const opened = openEntries(`${temp.at("many")}/`);
      if (!opened.ok) throw new Error(opened.error);
      opened.value.next();
      opened.value.close();
      expect(descriptorsInto(temp.base)).toEqual([]);
      opened.value.close();
    },
  );
});
