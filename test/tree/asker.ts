/**
 * A tree, and one who asks it as a server does: each request at a moment of its own, and at a time that
 * the test says.
 */

import { defaultLimits } from "../../src/base/limits.ts";
import { Moments } from "../../src/tree/cache/freshness.ts";
import type { Outcome, Tree } from "../../src/tree/disk/disk-tree.ts";
import type { TempTree } from "./temp-tree.ts";
import { describeOutcome, pathOf } from "./temp-tree.ts";

/** Late enough for every change that a test has made to be settled. */
export const later = (): number => Date.now() + 60_000;

export class Asker {
  readonly moments = new Moments();
  readonly tree: Tree;

  constructor(temp: TempTree, limits: Partial<typeof defaultLimits> = {}) {
    const options = { limits: { ...defaultLimits, ...limits }, moments: this.moments };
    this.tree = temp.open({ ...options, index: "index.html" });
  }

  /** What a request finds that arrives now, at `nowMs`. */
  ask(path: string, nowMs = later()): Outcome {
    return this.askSince(this.moments.next(), path, nowMs);
  }

  /** What a request finds whose answer has to be fresh since `since`. */
  askSince(since: number, path: string, nowMs = later()): Outcome {
    return this.during(() => this.tree.resolve(pathOf(path)), since, nowMs);
  }

  /** What `run` comes to while such a request is handed over. */
  during<Value>(run: () => Value, since = this.moments.next(), nowMs = later()): Value {
    this.moments.begin(since, nowMs);
    try {
      return run();
    } finally {
      this.moments.end();
    }
  }

  /** What a request finds, in one line. */
  tell(path: string): string {
    return describeOutcome(this.ask(path));
  }
}
