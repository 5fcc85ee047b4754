/**
 * Every cached lookup depends on all that it was made of: after any change of a folder on the way,
 * the root and the folders above it included, a tree that was asked before answers as one that was
 * not.
 */

import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Answers, Varied } from "./warm-and-cold.ts";
import { WarmAndCold } from "./warm-and-cold.ts";

const nobody = 65534;
const isRoot = process.getuid?.() === 0;
const canChangeUser = isRoot && Bun.which("setpriv") !== null;

const base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "postern-depend-")));
fs.chmodSync(base, 0o755);
afterAll(() => fs.rmSync(base, { recursive: true, force: true }));

const at = (name: string): string => join(base, name);

/** Whose files they are, and the user that asks. */
const identities = [
  { who: "the owner", user: isRoot ? nobody : undefined, owner: isRoot ? nobody : undefined },
  { who: "root", user: undefined, owner: undefined },
  { who: "nobody", user: nobody, owner: undefined },
].filter(({ who, user }) => (user === undefined ? isRoot || who === "the owner" : canChangeUser));

const paths = [
  "/",
  "/a.txt",
  "/none.txt",
  "/docs",
  "/docs/",
  "/docs/b.txt",
  "/docs/none",
  "/docs/deep",
  "/docs/deep/",
  "/docs/deep/c.txt",
  "/near.txt",
  "/spelled.txt",
  "/real.txt",
  "/moved.txt",
  "/up.txt",
];

let written = 0;

/** A content that no other file of the test has, nor its length: one tick may hold many changes. */
function content(): string {
  written++;
  return `${written}.${"x".repeat(written)}`;
}

function write(file: string): void {
  fs.writeFileSync(file, content());
  fs.chmodSync(file, 0o644);
}

function link(target: string, path: string): void {
  fs.rmSync(path, { force: true });
  fs.symlinkSync(target, path);
}

/** Makes the tree in the folder `site`. */
function fill(site: string, hasIndex: boolean): void {
  for (const folder of ["", "docs", "docs/deep"]) {
    fs.mkdirSync(join(site, folder), { recursive: true });
    fs.chmodSync(join(site, folder), 0o755);
    if (hasIndex) write(join(site, folder, "index.html"));
  }
  for (const file of ["a.txt", "docs/b.txt", "docs/deep/c.txt"]) write(join(site, file));
  link("docs/b.txt", join(site, "near.txt"));
  link(at("current/a.txt"), join(site, "spelled.txt"));
  link(at("up/site/a.txt"), join(site, "real.txt"));
  link(at("up/aside/a.txt"), join(site, "moved.txt"));
  link("../shared.txt", join(site, "up.txt"));
}

/** `base/current` leads to `base/up/site`; beside that is `base/up/next`. */
function make(hasIndex: boolean, owner: number | undefined): void {
  fs.rmSync(at("up"), { recursive: true, force: true });
  fs.rmSync(at("aside"), { recursive: true, force: true });
  fs.mkdirSync(at("up"));
  fs.chmodSync(at("up"), 0o755);
  fill(at("up/site"), hasIndex);
  fill(at("up/next"), !hasIndex);
  write(at("up/shared.txt"));
  link("up/site", at("current"));
  if (owner !== undefined) own("up", owner);
}

function own(name: string, owner: number): void {
  fs.lchownSync(at(name), owner, owner);
  if (!fs.lstatSync(at(name)).isDirectory()) return;
  for (const child of fs.readdirSync(at(name))) own(join(name, child), owner);
}

/** A change of the folder `name`, and what takes it back. */
interface Way {
  readonly way: string;
  readonly change: (name: string) => void;
  readonly undo: (name: string) => void;
}

const aside = (name: string): void => fs.renameSync(at(name), join(at(name), "..", "aside"));
const back = (name: string): void => {
  fs.rmSync(at(name), { recursive: true, force: true });
  fs.renameSync(join(at(name), "..", "aside"), at(name));
};

const ways: readonly Way[] = [
  { way: "moved away", change: aside, undo: back },
  {
    way: "replaced by an empty folder",
    change(name) {
      aside(name);
      fs.mkdirSync(at(name));
      fs.chmodSync(at(name), 0o755);
    },
    undo: back,
  },
  {
    way: "replaced by a file",
    change(name) {
      aside(name);
      write(at(name));
    },
    undo: back,
  },
  {
    way: "replaced by a link to where it went",
    change(name) {
      aside(name);
      link("aside", at(name));
    },
    undo: back,
  },
  {
    way: "replaced by a link to itself",
    change(name) {
      aside(name);
      link(at(name), at(name));
    },
    undo: back,
  },
  ...[0o000, 0o700, 0o711, 0o744].map((mode) => ({
    way: `changed to mode ${mode.toString(8)}`,
    change: (name: string) => fs.chmodSync(at(name), mode),
    undo: (name: string) => fs.chmodSync(at(name), 0o755),
  })),
  ...(isRoot
    ? [0o700, 0o711].map((mode) => ({
        way: `given away with mode ${mode.toString(8)}`,
        change(name: string) {
          fs.chmodSync(at(name), mode);
          fs.chownSync(at(name), 1, 1);
        },
        // The mode stays, so only the owner tells.
        undo: (name: string) => fs.chownSync(at(name), nobody, nobody),
      }))
    : []),
];

const ancestors = ["up", "up/site", "up/site/docs", "up/site/docs/deep"];

/** Asks both trees, here or as another user. */
interface Client {
  ask(): Promise<Answers>;
  close(): void;
}

function clientOf(varied: Varied, user: number | undefined): Client {
  if (user === undefined) {
    const trees = new WarmAndCold(varied);
    return { ask: async () => trees.ask(paths), close: () => trees.close() };
  }
  const script = join(import.meta.dir, "warm-and-cold.ts");
  const id = `${user}`;
  const asUser = ["setpriv", "--reuid", id, "--regid", id, "--clear-groups"];
  const child = Bun.spawn([...asUser, process.execPath, script, JSON.stringify(varied)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  return {
    async ask() {
      void child.stdin.write(`${JSON.stringify(paths)}\n`);
      await child.stdin.flush();
      let line = "";
      while (!line.endsWith("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error("the other process has ended");
        line += decoder.decode(value, { stream: true });
      }
      return JSON.parse(line) as Answers;
    },
    close: () => child.kill(),
  };
}

/** The answers of the warm tree that differ from those of the cold one. */
async function stale(client: Client): Promise<Answers> {
  const first = await client.ask();
  const second = await client.ask();
  return [...first, ...second].filter(([, warm, cold]) => warm !== cold);
}

const variants = [
  { root: "up/site", symlinks: "inside", permissions: "other" },
  { root: "current", symlinks: "inside", permissions: "other" },
  { root: "current", symlinks: "follow", permissions: "process" },
  { root: "up/site", symlinks: "follow", permissions: "other" },
] as const;

describe.each(identities)("asked as $who", ({ user, owner }) => {
  for (const hasIndex of [true, false]) {
    for (const [i, variant] of variants.entries()) {
      // Each variant is tried with an index or without; as root, in this process, with both.
      if (user !== undefined && hasIndex !== (i % 2 === 0)) continue;
      const { root, symlinks, permissions } = variant;
      const title = `${root}, links ${symlinks}, ${permissions}, ${hasIndex ? "an" : "no"} index`;

      test(`each change of each folder on the way is seen: ${title}`, async () => {
        make(hasIndex, owner);
        const index = hasIndex ? "index.html" : "";
        const client = clientOf({ ...variant, root: at(root), index }, user);
        const wrong: unknown[] = [];
        try {
          for (const name of ancestors) {
            for (const { way, change, undo } of ways) {
              for (const step of ["before", "changed", "undone"] as const) {
                if (step === "changed") change(name);
                if (step === "undone") undo(name);
                for (const answer of await stale(client)) wrong.push([name, way, step, answer]);
              }
              fs.chmodSync(at(name), 0o755);
            }
          }
          for (const target of ["up/next", "up/none", "up/site/docs", "up/site"]) {
            link(target, at("current"));
            for (const answer of await stale(client)) wrong.push(["current", target, answer]);
          }
        } finally {
          client.close();
        }
        expect(wrong).toEqual([]);
      });
    }
  }

  test("random changes, one after another, are all seen", async () => {
    // Numerical Recipes' generator, so that a failure comes again.
    let seed = 20_261_128;
    const draw = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (const variant of variants) {
      make(true, owner);
      const client = clientOf({ ...variant, root: at(variant.root), index: "index.html" }, user);
      const done: string[] = [];
      try {
        for (let round = 0; round < 60; round++) {
          done.push(changeAtRandom(draw));
          if (draw(3) === 0) continue;
          const wrong = await stale(client);
          expect({ after: done.slice(-6), wrong }).toMatchObject({ wrong: [] });
        }
      } finally {
        client.close();
      }
    }
  });
});

/** Changes something, which may fail after what has been changed before. Says what it was. */
function changeAtRandom(draw: (below: number) => number): string {
  const names = [...ancestors, "up/site/index.html", "up/site/a.txt", "up/site/docs/index.html"];
  const name = names[draw(names.length)] ?? "";
  const mode = [0o755, 0o755, 0o711, 0o700, 0o644][draw(5)] ?? 0;
  const which = draw(8);
  try {
    if (which === 0) aside(name);
    if (which === 1 || which === 2) back(name);
    if (which === 3) fs.chmodSync(at(name), mode);
    if (which === 4) fs.rmSync(at(name), { recursive: true });
    if (which === 5) fill(at("up/site"), draw(2) === 0);
    if (which === 6) link(["up/site", "up/next", "up/aside"][draw(3)] ?? "", at("current"));
    if (which === 7) write(at(name));
  } catch (error) {
    return `${which} ${name} ${(error as { code?: string }).code}`;
  }
  return `${which} ${name} ${mode.toString(8)}`;
}
