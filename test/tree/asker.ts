/**
 * A tree, and a client that asks it as a server does: each request has a view of its own, at a
 * moment of its own, and at a time that the test says.
 */

import { defaultLimits } from "../../src/base/limits.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import type { DiskTree } from "../../src/tree/disk/disk-tree.ts";
import type { Kind, Outcome } from "../../src/tree/tree.ts";
import type { Moment } from "../../src/tree/view.ts";
import { View } from "../../src/tree/view.ts";
import type { TempTree } from "./temp-tree.ts";
import { describeOutcome, pathOf } from "./temp-tree.ts";

/** Late enough for every change that a test has made to be settled. */
export const later = (): number => Date.now() + 60_000;

export class Asker {
  readonly clock = new LogicalClock();
  readonly tree: DiskTree;

  constructor(temp: TempTree, limits: Partial<typeof defaultLimits> = {}) {
    const options = { limits: { ...defaultLimits, ...limits }, clock: this.clock };
    this.tree = temp.open({ ...options, index: "index.html" });
  }

  /** The view of a request that arrives now, at `receivedMs`. */
  view(receivedMs = later()): View {
    return this.viewSince(this.clock.tick(), receivedMs);
  }

  /** The view of a request whose answer has to be fresh since `since`. */
  viewSince(since: Moment, receivedMs = later()): View {
    return new View(since, receivedMs);
  }

  /** What a request finds that arrives now, at `receivedMs`. */
  ask(path: string, receivedMs = later()): Outcome {
    return this.tree.open(pathOf(path), this.view(receivedMs));
  }

  /** What a request finds whose answer has to be fresh since `since`. */
  askSince(since: Moment, path: string, receivedMs = later()): Outcome {
    return this.tree.open(pathOf(path), this.viewSince(since, receivedMs));
  }

  /** The kind of what such a request would find. */
  peek(path: string, receivedMs = later()): Kind {
    return this.tree.peek(pathOf(path), this.view(receivedMs));
  }

  /** What a request finds, in one line. */
  tell(path: string): string {
    return describeOutcome(this.ask(path));
  }
}
