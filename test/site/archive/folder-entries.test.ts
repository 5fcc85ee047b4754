import { afterAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { chmodSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import type { ArchiveEntry } from "../../../src/site/archive/folder-entries.ts";
import { entriesOf } from "../../../src/site/archive/folder-entries.ts";
import { containPath } from "../../../src/tree/path.ts";
import { View } from "../../../src/tree/view.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { TempSite } from "../../temp-site.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";
import { atOnce } from "./fake-entries.ts";

const outside = new TempSite("empty");
outside.file("secret.txt", "secret");
chmodSync(outside.root, 0o755);
let temp = new TempSite("empty");
afterAll(() => outside[Symbol.dispose]());
beforeEach(() => {
  const made = new TempSite("empty");
  temp[Symbol.dispose]();
  temp = made;
});
afterAll(() => temp[Symbol.dispose]());

type Limits = Partial<Parameters<typeof entriesOf>[3]["limits"]>;

/** The entries of the folder at `path` of the temporary site, beneath "top". */
async function* entriesAt(
  path: string,
  options: SiteClientOptions = {},
  limits: Limits = {},
): AsyncGenerator<ArchiveEntry, void> {
  const client = new SiteClient(temp.root, options);
  const contained = containPath(path);
  if (!contained.ok) throw new Error(contained.error);
  const { tree, surroundings } = client;
  const facts = await tree.describe(contained.value, View.anew(0));
  if (facts.kind !== "folder") throw new Error(facts.kind);
  yield* entriesOf(contained.value, facts, "top", {
    tree,
    budgets: surroundings.budgets,
    limits: { archiveEntriesMax: 100, archiveDepthMax: 10, ...limits },
    pace: atOnce,
  });
}

/** The paths of entries, and what they are. */
async function shown(entries: AsyncIterable<ArchiveEntry>): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of entries) {
    const path = entry.names.join("/");
    if (entry.kind === "folder") lines.push(`${path}/`);
    else {
      lines.push(`${path} ${new TextDecoder().decode(entry.file.readAll())}`);
      entry.file.close();
    }
  }
  return lines;
}

describe("the entries of an archive", () => {
  test("are the folder's own, each folder's, empty ones too, and files, by name", async () => {
    temp.file("b.txt", "b");
    temp.file("a10.txt", "10");
    temp.file("a9.txt", "9");
    temp.file("sub/deep/c.txt", "c");
    temp.folder("empty");
    temp.file("indexed/index.html", "index");
    temp.file("indexed/other.html", "other");
    expect(await shown(entriesAt("/"))).toEqual([
      "top/",
      "top/empty/",
      "top/indexed/",
      "top/indexed/index.html index",
      "top/indexed/other.html other",
      "top/sub/",
      "top/sub/deep/",
      "top/sub/deep/c.txt c",
      "top/a9.txt 9",
      "top/a10.txt 10",
      "top/b.txt b",
    ]);
    expect(await shown(entriesAt("/sub/"))).toEqual(["top/", "top/deep/", "top/deep/c.txt c"]);
  });

  test("have permission bits without the special ones, and times", async () => {
    temp.file("set.txt", "x");
    chmodSync(temp.at("set.txt"), 0o6755);
    temp.folder("sticky");
    chmodSync(temp.at("sticky"), 0o1775);
    utimesSync(temp.at("sticky"), 1000, 1000);
    utimesSync(temp.at("set.txt"), 2000, 2000);
    const bits: unknown[] = [];
    for await (const entry of entriesAt("/")) {
      const { permissionBits, mtimeMs } = entry.kind === "folder" ? entry : entry.file;
      if (entry.names.length > 1) bits.push([entry.names[1], permissionBits, mtimeMs]);
    }
    expect(bits).toEqual([
      ["sticky", 0o775, 1_000_000],
      ["set.txt", 0o755, 2_000_000],
    ]);
  });

  test("leave out what others may not read, with all that is in it", async () => {
    temp.file("mine.txt", "mine", 0o640);
    temp.file("unsearchable/x.txt", "x");
    temp.file("unlistable/x.txt", "x");
    temp.file("open/x.txt", "x");
    chmodSync(temp.at("unsearchable"), 0o754);
    chmodSync(temp.at("unlistable"), 0o751);
    expect(await shown(entriesAt("/"))).toEqual(["top/", "top/open/", "top/open/x.txt x"]);
    expect(await shown(entriesAt("/", { permissions: "process" }))).toHaveLength(8);
  });

  test("leave out hidden names, unless they are shown", async () => {
    temp.file(".env", "secret");
    temp.file(".git/config", "config");
    temp.file(".well-known/x", "x");
    temp.file("sub/.well-known/x", "x");
    expect(await shown(entriesAt("/"))).toEqual([
      "top/",
      "top/.well-known/",
      "top/.well-known/x x",
      "top/sub/",
    ]);
    expect(await shown(entriesAt("/", { hidden: true }))).toHaveLength(9);
  });

  test("are what links lead to, by the rule of links", async () => {
    temp.file("a.txt", "a");
    temp.file("real/x.txt", "x");
    symlinkSync("a.txt", temp.at("link.txt"));
    symlinkSync("real", temp.at("folder"));
    symlinkSync(outside.at("secret.txt"), temp.at("out.txt"));
    symlinkSync(outside.root, temp.at("out"));
    symlinkSync("nowhere", temp.at("dangling"));
    const real = ["top/real/", "top/real/x.txt x"];
    const followed = ["top/folder/", "top/folder/x.txt x"];
    expect(await shown(entriesAt("/"))).toEqual([
      "top/",
      ...followed,
      ...real,
      "top/a.txt a",
      "top/link.txt a",
    ]);
    expect(await shown(entriesAt("/", { symlinks: "deny" }))).toEqual([
      "top/",
      ...real,
      "top/a.txt a",
    ]);
    expect(await shown(entriesAt("/", { symlinks: "follow" }))).toContain(
      "top/out/secret.txt secret",
    );
  });

  test("end, though links lead back to a folder that they lie in", async () => {
    temp.file("a/x.txt", "x");
    temp.folder("b");
    symlinkSync("..", temp.at("a/up"));
    symlinkSync(".", temp.at("self"));
    symlinkSync("../b", temp.at("a/to-b"));
    symlinkSync("../a", temp.at("b/to-a"));
    expect(await shown(entriesAt("/"))).toEqual([
      "top/",
      "top/a/",
      "top/a/to-b/",
      "top/a/x.txt x",
      "top/b/",
      "top/b/to-a/",
      "top/b/to-a/x.txt x",
    ]);
  });

  test("obey a chmod that comes before their turn, and leave out what is gone by then", async () => {
    for (const name of ["1", "2", "3", "4"]) temp.file(`${name}.txt`, name);
    temp.file("shut/x.txt", "x");
    const lines: string[] = [];
    for await (const entry of entriesAt("/")) {
      lines.push(entry.names.join("/"));
      if (entry.kind === "file") entry.file.close();
      if (entry.names.length === 1) chmodSync(temp.at("shut"), 0o700);
      if (entry.names[1] !== "1.txt") continue;
      chmodSync(temp.at("2.txt"), 0o600);
      rmSync(temp.at("3.txt"));
    }
    expect(lines).toEqual(["top", "top/1.txt", "top/4.txt"]);
  });

  test("that are too many are an error, in one folder or in all", async () => {
    for (let i = 0; i < 5; i++) temp.file(`many/${i}`, "x");
    expect(await shown(entriesAt("/", {}, { archiveEntriesMax: 7 }))).toHaveLength(7);
    const tooMany = "the archive ends early: more than 6 entries (archiveEntriesMax)";
    expect(shown(entriesAt("/", {}, { archiveEntriesMax: 6 }))).rejects.toThrow(tooMany);
    expect(shown(entriesAt("/many/", {}, { archiveEntriesMax: 3 }))).rejects.toThrow("than 3");
  });

  test("that lie too deep are an error", () => {
    temp.folder("1/2/3");
    expect(shown(entriesAt("/", {}, { archiveDepthMax: 3 }))).rejects.toThrow(
      "the archive ends early: more than 3 folders deep (archiveDepthMax)",
    );
  });

  test.each(["exhausted", "failed"] as const)("are an error when a look has %s", async (kind) => {
    temp.file("a.txt", "a");
    const client = new SiteClient(temp.root);
    const { tree, surroundings } = client;
    const root = containPath("/");
    if (!root.ok) throw new Error(root.error);
    const facts = await tree.describe(root.value, View.anew(0));
    if (facts.kind !== "folder") throw new Error(facts.kind);
    spyOn(tree, "open").mockReturnValue(kind === "failed" ? { kind, code: "EIO" } : { kind });
    const entries = entriesOf(root.value, facts, "top", {
      tree,
      budgets: surroundings.budgets,
      limits: { archiveEntriesMax: 10, archiveDepthMax: 10 },
      pace: atOnce,
    });
    const reason = kind === "failed" ? "EIO" : "no descriptors or memory are left";
    expect(shown(entries)).rejects.toThrow(`/a.txt can't be read: ${reason}`);
  });

  test.if(canListDescriptors)("leave nothing open when they are left early", async () => {
    for (let i = 0; i < 50; i++) {
      temp.file(`sub${i}/a.txt`, "a");
      writeFileSync(temp.at(`sub${i}/b.bin`), new Uint8Array(100_000));
    }
    const entries = entriesAt("/");
    for (let i = 0; i < 20; i++) {
      const { value } = await entries.next();
      if (value?.kind === "file") value.file.close();
    }
    await entries.return();
    expect(descriptorsInto(temp.root)).toEqual([]);
  });
});
