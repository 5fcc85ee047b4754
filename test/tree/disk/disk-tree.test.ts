import { afterAll, afterEach, beforeAll, describe, expect, mock, spyOn, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { bytes } from "../../../src/base/units.ts";
import { holdFolder, nameFolder } from "../../../src/system/folder.ts";
import { plainCalls } from "../../../src/system/plain-calls.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import type { DiskTree } from "../../../src/tree/disk/disk-tree.ts";
import { openDiskTree } from "../../../src/tree/disk/disk-tree.ts";
import { FoundFile } from "../../../src/tree/disk/open-file.ts";
import { childPath, containPath, rootPath } from "../../../src/tree/path.ts";
import type { OpenFile, Outcome } from "../../../src/tree/tree.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import {
  canary,
  contentOf,
  describeOutcome,
  fileAt,
  listed,
  outcome,
  TempTree,
  uncachedView,
} from "../temp-tree.ts";

/** The file that `rawPath` leads to, with its stat. */
function foundAt(tree: DiskTree, rawPath: string): FoundFile & OpenFile {
  const file = fileAt(tree, rawPath);
  if (!(file instanceof FoundFile)) throw new Error(`${rawPath}: not a file of a tree on disk`);
  return file;
}

const isLinux = process.platform === "linux";

const temp = new TempTree();
afterAll(() => temp.remove());
afterEach(() => mock.restore());

describe("the root", () => {
  test("is the real path of the folder", () => {
    temp.link("../alias", "site");
    expect(temp.open({ root: `${temp.base}/alias/` }).root).toBe(temp.root);
  });

  test("has to be a folder", () => {
    const missing = temp.at("missing");
    const file = temp.at("../outside/canary.txt");
    expect(openDiskTree(temp.options({ root: missing }))).toEqual({
      ok: false,
      error: `no such folder: ${missing}`,
    });
    expect(openDiskTree(temp.options({ root: file }))).toEqual({
      ok: false,
      error: `not a folder: ${file}`,
    });
    expect(openDiskTree(temp.options({ root: `${file}/x` })).ok).toBe(false);
  });

  test("has an index that can be a name", () => {
    expect(openDiskTree(temp.options({ index: "../x" }))).toEqual({
      ok: false,
      error: "not a file's name: ../x",
    });
  });

  test("is granted by being named, whatever its mode", () => {
    temp.file("at-root.txt");
    fs.chmodSync(temp.root, 0o700);
    const tree = temp.open();
    expect(outcome(tree, "/at-root.txt")).toBe("file at-root.txt");
    expect(outcome(tree, "/")).toBe("directory");
    fs.chmodSync(temp.root, 0o755);
  });

  test("is found again when it was removed and made anew", () => {
    const root = temp.at("../built");
    fs.mkdirSync(root);
    const tree = temp.open({ root });
    fs.rmdirSync(root);
    expect(outcome(tree, "/")).toBe("absent");
    expect(outcome(tree, "/a.txt")).toBe("absent");
    temp.file("../built/a.txt", "new");
    expect(outcome(tree, "/a.txt")).toBe("file new");
  });

  test("can be the root of the file system", () => {
    const tree = temp.open({ root: "/", permissions: "process" });
    temp.file("plain.txt");
    temp.link("absolute.txt", temp.at("plain.txt"));
    expect(outcome(tree, temp.at("plain.txt"))).toBe("file plain.txt");
    expect(outcome(tree, temp.at("absolute.txt"))).toBe("file plain.txt");
    expect(outcome(tree, temp.root)).toBe("redirect");
  });
});

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => isLinux || openFolder === nameFolder);

describe.each(ways)("a file and a folder, with $way", ({ openFolder }) => {
  const home = `plain-${openFolder === holdFolder ? "held" : "named"}`;
  let tree: DiskTree;
  beforeAll(() => {
    tree = temp.open({}, openFolder);
    temp.file(`${home}/a/b/c/deep file.txt`, "deep");
    temp.file(`${home}/with-index/index.html`, "index");
    temp.folder(`${home}/index-is-folder/index.html`);
    temp.folder(`${home}/empty`);
    temp.file(`${home}/.hidden`);
    temp.file(`${home}/.git/config`);
    temp.folder(`${home}/.private`, 0o700);
  });

  test.each([
    ["/a/b/c/deep%20file.txt", "file deep"],
    ["/a/b/c/deep%20file.txt/", "absent"],
    ["/a/b/c/deep%20file.txt/x", "absent"],
    ["/a/b/c/missing", "absent"],
    ["/a/missing/c", "absent"],
    ["/a/b", "redirect"],
    ["/a/b/", "directory"],
    ["/empty/", "directory"],
    ["/with-index/", "file index"],
    ["/with-index", "redirect"],
    ["/index-is-folder/", "directory"],
    ["/.hidden", "absent"],
    ["/.git/config", "absent"],
    ["/.git/", "absent"],
    ["/.private/x", "absent"],
    ["/.private/", "absent"],
    [`/${"x".repeat(255)}`, "absent"],
    ["/x".repeat(3000), "absent"],
  ])("%p is %p", (rawPath, expected) => {
    expect(outcome(tree, `/${home}${rawPath}`)).toBe(expected);
  });

  test("tells of a file what fstat says of its descriptor", () => {
    const name = `${home}/facts.svg`;
    temp.file(name, "<svg/>", 0o604);
    fs.utimesSync(temp.at(name), 1_700_000_000, 1_700_000_000.9);
    const limits = { ...defaultLimits, inlineBytesMax: bytes(5) };
    const file = foundAt(temp.open({ limits }, openFolder), `/${name}`);
    const seen = new FileStat();
    expect(plainCalls.lookInto(file.handle as unknown as number, seen)).toBe(0);
    expect(file.name).toBe("facts.svg");
    expect(file.mediaType).toBe("image/svg+xml; charset=utf-8");
    expect(file.size).toBe(6);
    expect(file.stat.mode).toBe(0o100604);
    expect(file.mtimeMs).toBe(1_700_000_000_900);
    expect(file.stat.isSame(seen)).toBe(true);
    file.close();
    const small = foundAt(tree, `/${name}`);
    expect(small.stat.isSame(seen)).toBe(true);
    expect(small.content).toEqual(new TextEncoder().encode("<svg/>"));
  });

  test("shows hidden names when told to, by the same rules", () => {
    const open = temp.open({ hidden: true }, openFolder);
    expect(outcome(open, `/${home}/.hidden`)).toBe(`file ${home}/.hidden`);
    expect(outcome(open, `/${home}/.git/`)).toBe("directory");
    expect(outcome(open, `/${home}/.private/x`)).toBe(`forbidden ${home}/.private o+x`);
  });

  test("shows .well-known at the root, and there only (RFC 8615 §3)", () => {
    temp.file(".well-known/security.txt", "contact");
    temp.file(`${home}/.well-known/security.txt`);
    expect(outcome(tree, "/.well-known/security.txt")).toBe("file contact");
    expect(outcome(tree, `/${home}/.well-known/security.txt`)).toBe("absent");
  });

  test("has no index when none is named", () => {
    const open = temp.open({ index: "" }, openFolder);
    expect(outcome(open, `/${home}/with-index/`)).toBe("directory");
  });
});

/** Has `before` done right before each opening of a file, and `after` right after it. */
function aroundOpening(before: () => void, after = (): void => {}): void {
  const calls = systemCalls();
  const open = calls.open.bind(calls);
  spyOn(calls, "open").mockImplementation((path, way) => {
    if (way !== "content") return open(path, way);
    before();
    const descriptor = open(path, way);
    after();
    return descriptor;
  });
}

function remove(name: string): void {
  fs.rmSync(temp.at(name), { force: true });
}

describe("a file that goes between the look at it and its opening", () => {
  const index = "going/index.html";
  // Made before what is opened is watched, since making a tree opens something, too.
  const tree = temp.open();

  test("is not there", () => {
    temp.file("going/a.txt");
    aroundOpening(() => remove("going/a.txt"));
    expect(outcome(tree, "/going/a.txt")).toBe("absent");
  });

  test("leaves the folder its listing when it was the index", () => {
    temp.file(index);
    aroundOpening(() => remove(index));
    expect(outcome(tree, "/going/")).toBe("directory");
  });

  test("is what has taken its place", () => {
    temp.file(index, "old");
    temp.file("going/next.html", "next");
    aroundOpening(() => {
      remove(index);
      temp.link(index, "next.html");
    });
    expect(outcome(tree, "/going/")).toBe("file next");
    remove(index);
  });

  test("is looked up at most lookupTriesMax times when it appears and disappears", () => {
    temp.file(index);
    let opened = 0;
    aroundOpening(
      () => remove(index),
      () => {
        opened++;
        temp.file(index);
      },
    );
    expect(outcome(tree, "/going/")).toBe("failed ESTALE");
    expect(opened).toBe(defaultLimits.lookupTriesMax);
  });
});

describe("a file by its name in the root", () => {
  test("goes by the same rules", () => {
    const tree = temp.open();
    const openByName = (name: string): Outcome => {
      const path = childPath(rootPath, name);
      return path === undefined ? { kind: "absent" } : tree.open(path, uncachedView());
    };
    temp.file("404.html", "not here");
    temp.file("403.html", "not for you", 0o640);
    temp.file("sub/x.html");
    expect(describeOutcome(openByName("404.html"))).toBe("file not here");
    expect(describeOutcome(openByName("403.html"))).toBe("forbidden 403.html o+r");
    for (const name of ["500.html", "sub/x.html", "../outside/canary.txt", "", ".", ".."]) {
      expect(openByName(name)).toEqual({ kind: "absent" });
    }
  });
});

describe("what is no regular file", () => {
  test("is absent, and a FIFO doesn't make it wait", () => {
    const tree = temp.open();
    Bun.spawnSync(["mkfifo", "-m", "666", temp.at("fifo")]);
    expect(fs.lstatSync(temp.at("fifo")).isFIFO()).toBe(true);
    expect(outcome(tree, "/fifo")).toBe("absent");
    expect(outcome(tree, "/fifo/")).toBe("absent");
  });

  test("a socket is absent", () => {
    const tree = temp.open();
    const server = Bun.listen({ unix: temp.at("socket"), socket: { data() {} } });
    fs.chmodSync(temp.at("socket"), 0o777);
    expect(outcome(tree, "/socket")).toBe("absent");
    server.stop(true);
  });

  test("a device is absent", () => {
    expect(outcome(temp.open({ root: "/dev" }), "/null")).toBe("absent");
    expect(outcome(temp.open({ root: "/dev" }), "/tty")).toBe("absent");
  });
});

describe("nothing outside is ever reached", () => {
  test("with any mix of dots, slashes, backslashes, escapes and links", () => {
    temp.file("mix/inside.txt", "inside");
    temp.link("mix/out", "../../outside");
    temp.link("mix/out.txt", temp.at("../outside/canary.txt"));
    temp.link("mix/up", "..");
    const escapes = "/ / / \\ . .. %2e %2E%2e %2f %5C %00 %252e %c0%ae".split(" ");
    const names = "mix out out.txt up inside.txt outside canary.txt site".split(" ");
    const parts = fc.constantFrom(...escapes, ...names, temp.base);
    for (const symlinks of ["inside", "deny"] as const) {
      const tree = temp.open({ symlinks, hidden: true });
      fc.assert(
        fc.property(fc.array(parts, { maxLength: 12 }), (chosen) => {
          const path = containPath(`/${chosen.join("")}`);
          if (!path.ok) return;
          const found = tree.open(path.value, uncachedView());
          if (found.kind === "file") expect(contentOf(found.file)).not.toContain(canary);
          if (found.kind === "directory") {
            const { entries } = listed(tree, path.value, 100);
            expect(entries.map((entry) => entry.name)).not.toContain("canary.txt");
          }
        }),
        { numRuns: 3000 },
      );
    }
  });
});

describe("descriptors", () => {
  test("running out of them is a state of its own, and none is lost", () => {
    temp.file("many/a/b/file.txt", "x");
    const script = `${import.meta.dir}/exhaust.ts`;
    const run = Bun.spawnSync([
      "sh",
      "-c",
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      script,
      temp.root,
    ]);
    expect(run.stdout.toString()).toBe("file exhausted exhausted file\n");
  });

  test.skipIf(!canListDescriptors)("are given back on every path (needs /proc)", () => {
    temp.folder("leak/closed", 0o750);
    temp.file("leak/private.txt", "x", 0o640);
    temp.link("leak/loop", "loop");
    temp.link("leak/a-b", "closed/x");
    // Outside, but still in the test's own folder: what is left open there counts as well.
    temp.link("leak/out", temp.at("../outside/canary.txt"));
    for (const symlinks of ["inside", "follow", "deny"] as const) {
      const tree = temp.open({ symlinks });
      for (const name of ["", "closed/x", "closed/", "private.txt", "loop", "a-b", "out", "none"]) {
        for (const slash of ["", "/"]) outcome(tree, `/leak/${name}${slash}`.replace("//", "/"));
      }
    }
    expect(descriptorsInto(temp.base)).toEqual([]);
  });
});

/** What `tree` says of the folder at `rawPath`, in one line. */
function described(tree: DiskTree, rawPath: string): string {
  const contained = containPath(rawPath);
  if (!contained.ok) throw new Error(contained.error);
  const found = tree.describe(contained.value, uncachedView());
  if (found.kind === "forbidden") return `forbidden ${found.denial.path} ${found.denial.lacks}`;
  if (found.kind === "absent") return `absent ${found.cause ?? ""}`;
  return found.kind === "folder" ? `folder ${found.permissionBits.toString(8)}` : found.kind;
}

describe("what a folder is besides its entries", () => {
  test("is told of one that may be listed, and of others why not", () => {
    temp.folder("told/open");
    temp.file("told/indexed/index.html");
    temp.folder("told/sticky", 0o1777);
    temp.folder("told/unlistable", 0o751);
    temp.folder("told/shut", 0o700);
    temp.folder("told/.hidden");
    temp.file("told/file");
    temp.link("told/link", "open");
    temp.link("told/out", "../../outside");
    const tree = temp.open();
    expect(
      [
        "/told/open/",
        "/told/open",
        "/told/indexed/",
        "/told/sticky/",
        "/told/link/",
        "/told/unlistable/",
        "/told/shut/",
        "/told/shut/in/",
        "/told/.hidden/",
        "/told/file/",
        "/told/none/",
        "/told/out/",
      ].map((path) => described(tree, path)),
    ).toEqual([
      "folder 755",
      "folder 755",
      "folder 755",
      "folder 777",
      "folder 755",
      "forbidden told/unlistable o+r",
      "forbidden told/shut o+rx",
      "forbidden told/shut o+x",
      "absent hidden",
      "absent ",
      "absent ",
      "absent link-outside",
    ]);
    expect(described(temp.open({ permissions: "process" }), "/told/unlistable/")).toBe(
      "folder 751",
    );
    expect(described(temp.open({ hidden: true }), "/told/.hidden/")).toBe("folder 755");
    if (canListDescriptors) expect(descriptorsInto(temp.root)).toEqual([]);
  });

  test("is the same folder by a link, and another one by its name alone", () => {
    temp.folder("same/a");
    temp.folder("same/b");
    temp.link("same/link", "a");
    const identityOf = (path: string): string => {
      const contained = containPath(path);
      if (!contained.ok) throw new Error(contained.error);
      const found = temp.open().describe(contained.value, uncachedView());
      return found.kind === "folder" ? found.identity : found.kind;
    };
    expect(identityOf("/same/link/")).toBe(identityOf("/same/a/"));
    expect(identityOf("/same/b/")).not.toBe(identityOf("/same/a/"));
    temp.link("same/up", "..");
    expect(identityOf("/same/up/")).toBe(identityOf("/"));
  });
});
