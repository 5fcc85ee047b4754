import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { holdFolder, nameFolder } from "../../../src/system/folder.ts";
import { explainDenial } from "../../../src/tree/denial-text.ts";
import { fileAt, outcome, pathOf, TempTree, uncachedView } from "../temp-tree.ts";

/** Root may open everything; for all other users the owner's bits stand in the way as well. */
const isRoot = process.geteuid?.() === 0;

const temp = new TempTree();
afterAll(() => temp.remove());

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => process.platform === "linux" || openFolder === nameFolder);

describe.each(ways)("the bits of strangers decide, with $way", ({ openFolder }) => {
  const tree = temp.open({}, openFolder);

  test("over a file, in all 512 modes", () => {
    temp.file("mode.txt", "content");
    for (let mode = 0; mode < 512; mode++) {
      fs.chmodSync(temp.at("mode.txt"), mode);
      const ownerMay = isRoot || (mode & 0o400) !== 0;
      const expected = (mode & 0o004) !== 0 && ownerMay ? "file content" : "forbidden mode.txt o+r";
      expect(outcome(tree, "/mode.txt")).toBe(expected);
    }
  });

  test("over the way to a file, in all 512 modes, whether the file exists or not", () => {
    temp.file("way/sub/file.txt", "content");
    for (let mode = 0; mode < 512; mode++) {
      fs.chmodSync(temp.at("way"), mode);
      const mayPass = (mode & 0o001) !== 0 && (isRoot || (mode & 0o100) !== 0);
      const refused = "forbidden way o+x";
      expect(outcome(tree, "/way/sub/file.txt")).toBe(mayPass ? "file content" : refused);
      expect(outcome(tree, "/way/missing")).toBe(mayPass ? "absent" : refused);
      expect(outcome(tree, "/way/missing/")).toBe(mayPass ? "absent" : refused);
      // It has no index, so it would be listed.
      const listed = (mode & 0o005) === 0 ? "forbidden way o+rx" : refused;
      expect(outcome(tree, "/way")).toBe(mayPass ? "redirect" : listed);
    }
    fs.chmodSync(temp.at("way"), 0o755);
  });

  test("over a listing, in all 512 modes", () => {
    temp.folder("list");
    for (let mode = 0; mode < 512; mode++) {
      fs.chmodSync(temp.at("list"), mode);
      const mayPass = (mode & 0o001) !== 0 && (isRoot || (mode & 0o100) !== 0);
      const mayRead = (mode & 0o004) !== 0 && (isRoot || (mode & 0o400) !== 0);
      const expected = mayRead ? "directory" : "forbidden list o+r";
      const both = (mode & 0o005) === 0 ? "forbidden list o+rx" : "forbidden list o+x";
      expect(outcome(tree, "/list/")).toBe(mayPass ? expected : both);
    }
    fs.chmodSync(temp.at("list"), 0o755);
  });

  test("over a folder with an index, which is never listed", () => {
    temp.folder("indexed");
    fs.chmodSync(temp.at("indexed"), 0o700);
    // A lookup that is cached sees the index come and go.
    for (const lacks of ["o+rx", "o+x", "o+rx"] as const) {
      if (lacks === "o+x") temp.file("indexed/index.html", "index");
      else fs.rmSync(temp.at("indexed/index.html"), { force: true });
      for (const path of ["/indexed", "/indexed/"]) {
        for (let times = 0; times < 2; times++) {
          expect(outcome(tree, path)).toBe(`forbidden indexed ${lacks}`);
        }
      }
      expect(outcome(tree, "/indexed/a.txt")).toBe("forbidden indexed o+x");
    }
  });

  test("at every depth, and the first folder that refuses is named", () => {
    temp.file("d1/d2/d3/file.txt", "content");
    const depths = ["d1", "d1/d2", "d1/d2/d3"];
    for (const depth of depths) {
      fs.chmodSync(temp.at(depth), 0o754);
      expect(outcome(tree, "/d1/d2/d3/file.txt")).toBe(`forbidden ${depth} o+x`);
      fs.chmodSync(temp.at(depth), 0o755);
    }
    for (const depth of depths) fs.chmodSync(temp.at(depth), 0o711);
    expect(outcome(tree, "/d1/d2/d3/file.txt")).toBe("file content");
    expect(outcome(tree, "/d1/d2/d3/")).toBe("forbidden d1/d2/d3 o+r");
  });

  test("over an index, which hides the listing even when it is not shown", () => {
    temp.file("home/index.html", "index", 0o640);
    temp.file("home/other.txt");
    expect(outcome(tree, "/home/")).toBe("forbidden home/index.html o+r");
    fs.chmodSync(temp.at("home/index.html"), 0o644);
    expect(outcome(tree, "/home/")).toBe("file index");
    fs.chmodSync(temp.at("home"), 0o711);
    expect(outcome(tree, "/home/")).toBe("file index");
    fs.rmSync(temp.at("home/index.html"));
    expect(outcome(tree, "/home/")).toBe("forbidden home o+r");
  });

  test("anew for each request", () => {
    temp.file("changing.txt", "content");
    for (let i = 0; i < 100; i++) {
      fs.chmodSync(temp.at("changing.txt"), i % 2 === 0 ? 0o640 : 0o644);
      const expected = i % 2 === 0 ? "forbidden changing.txt o+r" : "file content";
      expect(outcome(tree, "/changing.txt")).toBe(expected);
    }
  });

  test("and the denial explains itself", () => {
    temp.file("private/notes.html", "x", 0o640);
    const found = tree.open(pathOf("/private/notes.html"), uncachedView());
    if (found.kind !== "forbidden") throw new Error(found.kind);
    expect(found.denial.mode).toBe(0o100640);
    expect(explainDenial(found.denial)).toBe(
      "private/notes.html: -rw-r----- lacks o+r; chmod o+r to serve it",
    );
  });

  test("on what was opened, when the file changes meanwhile", () => {
    temp.file("kept.txt", "old");
    const file = fileAt(tree, "/kept.txt");
    fs.renameSync(temp.at("kept.txt"), temp.at("kept.old"));
    temp.file("kept.txt", "new", 0o600);
    expect(new TextDecoder().decode(file.readAll())).toBe("old");
    file.close();
    expect(outcome(tree, "/kept.txt")).toBe("forbidden kept.txt o+r");
  });
});

const nobody = { uid: 65534, gid: 65534 };

/** What `names` come to for a process that isn't root. */
function lookAs(names: readonly string[]): readonly string[] {
  const script = `${import.meta.dir}/look.ts`;
  const user = isRoot ? nobody : {};
  const run = Bun.spawnSync([process.execPath, script, temp.root, ...names], user);
  return run.stdout.toString().trimEnd().split("\n");
}

/** Whether a process that isn't root can run this Bun: npx keeps root's own under /root, 0700. */
const othersCanRun =
  !isRoot || Bun.spawnSync(["/bin/sh", "-c", `exec ${process.execPath} --version`], nobody).success;

describe("the process decides", () => {
  test("over bits that strangers lack", () => {
    const tree = temp.open({ permissions: "process" });
    temp.file("mine/file.txt", "mine", 0o600);
    fs.chmodSync(temp.at("mine"), 0o700);
    expect(outcome(tree, "/mine/file.txt")).toBe("file mine");
    expect(outcome(tree, "/mine/")).toBe("directory");
    expect(outcome(tree, "/mine")).toBe("redirect");
  });

  const needs = "(needs a Bun that others can run)";
  test.skipIf(!othersCanRun)(`and what the system refuses it is forbidden ${needs}`, () => {
    temp.file("theirs.txt", "x", 0o000);
    temp.file("theirs/file.txt", "x", 0o644);
    fs.chmodSync(temp.at("theirs"), 0o000);
    temp.file("search/file.txt", "x", 0o644);
    fs.chmodSync(temp.at("search"), 0o111);
    const names = ["/theirs.txt", "/theirs/file.txt", "/theirs/none", "/theirs/", "/theirs"];
    expect(lookAs([...names, "/search/file.txt", "/search/", "/search", "/none"])).toEqual([
      "forbidden theirs.txt o+r",
      "forbidden theirs o+x",
      "forbidden theirs o+x",
      "forbidden theirs o+x",
      "forbidden theirs o+x",
      "file x",
      "forbidden search o+r",
      "redirect",
      "absent",
    ]);
  });
});
