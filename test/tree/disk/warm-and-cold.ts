/**
 * Asks a tree that has been asked before, and one that has not, for the same paths. Run directly,
 * it does so for a test in another process, which may have another user: each line that it reads is
 * a JSON array of paths, and each that it writes is the answer.
 */

import { createInterface } from "node:readline";

import { defaultLimits } from "../../../src/base/limits.ts";
import { bytes } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { chooseFolderOpener } from "../../../src/system/folder.ts";
import type { DiskTreeOptions } from "../../../src/tree/disk/disk-tree.ts";
import { DiskTree } from "../../../src/tree/disk/disk-tree.ts";
import { View } from "../../../src/tree/view.ts";
import { later } from "../asker.ts";
import { describeOutcome, pathOf } from "../temp-tree.ts";

/** The options that a test varies. */
export type Varied = Pick<DiskTreeOptions, "root" | "index" | "symlinks" | "permissions">;

/** For each path what the warm tree finds, and what the cold one does. */
export type Answers = readonly (readonly [path: string, warm: string, cold: string])[];

export class WarmAndCold {
  readonly #clock = new LogicalClock();
  readonly #options: DiskTreeOptions;
  readonly #warm: DiskTree;

  constructor(varied: Varied) {
    this.#options = {
      ...varied,
      hidden: false,
      // Some of the test's files are longer, so that both kinds of files are asked for.
      limits: { ...defaultLimits, inlineBytesMax: bytes(24) },
      clock: this.#clock,
      scheduler: new EventLoop(),
    };
    this.#warm = this.#open();
  }

  #open(): DiskTree {
    const { root } = this.#options;
    return new DiskTree(this.#options, root, chooseFolderOpener("/"));
  }

  ask(paths: readonly string[]): Answers {
    return paths.map((path) => {
      const asked = (tree: DiskTree): string => {
        const view = new View(this.#clock.tick(), later());
        const peeked = tree.peek(pathOf(path), new View(view.since, later()));
        return `${peeked}, ${describeOutcome(tree.open(pathOf(path), view))}`;
      };
      const cold = this.#open();
      try {
        return [path, asked(this.#warm), asked(cold)] as const;
      } finally {
        cold.close();
      }
    });
  }

  close(): void {
    this.#warm.close();
  }
}

if (import.meta.main) {
  const trees = new WarmAndCold(JSON.parse(process.argv[2] ?? "{}") as Varied);
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(trees.ask(JSON.parse(line) as string[]))}\n`);
  }
}
