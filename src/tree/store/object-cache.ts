/**
 * What the store has under keys, and how fresh that is. An answer is used without a question when
 * the store was asked for it after the request came, or within the last seconds that `fresh` says.
 * Otherwise the store is asked with If-None-Match, once for all who wait.
 *
 * A 304 says that the octets are the same. The metadata, and the permission in it, may have been
 * replaced without a change of the entity tag, so a 304 counts only with the Last-Modified that is
 * known, and only if that was older than its unit when the object was read. Otherwise the object is
 * asked for without a condition.
 *
 * That there is no object is an answer like any other. Only failures are not kept; when the store
 * fails, an earlier answer may be used (`stale-answers.ts`).
 */

import { BoundedStore } from "../../base/bounded-store.ts";
import type { Eventual } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Moment, View } from "../view.ts";
import { KnownObject } from "./known-object.ts";
import type { Asking, Found, KnownHolder, ObjectFacts, Wanted } from "./known-object.ts";
import type { ObjectDisk } from "./object-disk.ts";
import type { ObjectReader } from "./object-reader.ts";
import { StoreFailure } from "./client/store-client.ts";
import type { StoreCounts } from "./client/store-counts.ts";
import { SharedQuestions } from "./shared-questions.ts";
import type { StaleAnswers } from "./stale-answers.ts";

/** What the cache needs. */
interface ObjectCacheParts {
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly reader: ObjectReader;
  /** The small objects on disk; undefined for none. */
  readonly disk?: ObjectDisk | undefined;
  readonly limits: Pick<Limits, "fileCacheBytesMax">;
  /** Undefined where nothing is counted. */
  readonly counts?: StoreCounts | undefined;
  /** Seconds for which an answer is used without a question. */
  readonly fresh: number;
  readonly stale: StaleAnswers;
}

/** What is known of the keys of one tree. */
export class ObjectCache implements KnownHolder {
  readonly bytesMax: number;
  readonly #parts: ObjectCacheParts;
  readonly #known: BoundedStore<string, KnownObject>;
  readonly #questions: SharedQuestions<KnownObject | StoreFailure>;
  /** When this process has last changed what the store has. */
  #changedMoment: Moment = -Infinity;

  constructor(parts: ObjectCacheParts) {
    const { limits, logicalClock } = parts;
    this.bytesMax = limits.fileCacheBytesMax;
    this.#parts = parts;
    this.#known = new BoundedStore({
      bytesMax: limits.fileCacheBytesMax,
      admitsOn: "first",
      admittedOneIn: 16,
    });
    this.#questions = new SharedQuestions(() => logicalClock.tick(), isLate);
  }

  /** What is known takes so much, in bytes. */
  get bytes(): number {
    return this.#known.bytes;
  }

  /** What the store has under `key`, for an answer under `view`. */
  find(key: string, wanted: Wanted, view: View): Eventual<KnownObject | StoreFailure> {
    const place = placeOf(key, wanted);
    const known = this.#known.get(place);
    if (known !== undefined && suffices(known.found, wanted) && known.isCurrent(view.since)) {
      this.#depend(known, view);
      this.#parts.counts?.looked("hit");
      return known;
    }
    // One that isn't asked again when it fails is none for those who need the answer.
    const question = `${view.isOptional ? "optional " : ""}${wanted} ${key}`;
    const asked = this.#questions.ask(question, this.#sinceOf(view), (moment) =>
      this.#look(key, wanted, moment, view),
    );
    return this.#answerOf(asked, known, wanted).then((found) => {
      if (found instanceof StoreFailure) view.dependOnMore();
      else this.#depend(found, view);
      return found;
    });
  }

  /** What is `asked` for, or `known` in its place. */
  async #answerOf(
    asked: Promise<KnownObject | StoreFailure>,
    known: KnownObject | undefined,
    wanted: Wanted,
  ): Promise<KnownObject | StoreFailure> {
    const { stale, counts } = this.#parts;
    if (known === undefined || !suffices(known.found, wanted) || !stale.mayBe(known.asking)) {
      return await asked;
    }
    const { askedMs } = known.asking;
    const found = await stale.inPlaceOf(asked, known, isFailure);
    // What was asked for may have confirmed it.
    if (found === known && known.asking.askedMs === askedMs) counts?.looked("stale");
    return found;
  }

  isFresh({ moment, askedMs }: Asking, since: Moment): boolean {
    const { clock, fresh } = this.#parts;
    return moment >= since || clock.turnMs() - askedMs < fresh * 1000;
  }

  holds(known: KnownObject): boolean {
    return this.#known.holds(known.key, known);
  }

  grow(known: KnownObject, bytes: number): void {
    if (this.holds(known)) this.#known.grow(known, bytes);
  }

  /** What was last known of the object under `key`, however long ago. */
  lastFacts(key: string): ObjectFacts | undefined {
    return this.#known.get(key)?.found.facts;
  }

  /** Forgets the object under `key`, however fresh it is: the store has another one. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /**
   * Forgets what is known of `key`, and of the folders on the way to it, and what is asked for now:
   * this process has changed what the store has there.
   */
  changed(key: string): void {
    this.#changedMoment = this.#parts.logicalClock.tick();
    this.#known.delete(key);
    for (let end = key.length; end > 0; end = key.lastIndexOf("/", end - 2) + 1) {
      this.#known.delete(placeOf(key.slice(0, end), "below"));
    }
    this.#known.delete(placeOf("", "below"));
  }

  /** Forgets everything. */
  clear(): void {
    this.#known.clear();
  }

  /** With answers that are fresh for a while, a question under way is fresh enough. */
  #sinceOf({ since }: View): Moment {
    return this.#parts.fresh > 0 ? this.#changedMoment : since;
  }

  /** An answer is given out again only while no question has to be put. */
  #depend(known: KnownObject, view: View): void {
    if (this.#parts.fresh > 0) view.depend(known);
    else view.dependOnMore();
  }

  /** Asks the store. What is read through once, as for an archive, is not kept. */
  async #look(
    key: string,
    wanted: Wanted,
    moment: Moment,
    { since, isOptional }: View,
  ): Promise<KnownObject | StoreFailure> {
    const isKept = since !== Infinity;
    const asking: Asking = { moment, askedMs: this.#parts.clock.monotonicMs() };
    const place = placeOf(key, wanted);
    const known = this.#known.get(place);
    const base = wanted === "file" && isKnown(known?.found) ? known : undefined;
    const { disk, reader, counts } = this.#parts;
    const isOnDisk = base === undefined && wanted === "file" && disk !== undefined;
    const stored = isOnDisk ? await disk.find(key) : undefined;
    const facts = base?.found.facts ?? stored?.facts;
    const read = await reader.read(key, wanted, { known: facts, isOptional });
    if (read instanceof StoreFailure) return read;
    if (read === "unchanged" && base !== undefined) {
      counts?.looked("confirmed");
      base.confirm(asking);
      return base;
    }
    counts?.looked(read === "unchanged" ? "disk" : "miss");
    if (read === "unchanged") return this.#keep(place, stored ?? nothing, known, asking, isKept);
    if (isKept) void disk?.keep(key, read);
    return this.#keep(place, read, known, asking, isKept);
  }

  /** The entry for what was read, in the cache if it has a place there. */
  #keep(
    place: string,
    read: Found,
    before: KnownObject | undefined,
    asking: Asking,
    isKept: boolean,
  ): KnownObject {
    const file = read.file ?? fileFor(read.facts, before?.found);
    const made = new KnownObject(place, { facts: read.facts, file }, held(file), asking, this);
    const isLater = before === undefined || asking.moment > before.asking.moment;
    // What was asked for before a change of this process may not show it.
    if (!isLater || asking.moment < this.#changedMoment) return made;
    this.#known.delete(place);
    const mayStay = (isKept || before !== undefined) && (read.facts?.isSettled ?? true);
    if (mayStay && this.#known.admits(Bun.hash.xxHash32(place), made.bytes)) {
      this.#known.set(place, made);
    }
    return made;
  }
}

function isFailure(found: KnownObject | StoreFailure): found is StoreFailure {
  return found instanceof StoreFailure;
}

/** Whether the store has not answered in time. */
function isLate(found: KnownObject | StoreFailure): boolean {
  return isFailure(found) && found.status === 504;
}

/** Where what is wanted of `key` is kept: whether it has keys below stands beside the object. */
function placeOf(key: string, wanted: Wanted): string {
  return wanted === "below" ? `${key}*` : key;
}

const nothing: Found = { facts: undefined, file: undefined };

/** Whether `found` has what is wanted. */
function suffices({ facts, file }: Found, wanted: Wanted): boolean {
  return wanted !== "file" || facts === undefined || file !== undefined;
}

/** Whether a condition may be made of what is known: a 304 then says that it is so still. */
function isKnown(found: Found | undefined): boolean {
  return found?.facts?.isSettled === true && found.file !== undefined;
}

/** The file that is known already, if `facts` are those of the same object. */
function fileFor(facts: ObjectFacts | undefined, before: Found | undefined): Found["file"] {
  const known = before?.facts;
  const isSame =
    facts !== undefined &&
    known?.isSettled === true &&
    known.etag === facts.etag &&
    known.modified === facts.modified;
  return isSame ? before?.file : undefined;
}

/** How many octets `file` has in memory. */
function held(file: Found["file"]): number {
  if (file?.content !== undefined) return file.content.length;
  return file === undefined ? 0 : beginningBytes;
}

/** What is kept of the beginning of a large object, to tell its media type. */
const beginningBytes = 64 * 1024;
