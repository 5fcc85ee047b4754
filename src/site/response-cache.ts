/**
 * Caches responses. A request with the same head, octet for octet, gets the same response while
 * every lookup that the response was made from is still valid: a file, a part of it, a variant,
 * 304, 404, 403. Nothing is computed again, and no response is stale, because it is valid exactly
 * as long as the lookups it depends on.
 *
 * A response is stored in the slot of its request's head and attached to its lookups: it is evicted
 * with the first of them, or with the head. Never cached are streams, bodies that are sent from a
 * file, responses that come later, and responses that depend on the time.
 */

import { SharedValue } from "../base/slot.ts";
import { dependsOnTime } from "../http/fields/conditional.ts";
import type { CachedResponse } from "../http/message/response.ts";
import type { Dependency, Dependent, Moment, View } from "../tree/view.ts";
import type { Request } from "./request.ts";

/**
 * The approximate cost of a response besides its content, in bytes: the fields, each a text of its
 * own, the encoded head, and the objects. Of a small file much of it is counted with the lookup.
 */
const responseBytes = 1280;

/**
 * A cached response and its dependencies. Most responses have exactly one, so it has its own field.
 */
class Entry extends SharedValue implements Dependent {
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
    super();
    this.#response = response;
    this.bytes = bytes;
    this.#first = first;
    this.#others = others.length === 0 ? undefined : others;
    this.epoch = epoch;
  }

  /** The response, if looks made at `since` or later show that it is valid. */
  responseSince(since: Moment): CachedResponse | undefined {
    if (this.#response !== undefined && !this.#isCurrent(since)) this.drop();
    return this.#response;
  }

  #isCurrent(since: Moment): boolean {
    if (this.#first?.isCurrent(since) !== true) return false;
    return this.#others?.every((dependency) => dependency.isCurrent(since)) !== false;
  }

  drop(): void {
    const first = this.#first;
    const others = this.#others;
    this.#response = undefined;
    this.#first = undefined;
    this.#others = undefined;
    first?.detach(this);
    for (const dependency of others ?? []) dependency.detach(this);
  }
}

/** The cached responses of one site. */
export class ResponseCache {
  /** Responses with longer content are not cached. */
  readonly #contentBytesMax: number;
  /** Entries of an earlier epoch are ignored. */
  #epoch: object = {};
  /** When the latest request was received. */
  #latestMs = 0;

  constructor({ inlineBytesMax }: { readonly inlineBytesMax: number }) {
    this.#contentBytesMax = inlineBytesMax;
  }

  /**
   * The response to `request`, if it is cached and looks made at `since` or later show it valid.
   */
  find({ head, receivedMs }: Request, since: Moment): CachedResponse | undefined {
    const { slot } = head;
    if (slot === undefined) return undefined;
    // After the clock was set back, a cached Last-Modified may be later than now, which RFC 9110
    // §8.8.2.1 forbids.
    if (receivedMs < this.#latestMs) this.clear();
    this.#latestMs = receivedMs;
    const entry = slot.value;
    if (!(entry instanceof Entry) || entry.epoch !== this.#epoch) return undefined;
    return entry.responseSince(since);
  }

  /** Caches `response`, which answered `request` under `view`, if it is cacheable. */
  keep({ head }: Request, response: CachedResponse, view: View): void {
    const { slot } = head;
    const { dependencies = [] } = view;
    const bytes = this.#bytesOf(response);
    if (slot === undefined || dependencies.length === 0 || bytes === undefined) return;
    if (dependsOnTime(head.fields)) return;
    slot.clear();
    const entry = new Entry(response, bytes, dependencies, this.#epoch);
    if (dependencies.every((dependency) => dependency.attach(entry))) {
      slot.value = entry;
      return;
    }
    entry.drop();
  }

  /** The cost of `response` in bytes; undefined when it is not cacheable. */
  #bytesOf({ body }: CachedResponse): number | undefined {
    if (body.kind === "none") return responseBytes;
    if (body.kind !== "bytes" || body.bytes.length > this.#contentBytesMax) return undefined;
    return responseBytes + body.bytes.length;
  }

  /** Invalidates every cached response. */
  clear(): void {
    this.#epoch = {};
  }
}
