/**
 * Reads folders of a store. The names come from lists of the store, a thousand at a time; a list
 * has sizes and dates, and no metadata. So the mode of each entry on the page that is shown is
 * asked for by HEAD, some at a time, unless it is known of the very version that the list names.
 * With `permissions: "process"` lists are all that is asked for.
 *
 * One reading serves all listings of the same page that were asked for before it began. When the
 * store fails, one that was read earlier may be used (`stale-answers.ts`). What is read through
 * once, as for an archive, is neither kept for that nor made of what is kept.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { Eventual } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { success } from "../../base/result.ts";
import type { EntryFacts } from "../../system/file-system.ts";
import type { EntriesBeside } from "../listing/entries-beside.ts";
import { withEntries } from "../listing/entries-beside.ts";
import type { ListingContext } from "../listing/list-folder.ts";
import { entryOrder } from "../listing/entry-order.ts";
import { listFolder } from "../listing/list-folder.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, folderPath, isHiddenName } from "../path.ts";
import { permits } from "../permission.ts";
import type {
  FolderOutcome,
  Kind,
  ListingOrder,
  ListingPart,
  ListingStep,
  TreeName,
} from "../tree.ts";
import { View } from "../view.ts";
import type { Asking } from "./known-object.ts";
import type { ListedObject } from "./client/list-answer.ts";
import type { ObjectCache } from "./object-cache.ts";
import { defaultMode } from "./object-mode.ts";
import type { ObjectReader } from "./object-reader.ts";
import { SharedQuestions } from "./shared-questions.ts";
import type { StaleAnswers } from "./stale-answers.ts";
import { StoreFailure } from "./client/store-client.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";

/** What listings need. */
interface ListingParts {
  readonly objects: ObjectCache;
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly budgets: TurnBudgets;
  readonly limits: Pick<Limits, "listingOrderedEntriesMax" | "listingCacheBytesMax">;
  /** Seconds for which a listing is used without a question. */
  readonly fresh: number;
  readonly stale: StaleAnswers;
  /** The permission bits of an object whose metadata has no mode. */
  readonly mode: number;
}

/** A listing that is asked for. */
interface AskedFolder {
  readonly path: ContainedPath;
  /** What the keys in the folder begin with. */
  readonly key: string;
  readonly limit: number;
  readonly order: ListingOrder | undefined;
  readonly view: View;
  readonly hidden: boolean;
  readonly beside: ReturnType<EntriesBeside>;
  /** Whether no mode denies anything. */
  readonly isProcess: boolean;
  /** Why the folder may not be listed; undefined when it may. */
  readonly refusal: () => Eventual<Refusal | undefined>;
  /** The kind of what a path leads to. */
  readonly peek: (path: ContainedPath) => Eventual<Kind>;
}

type Refusal = Extract<FolderOutcome, { kind: "absent" | "forbidden" | "failed" }>;
type Failed = Extract<Refusal, { kind: "failed" }>;

/** Keys in one list; stores give no more. */
const keysAtOnce = 1000;

/** Entries whose modes are asked for at once by one reading. */
const looksAtOnce = 32;

/** A folder that no object stands for: it has no date. */
const undated = { type: "directory", size: 0, mtimeMs: -Infinity } as const;

/** The fixed cost of a step, in the unit of `ListingStep.work`. */
const stepWork = 32;

/** What an entry of a kept listing costs, about, in bytes. */
const entryBytes = 256;

/** An entry as it is known so far. */
class Entry {
  facts: EntryFacts;
  /** As the list has it; undefined for a folder. */
  readonly listed: ListedObject | undefined;
  /** Of a folder: the kind of what its path with a slash leads to. */
  kind: Kind | undefined;
  /** By the list alone; by the list, whose date stays; or by what has been asked for. */
  state: "listed" | "dated" | "asked" = "listed";

  constructor(facts: EntryFacts, listed: ListedObject | undefined) {
    this.facts = facts;
    this.listed = listed;
  }
}

type Entries = Map<string, Entry>;

/** The names of a folder were read: all of them, or as many as are put in order ("cut"). */
interface ReadNames {
  readonly kind: "read";
  readonly isCut: boolean;
}

/** A listing that is kept while it is fresh, or may be used when the store fails. */
class KeptListing implements StoreEntry {
  bytes: number;
  isUsed = true;
  readonly steps: readonly ListingStep[];
  readonly asking: Asking;
  /** How the store has failed; undefined for what was read. */
  readonly failure: Failed | undefined;

  constructor(steps: readonly ListingStep[], asking: Asking, bytes: number, failure?: Failed) {
    this.steps = steps;
    this.asking = asking;
    this.bytes = bytes;
    this.failure = failure;
  }

  static failed(failure: Failed, asking: Asking): KeptListing {
    return new KeptListing(
      [{ found: 0, entries: [], work: 1, failure }],
      asking,
      Infinity,
      failure,
    );
  }
}

function hasFailed({ failure }: KeptListing): boolean {
  return failure !== undefined;
}

/** Whether the store has not answered in time. */
function isLate({ failure }: KeptListing): boolean {
  return failure?.gateway?.status === 504;
}

/** The listings of one tree. */
export class StoreListings {
  readonly #parts: ListingParts;
  readonly #questions: SharedQuestions<KeptListing>;
  readonly #kept: BoundedStore<string, KeptListing>;
  /** When this process has last changed what the store has. */
  #changedMoment = -Infinity;

  constructor(parts: ListingParts) {
    const { logicalClock, limits } = parts;
    this.#parts = parts;
    this.#questions = new SharedQuestions(() => logicalClock.tick(), isLate);
    const isKept = parts.fresh > 0 || parts.stale.isAllowed;
    const bytesMax = isKept ? limits.listingCacheBytesMax : 0;
    this.#kept = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
  }

  /** The steps of a listing. */
  async *list(asked: AskedFolder): AsyncGenerator<ListingStep, void> {
    const { limit, order, path, view } = asked;
    const key = `${limit} ${JSON.stringify(order)} ${path.text}`;
    const { fresh, stale } = this.#parts;
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#parts.objects.isFresh(kept.asking, view.since)) {
      yield* kept.steps;
      return;
    }
    const since = fresh > 0 ? this.#changedMoment : view.since;
    const question = `${view.isOptional ? "optional " : ""}${key}`;
    const reading = this.#questions.ask(question, since, (moment) =>
      this.#read(key, asked, moment),
    );
    const mayBeKept = kept !== undefined && view.since !== Infinity && stale.mayBe(kept.asking);
    const { steps } = await (mayBeKept ? stale.inPlaceOf(reading, kept, hasFailed) : reading);
    yield* steps;
  }

  /** Forgets all listings: this process has changed what the store has. */
  changed(): void {
    this.#changedMoment = this.#parts.logicalClock.tick();
    this.#kept.clear();
  }

  /** The names in the folder whose keys begin with `prefix`. Throws when the store fails. */
  async *names(prefix: string): AsyncGenerator<readonly TreeName[], void> {
    const { reader } = this.#parts;
    let after: string | undefined;
    do {
      const listed = await reader.list({ prefix, delimiter: "/", mostKeys: keysAtOnce, after });
      if (listed instanceof StoreFailure) throw new Error(listed.reason);
      const files = listed.objects.filter(({ key }) => key !== prefix);
      yield [
        ...files.map(({ key }) => ({ name: key.slice(prefix.length), type: "file" as const })),
        ...listed.prefixes.map((folder) => ({
          name: folder.slice(prefix.length, -1),
          type: "directory" as const,
        })),
      ];
      after = listed.next;
    } while (after !== undefined);
  }

  async #read(key: string, asked: AskedFolder, moment: number): Promise<KeptListing> {
    const asking = { moment, askedMs: this.#parts.clock.monotonicMs() };
    const steps: ListingStep[] = [];
    const entries: Entries = new Map();
    const names = await this.#readNames(asked, entries);
    if (names.kind === "failed") return KeptListing.failed(names, asking);
    if (names.kind !== "read") return new KeptListing(steps, asking, Infinity);
    const unordered = await this.#settleTimes(asked, entries);
    if (unordered !== undefined) return KeptListing.failed(failedAs(unordered), asking);
    const making = listFolder(this.#contextOf(asked, entries), asked.limit, asked.order);
    for (let step = await this.#next(making); step !== undefined; step = await this.#next(making)) {
      const { leftOut, part, totals } = step;
      if (part === undefined && totals === undefined && leftOut === undefined) continue;
      const shown = part === undefined || asked.isProcess ? [] : namesIn(part);
      const failed = await this.#lookAt(asked, shown, entries);
      if (failed !== undefined) return KeptListing.failed(failedAs(failed), asking);
      const found =
        totals === undefined || !names.isCut ? {} : { totals: { ...totals, isCut: true } };
      steps.push({ ...step, ...found, work: 1 });
    }
    const read = new KeptListing(steps, asking, entryBytes * (entries.size + 1));
    const isKept = asked.view.since !== Infinity && moment >= this.#changedMoment;
    if (isKept) this.#kept.set(key, read);
    return read;
  }

  /**
   * Lists have the dates of objects, and the files' own are in their metadata. What a listing is
   * ordered by has to be what it shows. So if all entries are on one page, whose modes are asked
   * for in any case, they are asked for before the order is made. If not, the dates of the objects
   * are shown. Returns how the store has failed.
   */
  async #settleTimes(asked: AskedFolder, entries: Entries): Promise<StoreFailure | undefined> {
    const { hidden, isProcess, limit, order, path } = asked;
    if (order?.sort !== "time" || isProcess) return undefined;
    const wanted = entryOrder(order.sort, order.isDescending, order.filter);
    const shown = [...entries.keys()].filter(
      (name) => (hidden || !isHiddenName(name, path.segments.length)) && wanted.has(name),
    );
    if (shown.length <= limit) return await this.#lookAt(asked, shown, entries);
    for (const name of shown) {
      const entry = entries.get(name);
      if (entry !== undefined) entry.state = "dated";
    }
    return undefined;
  }

  /** The next step of `making`, in a turn that has time for it; undefined when there is none. */
  async #next(making: Generator<ListingStep, void>): Promise<ListingStep | undefined> {
    let next: IteratorResult<ListingStep, void> | undefined;
    await this.#parts.budgets.listings.do(() => {
      next = making.next();
      return stepWork + (next.value?.work ?? 0);
    });
    return next?.value ?? undefined;
  }

  /** Reads the names in the folder, as far as so many go; or tells why it can't be listed. */
  async #readNames(asked: AskedFolder, entries: Entries): Promise<ReadNames | Refusal> {
    const { reader, limits, mode } = this.#parts;
    const refused = await asked.refusal();
    if (refused !== undefined) return refused;
    const { key: prefix } = asked;
    const { isOptional } = asked.view;
    const query = { prefix, delimiter: "/", mostKeys: keysAtOnce, isOptional };
    const folderMode = defaultMode(mode, "directory");
    const fileMode = defaultMode(mode, "file");
    const namesMax = Math.max(asked.limit, limits.listingOrderedEntriesMax);
    let after: string | undefined;
    do {
      const listed = await reader.list({ ...query, after });
      if (listed instanceof StoreFailure) return failedAs(listed);
      for (const object of listed.objects) {
        const { key, size, modifiedMs: mtimeMs } = object;
        if (key === prefix) continue;
        if (entries.size === namesMax) return { kind: "read", isCut: true };
        const facts: EntryFacts = { type: "file", size, mtimeMs, mode: fileMode };
        entries.set(key.slice(prefix.length), new Entry(facts, object));
      }
      for (const folder of listed.prefixes) {
        const name = folder.slice(prefix.length, -1);
        // A path without a slash leads to the object of that name.
        if (entries.has(name)) continue;
        if (entries.size === namesMax) return { kind: "read", isCut: true };
        entries.set(name, new Entry({ ...undated, mode: folderMode }, undefined));
      }
      after = listed.next;
    } while (after !== undefined);
    return { kind: "read", isCut: false };
  }

  #contextOf(asked: AskedFolder, entries: Entries): ListingContext {
    const { beside, hidden, isProcess, path } = asked;
    const context: ListingContext = {
      path,
      hidden,
      open: () => {
        const names = entries.entries();
        return success({
          next: () => {
            const some = names.take(keysAtOnce).toArray();
            return success(some.map(([name, { facts }]) => ({ name, type: facts.type })));
          },
          close: () => undefined,
        });
      },
      lookAt: (names) => names.map((name) => entries.get(name)?.facts),
      describeLink: () => undefined,
      kindOf: isProcess
        ? undefined
        : (child) => entries.get(child.segments.at(-1) ?? "")?.kind ?? "forbidden",
    };
    return beside === undefined ? context : withEntries(context, beside);
  }

  /** Asks for what the lists don't say of the entries `names`. Returns how the store failed. */
  async #lookAt(
    asked: AskedFolder,
    names: readonly string[],
    entries: Entries,
  ): Promise<StoreFailure | undefined> {
    const own = names.filter((name) => asked.beside?.has(name) !== true);
    for (let at = 0; at < own.length; at += looksAtOnce) {
      const some = own.slice(at, at + looksAtOnce);
      const looks = await Promise.all(
        some.map(async (name) => await this.#lookAtOne(asked, name, entries)),
      );
      const failed = looks.find((look) => look !== undefined);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  async #lookAtOne(
    asked: AskedFolder,
    name: string,
    entries: Entries,
  ): Promise<StoreFailure | undefined> {
    const entry = entries.get(name);
    if (entry === undefined || entry.state === "asked") return undefined;
    const { objects } = this.#parts;
    const { listed } = entry;
    const key = `${asked.key}${name}${listed === undefined ? "/" : ""}`;
    const last = objects.lastFacts(key);
    const isSame =
      listed !== undefined &&
      last?.isSettled === true &&
      last.etag === listed.etag &&
      Date.parse(last.modified) === Math.floor(listed.modifiedMs / 1000) * 1000;
    const found = isSame
      ? undefined
      : await objects.find(key, "facts", new View(asked.view.since, 0, asked.view.isOptional));
    if (found instanceof StoreFailure) return found;
    const facts = isSame ? last : found?.found.facts;
    if (facts === undefined) {
      // An object that is gone is left out; a folder without an object has a mode by default.
      if (listed === undefined) entry.state = "asked";
      else entries.delete(name);
      return undefined;
    }
    const { type } = entry.facts;
    const { mode } = facts;
    const mtimeMs = entry.state === "dated" ? entry.facts.mtimeMs : facts.mtimeMs;
    const size = type === "file" ? facts.size : 0;
    entry.facts = { type, size, mtimeMs, mode };
    entry.state = "asked";
    if (type === "directory" && permits(mode, "search") && !permits(mode, "read")) {
      const child = childPath(asked.path, name);
      if (child !== undefined) entry.kind = await asked.peek(folderPath(child));
    }
    return undefined;
  }
}

/** The names of the entries of `part`. */
function namesIn(part: ListingPart): readonly string[] {
  const names: string[] = [];
  const steps = part.read();
  for (let step = steps.next(); step.done !== true; step = steps.next()) {
    for (const { name } of step.value.entries) names.push(name);
  }
  return names;
}

function failedAs({ reason, status, retryAfterSeconds }: StoreFailure): Failed {
  return { kind: "failed", code: reason, gateway: { status, retryAfterSeconds } };
}
