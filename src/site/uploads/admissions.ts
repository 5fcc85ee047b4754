/**
 * Which uploads are received at one time. Each holds open files, so there are bounds: one for all
 * of them and one for each client address. A client that sends slowly must not hold its place while
 * others wait for one. So when a bound is reached, a newcomer ends the upload that has been slower
 * than `uploadBytesPerSecondMin` for longest; when none is too slow, the newcomer is refused.
 *
 * As long as there is room, an upload may be as slow as any body may be.
 *
 * How slow an upload is follows from one number, the moment until which it is fast enough. Each
 * octet moves that ahead by its time at the least rate, at most by `uploadSlowTimeMs`, so that what
 * came in the first second doesn't earn minutes. Time that the disk takes isn't the client's.
 */

import type { Limits } from "../../base/limits.ts";
import type { Refusal } from "../../http/message/error.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { UploadCounts } from "../operations/upload-counts.ts";
import { addressKey } from "../auth/failed-logins.ts";
import type { RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";
import type { UploadListener } from "./upload-progress.ts";
import { uploadRefusals } from "./upload-refusals.ts";

/** The limits of uploads at one time. */
type AdmissionLimits = Pick<
  Limits,
  "uploadsAtOnceMax" | "uploadsPerAddressMax" | "uploadBytesPerSecondMin" | "uploadSlowTimeMs"
>;

/** A bound that is reached, and that no slow upload makes room under. */
export type ReachedBound = NonNullable<Refusal["limit"]>;

/** A file that is being received. */
interface ReceivedFile {
  readonly name: string;
  readonly octets: () => number;
  readonly length: number | undefined;
}

/** One request that is received. It holds a place for each file of it, until it has ended. */
export class Admission {
  /** What counts as one client address. */
  readonly address: string;
  /** How many files it writes. */
  places = 0;
  readonly #admissions: Admissions;
  readonly #over = Promise.withResolvers<void>();
  #octets = 0;
  #file: ReceivedFile | undefined;
  /** How long its client was waited for. */
  #awaitedMs = 0;
  /** Until when it is fast enough, counted in that time, were there no further octet. */
  #fastUntilMs: number;
  /** Since when the client is waited for, on the monotonic clock. */
  #awaitedSinceMs = 0;
  /** Ends the wait for the client; undefined while the client isn't waited for. */
  #interrupt: ((error: BodyError) => void) | undefined;

  /** To be made by `Admissions.admit`. */
  constructor(admissions: Admissions, address: string) {
    this.#admissions = admissions;
    this.address = address;
    this.#fastUntilMs = admissions.limits.uploadSlowTimeMs;
  }

  /**
   * Says which file is received from now on: its name, its octets, and how many it will have, if
   * that is known. The first one is told to the listener.
   */
  receives(file: ReceivedFile): void {
    const isFirst = this.#file === undefined;
    this.#file = file;
    const { listener } = this.#admissions;
    if (!isFirst || listener === undefined) return;
    const current = (): ReceivedFile => this.#file ?? file;
    listener({
      get name() {
        return current().name;
      },
      get octets() {
        return current().octets();
      },
      get length() {
        return current().length;
      },
      over: this.over,
    });
  }

  /** Takes a place for one more file; or the bound that is reached. */
  addFile(): ReachedBound | undefined {
    return this.#admissions.take(this);
  }

  /**
   * The pieces of `body`, as `RequestBody.chunks` gives them. Throws a `BodyError`, too, when the
   * upload was ended for another one.
   */
  async *chunks(body: RequestBody, octetsMax: number): AsyncGenerator<Uint8Array, void> {
    const pieces = body.chunks(octetsMax)[Symbol.asyncIterator]();
    for (;;) {
      const piece = await this.#await(pieces.next());
      if (piece.done === true) return;
      this.#earn(piece.value.length);
      yield piece.value;
    }
  }

  /** What `next` resolves to, unless the wait is ended before. */
  async #await(next: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array>> {
    const { clock } = this.#admissions;
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Uint8Array>>();
    this.#awaitedSinceMs = clock.turnMs();
    this.#interrupt = reject;
    next.then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#interrupt = undefined;
      this.#awaitedMs += clock.turnMs() - this.#awaitedSinceMs;
    }
  }

  #earn(octets: number): void {
    const { counts, limits } = this.#admissions;
    const { uploadBytesPerSecondMin, uploadSlowTimeMs } = limits;
    if (counts !== undefined) counts.receivedBytes += octets;
    this.#octets += octets;
    const untilMs = this.#fastUntilMs + (octets * 1000) / Math.max(1, uploadBytesPerSecondMin);
    this.#fastUntilMs = Math.min(untilMs, this.#awaitedMs + uploadSlowTimeMs);
  }

  /** For how long its client, who is waited for, has been too slow; 0 or less: it isn't. */
  slowMs(): number {
    if (this.#interrupt === undefined) return 0;
    return this.#waitedMs() - this.#fastUntilMs;
  }

  #waitedMs(): number {
    return this.#awaitedMs + this.#admissions.clock.turnMs() - this.#awaitedSinceMs;
  }

  /** Ends the wait for its client, who is told why, and gives its places back. */
  interrupt(): void {
    const actual = Math.floor((this.#octets * 1000) / Math.max(1, this.#waitedMs()));
    const maximum = this.#admissions.limits.uploadBytesPerSecondMin;
    const limit = { name: "uploadBytesPerSecondMin", maximum, actual };
    this.#interrupt?.(new BodyError({ ...uploadRefusals["upload-slow"], limit }));
    this.#admissions.release(this);
  }

  /** Its request is over, and gives its places back. */
  end(): void {
    this.#admissions.release(this);
    this.#over.resolve();
  }

  /** Resolves when its request is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }
}

/** The uploads of one site that are being received. */
export class Admissions {
  readonly limits: AdmissionLimits;
  readonly clock: Clock;
  /** Is told of what is received. */
  readonly listener: UploadListener | undefined;
  /** Undefined where nothing is counted. */
  readonly counts: UploadCounts | undefined;
  readonly #admitted = new Set<Admission>();
  #places = 0;
  /** The places of each client address that has some. */
  readonly #placesOf = new Map<string, number>();

  constructor(
    limits: AdmissionLimits,
    clock: Clock,
    listener?: UploadListener,
    counts?: UploadCounts,
  ) {
    this.limits = limits;
    this.clock = clock;
    this.listener = listener;
    this.counts = counts;
  }

  /** Admits one file of the client at `remoteAddress`; or the bound that is reached. */
  admit(remoteAddress: string): Admission | ReachedBound {
    const admission = new Admission(this, addressKey(remoteAddress));
    return this.take(admission) ?? admission;
  }

  /** Takes a place for `admission`; or the bound that is reached. */
  take(admission: Admission): ReachedBound | undefined {
    const { uploadsAtOnceMax, uploadsPerAddressMax } = this.limits;
    const { address } = admission;
    const ofAddress = (): number => this.#placesOf.get(address) ?? 0;
    if (ofAddress() >= uploadsPerAddressMax && this.#endSlowest(admission, address) === undefined) {
      return bound("uploadsPerAddressMax", uploadsPerAddressMax);
    }
    if (this.#places >= uploadsAtOnceMax && this.#endSlowest(admission) === undefined) {
      return bound("uploadsAtOnceMax", uploadsAtOnceMax);
    }
    this.#admitted.add(admission);
    admission.places++;
    this.#places++;
    if (this.counts !== undefined) this.counts.receiving++;
    this.#placesOf.set(address, ofAddress() + 1);
    return undefined;
  }

  /** Gives back the places of `admission`, if it has some. */
  release(admission: Admission): void {
    const { address, places } = admission;
    if (!this.#admitted.delete(admission)) return;
    this.#places -= places;
    if (this.counts !== undefined) this.counts.receiving -= places;
    const left = (this.#placesOf.get(address) ?? 0) - places;
    if (left > 0) this.#placesOf.set(address, left);
    else this.#placesOf.delete(address);
  }

  /** A file has got its name. */
  stored(): void {
    if (this.counts !== undefined) this.counts.stored++;
  }

  /**
   * Ends what has been too slow for longest, for the room that it holds in the quota; resolves when
   * that is given back. False when nothing is too slow.
   */
  async makeRoom(): Promise<boolean> {
    const ended = this.#endSlowest(undefined);
    await ended?.over;
    return ended !== undefined;
  }

  /** Ends what has been too slow for longest, of all or of one `address`. Undefined: nothing is. */
  #endSlowest(newcomer: Admission | undefined, address?: string): Admission | undefined {
    let slowest: Admission | undefined;
    let longestMs = 0;
    for (const admission of this.#admitted) {
      if (admission === newcomer) continue;
      if (address !== undefined && admission.address !== address) continue;
      const slowMs = admission.slowMs();
      if (slowMs <= longestMs) continue;
      slowest = admission;
      longestMs = slowMs;
    }
    slowest?.interrupt();
    return slowest;
  }
}

function bound(name: string, maximum: number): ReachedBound {
  return { name, maximum, actual: maximum + 1 };
}
