/**
 * Responses that are given out again. Where the same octets ask again, and every look at the tree
 * that the response was made of still sees the same, it is the same response: a file, a part of it,
 * a variant, 304, 404, 403. None of it is worked out again, and none of it can be stale, because it
 * is valid exactly as long as the lookups it depends on.
 *
 * A response lies in the slot of its request's head, and hangs on its lookups: it is evicted with
 * the first of them. Never cached are a stream, a body that is sent from a file, a response that
 * comes later, and one that depends on the time.
 */

import { dependsOnTime } from "../http/fields/conditional.ts";
import type { CachedResponse } from "../http/message/response.ts";
import type { Dependency, Dependent, Moment, View } from "../tree/view.ts";
import type { Request } from "./request.ts";

/** What a response costs beside its content, about, in bytes. */
const responseBytes = 512;

/** A cached response and what it depends on: mostly one lookup, else that and others. */
class Entry implements Dependent {
  readonly bytes: number;
  readonly epoch: object;
  #response: CachedResponse | undefined;
  #first: Dependency | undefined;
  #others: readonly Dependency[] | undefined;

  constructor(
    response: CachedResponse,
    bytes: number,
    [first, ...others]: readonly Dependency[],
    epoch: object,
  ) {
    this.#response = response;
    this.bytes = bytes;
    this.#first = first;
    this.#others = others.length === 0 ? undefined : others;
    this.epoch = epoch;
  }

  /** The response, if it is valid by looks that are not before `since`. */
  responseSince(since: Moment): CachedResponse | undefined {
    if (this.#response !== undefined && !this.#isCurrent(since)) this.drop();
    return this.#response;
  }

  #isCurrent(since: Moment): boolean {
    if (this.#first?.isCurrent(since) !== true) return false;
    return this.#others?.every((dependency) => dependency.isCurrent(since)) !== false;
  }

  drop(): void {
    this.#response = undefined;
    this.#first = undefined;
    this.#others = undefined;
  }
}

/** The cached responses of one site. */
export class ResponseCache {
  /** A longer content isn't kept for a response's sake. */
  readonly #contentBytesMax: number;
  /** Entries of another epoch count no more. */
  #epoch: object = {};
  /** When the latest request came. */
  #latestMs = 0;

  constructor({ inlineBytesMax }: { readonly inlineBytesMax: number }) {
    this.#contentBytesMax = inlineBytesMax;
  }

  /** The response to `request`, if it is cached and valid by looks not made before `since`. */
  find({ head, receivedMs }: Request, since: Moment): CachedResponse | undefined {
    const { slot } = head;
    if (slot === undefined) return undefined;
    // A clock that is set back makes dates of the past lie ahead (RFC 9110 §8.8.2.1).
    if (receivedMs < this.#latestMs) this.clear();
    this.#latestMs = receivedMs;
    const entry = slot.value;
    if (!(entry instanceof Entry) || entry.epoch !== this.#epoch) return undefined;
    return entry.responseSince(since);
  }

  /** Caches `response`, which `request` got by `view`, where that can be. */
  keep({ head }: Request, response: CachedResponse, view: View): void {
    const { slot } = head;
    const { dependencies = [] } = view;
    const bytes = this.#bytesOf(response);
    if (slot === undefined || dependencies.length === 0 || bytes === undefined) return;
    if (dependsOnTime(head.fields)) return;
    const entry = new Entry(response, bytes, dependencies, this.#epoch);
    if (dependencies.every((dependency) => dependency.attach(entry))) {
      slot.value = entry;
      return;
    }
    for (const dependency of dependencies) dependency.detach(entry);
  }

  /** What it costs to keep `response`; undefined when it isn't kept. */
  #bytesOf({ body }: CachedResponse): number | undefined {
    if (body.kind === "none") return responseBytes;
    if (body.kind !== "bytes" || body.bytes.length > this.#contentBytesMax) return undefined;
    return responseBytes + body.bytes.length;
  }

  /** No response that was cached before is given out any more. */
  clear(): void {
    this.#epoch = {};
  }
}
