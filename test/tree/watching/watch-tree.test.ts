import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";

import { resolveLimits } from "../../../src/base/limits.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import type { TreeChange } from "../../../src/tree/watching/change-gathering.ts";
import type { ShownFolder } from "../../../src/tree/tree.ts";
import { watchTree } from "../../../src/tree/watching/watch-tree.ts";
import { TempSite } from "../../temp-site.ts";

/** A tree that is watched in earnest. */
class WatchedTree implements Disposable {
  readonly site = new TempSite("empty");
  readonly root = this.site.at("root");
  readonly changes: TreeChange[] = [];
  readonly #watch: Disposable;
  #wake: (() => void) | undefined;

  constructor(hidden = false, liveQuietTimeMs = 100, more: readonly ShownFolder[] = []) {
    const folders = [{ path: this.root, at: "" }, ...more];
    mkdirSync(`${this.root}/css`, { recursive: true });
    writeFileSync(`${this.root}/css/a.css`, "one");
    writeFileSync(`${this.root}/page.html`, "one");
    const limits = resolveLimits({ liveRootTimeMs: 20, liveQuietTimeMs });
    if (!limits.ok) throw new Error(limits.error.limit);
    this.#watch = watchTree({
      folders,
      hidden,
      limits: limits.value,
      scheduler: new EventLoop(),
      told: (change) => {
        this.changes.push(change);
        this.#wake?.();
      },
      failed: (folder, code) => {
        throw new Error(`${folder}: ${code}`);
      },
    });
  }

  /** Runs `change`; the paths of all that is told until that of a file which is written then. */
  async after(change: () => void): Promise<readonly string[]> {
    change();
    const paths: string[] = [];
    while (!paths.includes("last.html")) {
      writeFileSync(`${this.root}/last.html`, "x");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      paths.push(...this.changes.flatMap((one) => one.paths));
    }
    return [...new Set(paths)].filter((path) => path !== "last.html").toSorted();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.site[Symbol.dispose]();
  }
}

/** Writes `text` to the file at `path` as an editor does that keeps it open for a moment. */
function overwrite(path: string, text: string): void {
  const fd = openSync(path, "w");
  writeSync(fd, text);
  fsyncSync(fd);
  closeSync(fd);
}

describe("a file that is saved", () => {
  /** How editors save, as seen by a trace of their calls. */
  const editors: readonly (readonly [how: string, save: (path: string) => void])[] = [
    ["in place", (path) => overwrite(path, "two")],
    [
      "emptied and then written",
      (path) => {
        truncateSync(path, 0);
        appendFileSync(path, "two");
      },
    ],
    [
      "beside it, and renamed over it",
      (path) => {
        writeFileSync(`${path}.X1y2Z3`, "two");
        renameSync(`${path}.X1y2Z3`, path);
      },
    ],
    [
      "anew, after the old one was renamed to a backup",
      (path) => {
        writeFileSync(path.replace(/[^/]*$/, ".$&.swp"), "swap");
        writeFileSync(path.replace(/[^/]*$/, "4913"), "");
        unlinkSync(path.replace(/[^/]*$/, "4913"));
        renameSync(path, `${path}~`);
        writeFileSync(path, "two");
        unlinkSync(`${path}~`);
      },
    ],
    [
      "anew, after the old one was removed",
      (path) => {
        unlinkSync(path);
        writeFileSync(path, "two");
      },
    ],
    [
      "beside it under a name that stays, and renamed",
      (path) => {
        writeFileSync(`${path}___jb_tmp___`, "two");
        renameSync(path, `${path}___jb_old___`);
        renameSync(`${path}___jb_tmp___`, path);
        unlinkSync(`${path}___jb_old___`);
      },
    ],
  ];

  test.each(editors)("%s is the only one that is told of", async (_, save) => {
    using tree = new WatchedTree();
    expect(await tree.after(() => save(`${tree.root}/css/a.css`))).toEqual(["css/a.css"]);
  });

  test("and was opened only, by Vim or by a reader, is none", async () => {
    using tree = new WatchedTree(true);
    const paths = await tree.after(() => {
      writeFileSync(`${tree.root}/.page.html.swp`, "swap");
      writeFileSync(`${tree.root}/4913`, "");
      unlinkSync(`${tree.root}/4913`);
      closeSync(openSync(`${tree.root}/page.html`, "r"));
    });
    expect(paths).toEqual([]);
  });
});

describe("a tree of several folders", () => {
  test("tells of paths in the tree, and of one file in a folder if no other is shown", async () => {
    using other = new TempSite("empty");
    other.file("docs/deep/a.html", "one");
    other.file("one/.file.html", "one");
    other.file("one/beside.html", "one");
    const more = [
      { path: other.at("docs"), at: "docs/" },
      { path: other.at("one"), at: "", only: ".file.html" },
    ];
    using tree = new WatchedTree(false, 100, more);
    const paths = await tree.after(() => {
      writeFileSync(other.at("docs/deep/a.html"), "two");
      unlinkSync(other.at("docs/deep/a.html"));
      writeFileSync(other.at("docs/deep/b.html"), "two");
      writeFileSync(other.at("one/.file.html"), "two");
      writeFileSync(other.at("one/beside.html"), "two");
    });
    expect(paths).toEqual([".file.html", "docs/deep/a.html", "docs/deep/b.html"]);
  });
});

describe("what a build does", () => {
  test("to 500 files is one change", async () => {
    using tree = new WatchedTree(false, 1000);
    await tree.after(() => {
      for (let i = 0; i < 500; i++) writeFileSync(`${tree.root}/${i}.html`, "x".repeat(i));
    });
    expect(tree.changes.length).toBe(1);
    expect(tree.changes[0]?.paths.length).toBe(501);
    expect(tree.changes[0]?.isAll).toBe(false);
  });

  test("to a root that it replaces as a whole is told, and so is what comes after it", async () => {
    using tree = new WatchedTree();
    mkdirSync(tree.site.at("next"));
    writeFileSync(tree.site.at("next/page.html"), "two");
    await tree.after(() => {
      renameSync(tree.root, tree.site.at("old"));
      renameSync(tree.site.at("next"), tree.root);
      rmSync(tree.site.at("old"), { recursive: true });
    });
    expect(tree.changes.some(({ isAll }) => isAll)).toBe(true);
  });
});
