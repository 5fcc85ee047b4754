import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { holdFolder, nameFolder } from "../../../src/system/folder.ts";
import type { DiskTree } from "../../../src/tree/disk/disk-tree.ts";
import type { ContainedPath } from "../../../src/tree/path.ts";
import type { SharedSteps } from "../../../src/tree/listing/shared-listings.ts";
import type { ListingOrder, ListingStep } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { flatSteps, listed, pathOf, TempTree, uncachedView } from "../temp-tree.ts";

/** The path of the folder that `rawPath` names; it has to be one that may be listed. */
function folderAt(tree: DiskTree, rawPath: string): ContainedPath {
  const path = pathOf(rawPath);
  const { kind } = tree.open(path, uncachedView());
  if (kind !== "directory") throw new Error(`${rawPath}: ${kind}`);
  return path;
}

/** The steps of its listing. */
const stepsIn = (tree: DiskTree, path: ContainedPath, limit: number) =>
  flatSteps(tree.list(path, limit, uncachedView()));

/** Its entries' names, a folder's with a slash. */
function namesIn(tree: DiskTree, rawPath: string, limit = 1000): readonly string[] {
  const { entries } = listed(tree, folderAt(tree, rawPath), limit);
  return entries.map((entry) => entry.name + (entry.kind === "directory" ? "/" : ""));
}

/** Why a stranger gets nothing of the entries of a folder, by their names. */
function denialsIn(tree: DiskTree, rawPath: string): Readonly<Record<string, string | undefined>> {
  const { entries } = listed(tree, folderAt(tree, rawPath), 99);
  const denials = entries.map(({ name, denial }): [string, string | undefined] => {
    if (denial === undefined) return [name, undefined];
    return [name, `${denial.path} ${denial.mode.toString(8)} ${denial.lacks}`];
  });
  return Object.fromEntries(denials);
}

const byName: ListingOrder = { sort: "name", isDescending: false, filter: "", page: 1 };

/** The names of the entries that `steps` come to. */
const namesOf = (steps: SharedSteps): readonly string[] =>
  [...flatSteps(steps)].flatMap(({ entries }) => entries.map(({ name }) => name));

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => process.platform === "linux" || openFolder === nameFolder);

describe.each(ways)("the entries of a folder, with $way", ({ openFolder }) => {
  const temp = new TempTree();
  afterAll(() => temp.remove());
  const tree = temp.open({}, openFolder);

  temp.file("docs/10.txt", "0123456789");
  temp.file("docs/9.txt", "");
  temp.file("docs/Zoo/x");
  temp.folder("docs/zebra");
  temp.file("docs/a b.txt");
  temp.file("docs/.hidden");
  temp.file("docs/unread.txt", "x", 0o600);
  temp.folder("docs/closed", 0o700);
  temp.link("docs/to-file", "10.txt");
  temp.link("docs/to-folder", "zebra");
  temp.link("docs/to-nothing", "nowhere");
  temp.link("docs/to-loop", "to-loop");
  temp.link("docs/to-hidden", ".hidden");
  temp.link("docs/to-outside", "../../outside/canary.txt");
  temp.link("docs/to-closed", "closed/x");
  temp.file("docs/back\\slash");
  fs.writeFileSync(
    Buffer.concat([Buffer.from(`${temp.root}/docs/latin`), Buffer.from([0xe9])]),
    "not UTF-8",
  );
  Bun.spawnSync(["mkfifo", "-m", "666", temp.at("docs/fifo")]);
  fs.utimesSync(temp.at("docs/10.txt"), 1_700_000_000, 1_700_000_000.9996);

  const shownFolders = ["closed/", "to-folder/", "zebra/", "Zoo/"];
  const shownFiles = ["9.txt", "10.txt", "a b.txt", "back\\slash", "latin\udce9"].concat(
    "to-file",
    "unread.txt",
  );
  const shown = [...shownFolders, ...shownFiles];

  test("are the folders and files that a request could name, in a person's order", () => {
    expect(namesIn(tree, "/docs/")).toEqual(shown);
  });

  test("tell of a link what it leads to", () => {
    const { entries } = listed(tree, folderAt(tree, "/docs/"), 100);
    const file = { kind: "file", size: 10, mtimeMs: 1_700_000_000_999 };
    expect(entries.find((entry) => entry.name === "10.txt")).toMatchObject(file);
    expect(entries.find((entry) => entry.name === "to-file")).toMatchObject(file);
  });

  test("hold hidden names only where these are shown", () => {
    const hidden = namesIn(temp.open({ hidden: true }, openFolder), "/docs/");
    expect(hidden).toContain(".hidden");
    expect(hidden).toContain("to-hidden");
    expect(hidden).toHaveLength(shown.length + 2);
  });

  test("hold links only as far as these are followed", () => {
    expect(namesIn(temp.open({ symlinks: "deny" }, openFolder), "/docs/")).toEqual(
      shown.filter((name) => !name.startsWith("to-")),
    );
    expect(namesIn(temp.open({ symlinks: "follow" }, openFolder), "/docs/")).toContain(
      "to-outside",
    );
  });

  test("are cut at the limit, and what is left is counted", () => {
    const folder = folderAt(tree, "/docs/");
    const all = shown.length;
    expect(listed(tree, folder, 3).entries).toHaveLength(3);
    expect(listed(tree, folder, 3).left).toBe(all - 3);
    expect(listed(tree, folder, all).left).toBe(0);
    expect(listed(tree, folder, 0)).toEqual({ entries: [], left: all });
    expect(namesIn(tree, "/docs/", 3)).toEqual(shown.slice(0, 3));
  });

  test("come in pages, the last of which comes again after the last", () => {
    const folder = folderAt(tree, "/docs/");
    const page = (number: number): readonly string[] =>
      namesOf(tree.list(folder, 4, uncachedView(), { ...byName, page: number }));
    expect([...page(1), ...page(2), ...page(3)].join()).toBe(shown.join().replaceAll("/", ""));
    expect(page(4)).toEqual(page(3));
    expect(page(1000)).toEqual(page(3));
    const steps = [...tree.list(folder, 4, uncachedView(), { ...byName, page: 9 })];
    expect(steps.at(-1)?.totals).toEqual({ files: 7, folders: 4, from: 8 });
  });

  test("can be ordered by size, and filtered", () => {
    const folder = folderAt(tree, "/docs/");
    const names = (order: Partial<ListingOrder>): readonly string[] =>
      namesOf(tree.list(folder, 99, uncachedView(), { ...byName, ...order }));
    const bySize = names({ sort: "size", isDescending: true });
    expect(bySize.slice(4, 8)).toEqual(["back\\slash", "a b.txt", "10.txt", "to-file"]);
    expect(bySize.slice(0, 4)).toEqual(["closed", "to-folder", "zebra", "Zoo"]);
    expect(names({ filter: "TXT" })).toEqual(["9.txt", "10.txt", "a b.txt", "unread.txt"]);
    expect(names({ filter: "to-", isDescending: true })).toEqual(["to-folder", "to-file"]);
    expect(names({ filter: ".hidden" })).toEqual([]);
    expect(names({ sort: "time" }).at(4)).toBe("10.txt");
    expect(names({ sort: "kind", filter: "e" })).toEqual([
      "closed",
      "to-folder",
      "zebra",
      "unread.txt",
      "to-file",
    ]);
  });

  test("say of what a stranger gets nothing, and why", () => {
    temp.file("modes/indexed/index.html");
    temp.folder("modes/indexed", 0o711);
    temp.file("modes/badly-indexed/index.html", "", 0o600);
    temp.folder("modes/badly-indexed", 0o711);
    temp.folder("modes/dropbox", 0o711);
    temp.folder("modes/listed", 0o754);
    temp.file("modes/open.txt");
    temp.file("modes/shut.txt", "", 0o640);
    temp.link("modes/to-shut", "shut.txt");
    expect(denialsIn(tree, "/modes/")).toEqual({
      "badly-indexed": "modes/badly-indexed 40711 o+r",
      dropbox: "modes/dropbox 40711 o+r",
      indexed: undefined,
      listed: "modes/listed 40754 o+x",
      "open.txt": undefined,
      "shut.txt": "modes/shut.txt 100640 o+r",
      "to-shut": "modes/to-shut 100640 o+r",
    });
    const all = denialsIn(temp.open({ permissions: "process" }, openFolder), "/modes/");
    expect(Object.values(all).filter((denial) => denial !== undefined)).toEqual([]);
    fs.rmSync(temp.at("modes"), { recursive: true });
  });

  test("are read anew, by the rules of the moment", () => {
    temp.file("fresh/a.txt");
    const folder = folderAt(tree, "/fresh/");
    expect(listed(tree, folder, 9).entries.map((entry) => entry.name)).toEqual(["a.txt"]);
    temp.file("fresh/b.txt");
    expect(listed(tree, folder, 9).entries.map((entry) => entry.name)).toEqual(["a.txt", "b.txt"]);
    fs.chmodSync(temp.at("fresh"), 0o751);
    expect(listed(tree, folder, 9)).toEqual({ entries: [], left: 0 });
    fs.rmSync(temp.at("fresh"), { recursive: true });
    expect(listed(tree, folder, 9)).toEqual({ entries: [], left: 0 });
  });

  test.skipIf(!canListDescriptors)("hold no descriptor (needs /proc)", () => {
    temp.file("held/a.txt");
    const folder = folderAt(tree, "/held/");
    expect(descriptorsInto(temp.base)).toEqual([]);
    expect(listed(tree, folder, 9).entries).toHaveLength(1);
    fs.chmodSync(temp.at("held"), 0o751);
    expect(listed(tree, folder, 9)).toEqual({ entries: [], left: 0 });
    fs.rmSync(temp.at("held"), { recursive: true });
    expect(listed(tree, folder, 9)).toEqual({ entries: [], left: 0 });
    expect(descriptorsInto(temp.base)).toEqual([]);
  });

  test("can't be checked again, so what follows from them is given once", () => {
    const view = new View(0, 0);
    expect(view.dependencies).toEqual([]);
    tree.list(pathOf("/docs/"), 9, view).return();
    expect(view.dependencies).toBeUndefined();
  });

  test("of the root show .well-known (RFC 8615 §3)", () => {
    temp.folder(".well-known");
    temp.folder(".other");
    expect(namesIn(tree, "/")).toEqual([".well-known/", "docs/"]);
  });

  test("may be called by the replacement character, beside one that isn't UTF-8", () => {
    temp.file("odd/latin\ufffd");
    fs.writeFileSync(
      Buffer.concat([Buffer.from(`${temp.root}/odd/latin`), Buffer.from([0xe9])]),
      "not UTF-8",
    );
    expect(namesIn(tree, "/odd/")).toEqual(["latin\udce9", "latin\ufffd"]);
  });
});

/** Does the next step of a listing; it has to have one. */
function stepOf(steps: SharedSteps): ListingStep {
  const step = steps.next();
  if (step.done === true) throw new Error("the listing has come to its end");
  return step.value;
}

/** Does steps until there are entries to show, and answers with their names. */
function firstNames(steps: SharedSteps): readonly string[] {
  for (;;) {
    const { entries } = stepOf(steps);
    if (entries.length > 0) return entries.map((entry) => entry.name);
  }
}

/** The names of all entries that are still to come. */
function otherNames(steps: SharedSteps): readonly string[] {
  return [...steps].flatMap(({ entries }) => entries.map((entry) => entry.name));
}

describe.each(ways)("a folder with many entries, with $way", ({ openFolder }) => {
  const temp = new TempTree();
  afterAll(() => temp.remove());
  const tree = temp.open({}, openFolder);
  const count = 3000;
  const names = Array.from({ length: count }, (_, i) => `${i}`);

  /** Fills the folder `name` anew, and answers with it. */
  function many(name: string): ContainedPath {
    fs.rmSync(temp.at(name), { recursive: true, force: true });
    temp.folder(name);
    for (const file of names) fs.writeFileSync(temp.at(`${name}/${file}`), file);
    return folderAt(tree, `/${name}/`);
  }

  test("is read, put in order and shown in many small steps", () => {
    const steps = [...stepsIn(tree, many("many"), 2000)];
    const shown = steps.flatMap(({ entries }) => entries.map((entry) => entry.name));
    expect(shown).toEqual(names.slice(0, 2000));
    expect(steps.at(-1)?.found).toBe(count);
    expect(Math.max(...steps.map(({ entries }) => entries.length))).toBe(256);
    const found = steps.map((step) => step.found);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    const mostAtOnce = found.map((now, i) => now - (found[i - 1] ?? 0));
    expect(Math.max(...mostAtOnce)).toBeLessThan(1500);
    // What is read in a step is a part of that; nothing is shown before all is known.
    for (const step of steps) {
      if (step.entries.length > 0) expect(step.found).toBe(count);
      expect(step.work).toBeLessThan(1500);
    }
  });

  test("shows the first of them, however few are wanted", () => {
    const { entries, left } = listed(tree, many("few-of-many"), 7);
    expect(entries.map((entry) => entry.name)).toEqual(names.slice(0, 7));
    expect(left).toBe(count - 7);
  });

  test("shows links a few at a time", () => {
    temp.file("linked/0");
    for (const name of names.slice(1, 400)) temp.link(`linked/${name}`, "0");
    const steps = [...stepsIn(tree, folderAt(tree, "/linked/"), 1000)];
    expect(steps.flatMap(({ entries }) => entries)).toHaveLength(400);
    expect(Math.max(...steps.map(({ entries }) => entries.length))).toBeLessThan(100);
  });

  test("leaves out what goes, or becomes something else, before it is shown", () => {
    const path = many("changing");
    const steps = stepsIn(tree, path, count);
    const first = firstNames(steps);
    fs.rmSync(temp.at("changing/2000"));
    fs.rmSync(temp.at("changing/2001"));
    temp.folder("changing/2001");
    fs.rmSync(temp.at("changing/2002"));
    temp.link("changing/2002", "../changing/0");
    const gone = new Set(["2000", "2001"]);
    expect([...first, ...otherNames(steps)]).toEqual(names.filter((name) => !gone.has(name)));
  });

  test("shows nothing more when it may not be listed any more", () => {
    const steps = stepsIn(tree, many("closing"), count);
    const first = firstNames(steps);
    fs.chmodSync(temp.at("closing"), 0o751);
    expect(otherNames(steps)).toEqual([]);
    expect(first).toEqual(names.slice(0, first.length));
  });

  test("shows nothing of a folder that has taken its place, unless that may be listed", () => {
    const steps = stepsIn(tree, many("replaced"), count);
    const shown = firstNames(steps).length;
    fs.renameSync(temp.at("replaced"), temp.at("away"));
    temp.folder("replaced", 0o751);
    temp.file("replaced/2500", "another");
    fs.chmodSync(temp.at("replaced"), 0o751);
    const { value } = steps.next();
    expect(value?.entries ?? []).toEqual([]);
    fs.chmodSync(temp.at("replaced"), 0o755);
    const rest = [...steps].flatMap(({ entries }) => entries);
    expect(shown).toBeLessThan(2500);
    expect(rest).toMatchObject([{ name: "2500", size: "another".length }]);
    fs.rmSync(temp.at("away"), { recursive: true });
  });

  test.skipIf(!canListDescriptors)("is held while it is read, and no longer (needs /proc)", () => {
    const path = many("held");
    const steps = stepsIn(tree, path, count);
    expect(descriptorsInto(temp.base)).toEqual([]);
    stepOf(steps);
    expect(descriptorsInto(temp.base).length).toBeLessThanOrEqual(1);
    expect(firstNames(steps)).toHaveLength(256);
    expect(descriptorsInto(temp.base)).toEqual([]);
  });

  test.skipIf(!canListDescriptors)(
    "is closed when the listing is ended early (needs /proc)",
    () => {
      const path = many("left");
      for (let taken = 0; taken < 8; taken++) {
        const steps = stepsIn(tree, path, count);
        for (let i = 0; i < taken; i++) stepOf(steps);
        steps.return();
        expect(descriptorsInto(temp.base)).toEqual([]);
      }
    },
  );

  test.skipIf(!canListDescriptors)(
    "is the one that was opened, whatever takes its place (needs /proc)",
    () => {
      const steps = stepsIn(tree, many("moving"), count);
      const { found } = stepOf(steps);
      fs.renameSync(temp.at("moving"), temp.at("moved"));
      temp.folder("moving");
      temp.file("moving/other");
      // Its names are still to be had; what they lead to is asked of what is there now.
      const rest = [...steps];
      expect(found).toBeLessThanOrEqual(count);
      expect(rest.at(-1)?.found ?? found).toBe(count);
      expect(rest.flatMap(({ entries }) => entries)).toEqual([]);
      fs.rmSync(temp.at("moved"), { recursive: true });
    },
  );
});
