/**
 * A tree over a store in memory, with a clock that a test moves on, and a client that asks as a
 * server does: each request has a view of its own, at a moment of its own.
 */

import type { Limits } from "../../../src/base/limits.ts";
import { defaultLimits } from "../../../src/base/limits.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import type { Alarm } from "../../../src/schedule/scheduler.ts";
import type { Clock } from "../../../src/schedule/clock.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import { plainOrder } from "../../../src/tree/listing/entry-order.ts";
import { StoreClient } from "../../../src/tree/store/client/store-client.ts";
import type { StoreOptions } from "../../../src/tree/store/client/store-source.ts";
import { readStoreSource } from "../../../src/tree/store/client/store-source.ts";
import { ObjectReader } from "../../../src/tree/store/object-reader.ts";
import { ObjectStreams } from "../../../src/tree/store/object-stream.ts";
import { openStoreTree } from "../../../src/tree/store/open-store.ts";
import type { StoreTree } from "../../../src/tree/store/store-tree.ts";
import type { DirectoryEntry, Kind, ListingOrder, Outcome } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import type {
  UploadFolder,
  UploadTree,
  UploadTreeOptions,
} from "../../../src/tree/writing/upload-tree.ts";
import { describeOutcome, pathOf } from "../temp-tree.ts";
import { StoreStub } from "./store-stub.ts";

/** The machine's clock, and what a test has added to it. */
export class MovedClock implements Clock {
  addedMs = 0;
  #stoppedMs: number | undefined;

  /** Only what a test adds counts from now on, but for `epochMs`, by which dates are compared. */
  stop(): void {
    this.#stoppedMs = Math.ceil(performance.now());
  }

  monotonicMs(): number {
    return (this.#stoppedMs ?? performance.now()) + this.addedMs;
  }

  turnMs(): number {
    return this.monotonicMs();
  }

  epochMs(): number {
    return Date.now() + this.addedMs;
  }
}

/** Alarms that a test can have ring before their time. */
class EarlyAlarms extends EventLoop {
  readonly #set = new Map<Alarm, { readonly afterMs: number; readonly ring: () => void }>();

  /** How many alarms are set for `afterMs`. */
  countOf(afterMs: number): number {
    return [...this.#set.values()].filter((one) => one.afterMs === afterMs).length;
  }

  /** Rings the alarms that are set for `afterMs`. */
  ringThoseOf(afterMs: number): void {
    const due = Array.from(this.#set).filter(([, one]) => one.afterMs === afterMs);
    // One that rings may set another for the same time, or clear it.
    for (const [alarm, { ring }] of due) {
      if (this.#set.get(alarm)?.ring !== ring) continue;
      alarm.clear();
      ring();
    }
  }

  override alarm(): Alarm {
    const own = super.alarm();
    const alarm: Alarm = {
      set: (afterMs, ring) => {
        this.#set.set(alarm, { afterMs, ring });
        own.set(afterMs, () => {
          this.#set.delete(alarm);
          ring();
        });
      },
      clear: () => {
        this.#set.delete(alarm);
        own.clear();
      },
    };
    return alarm;
  }
}

/** An object of more than this is large to the tests. */
export const objectBytesMax = 65_536;

/** The limits of the tests, but for those that a test sets. */
export const testLimits: Limits = {
  ...defaultLimits,
  storeObjectBytesMax: objectBytesMax as Limits["storeObjectBytesMax"],
};

/** What a tree is opened with besides its store. */
interface Rules {
  readonly store?: StoreOptions;
  readonly permissions?: "other" | "process";
  readonly hidden?: boolean;
  readonly index?: string;
  readonly prefix?: string;
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

export class StoredTree implements AsyncDisposable {
  readonly stub: StoreStub;
  readonly clock = new MovedClock();
  readonly logicalClock = new LogicalClock();
  readonly scheduler = new EarlyAlarms();
  readonly tree: StoreTree;
  readonly client: StoreClient;
  readonly streams: ObjectStreams;
  readonly reader: ObjectReader;
  readonly limits: Limits;
  readonly #openUploads: (options: UploadTreeOptions) => UploadTree;

  private constructor(stub: StoreStub, rules: Rules) {
    this.stub = stub;
    const { root, store } = stub.options(rules.prefix);
    const source = readStoreSource(root, store, {});
    if (!source.ok) throw new Error(source.error);
    this.limits = { ...testLimits, ...(rules.limits as Partial<Limits>) };
    const { clock, logicalClock, scheduler, limits } = this;
    this.client = new StoreClient(source.value, limits, { clock, scheduler });
    this.streams = new ObjectStreams({ client: this.client, clock, scheduler, limits });
    const parts = { client: this.client, streams: this.streams, clock, limits };
    this.reader = new ObjectReader({ ...parts, mode: 0o644 });
    const opened = openStoreTree({
      root,
      store: { ...store, ...rules.store },
      environment: {},
      permissions: rules.permissions ?? "other",
      hidden: rules.hidden ?? false,
      index: rules.index ?? "index.html",
      limits,
      clock,
      logicalClock,
      budgets: new TurnBudgets(scheduler),
    });
    if (!opened.ok) throw new Error(opened.error);
    this.tree = opened.value.tree;
    this.#openUploads = opened.value.openUploads;
  }

  /** What files are written to it with, by another process each time; into the folder `below`. */
  uploads(below = "/", more: Partial<UploadTreeOptions> = {}): UploadTree {
    const { limits, clock, scheduler } = this;
    const rules = {
      permissions: "other",
      limits,
      clock,
      scheduler,
      folder: pathOf(below),
    } as const;
    return this.#openUploads({ ...rules, makeRoom: () => Promise.resolve(false), ...more });
  }

  /** The folder at `path`, to write into it. */
  async folder(path = "/", uploads = this.uploads()): Promise<UploadFolder> {
    const opened = await uploads.open(pathOf(path));
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value;
  }

  static async open(rules: Rules = {}): Promise<StoredTree> {
    return new StoredTree(await StoreStub.start(), rules);
  }

  /** The view of a request that arrives now. */
  view(): View {
    return new View(this.logicalClock.tick(), this.clock.epochMs());
  }

  /** What a request finds that arrives now. */
  async ask(path: string): Promise<Outcome> {
    return await this.tree.open(pathOf(path), this.view());
  }

  /** What a request finds, in one line. */
  async tell(path: string): Promise<string> {
    return describeOutcome(await this.ask(path));
  }

  async peek(path: string): Promise<Kind> {
    return await this.tree.peek(pathOf(path), this.view());
  }

  /** The entries of a listing; throws the code of a failure. */
  async list(
    path: string,
    limit = 1000,
    order: Partial<ListingOrder> = {},
  ): Promise<DirectoryEntry[]> {
    const entries: DirectoryEntry[] = [];
    const asked = { ...plainOrder, ...order };
    const steps = this.tree.list(pathOf(path), limit, this.view(), asked);
    for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
      const { failure, part } = step.value;
      if (failure !== undefined) throw new Error(failure.kind === "failed" ? failure.code : "");
      const read = part?.read();
      for (let shown = read?.next(); shown?.done === false; shown = read?.next()) {
        entries.push(...shown.value.entries);
      }
    }
    return entries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tree.close();
    await this.stub.stop();
  }
}
