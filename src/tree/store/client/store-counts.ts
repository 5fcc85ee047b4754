/**
 * What a server with metrics counts of its object stores, from its start on. Trees get one only
 * then; it outlives a tree that a reload replaces.
 */

/**
 * How an attempt has ended: what the store answered, why there was no answer, or that nothing was
 * asked because the circuit is open ("held").
 */
type StoreOutcome =
  | "answered"
  | "unchanged"
  | "absent"
  | "refused"
  | "busy"
  | "failed"
  | "unreachable"
  | "late"
  | "held";

/**
 * Where an answer about a key came from: memory without a question, memory or the disk after the
 * store said that it is still so, the store, or memory because the store failed or was too slow.
 */
type StoreLookup = "hit" | "confirmed" | "disk" | "miss" | "stale";

/** The counts of one server. */
export class StoreCounts {
  readonly outcomes = new Map<StoreOutcome, number>();
  readonly lookups = new Map<StoreLookup, number>();
  /** Attempts after the first one of a request or a stream. */
  retries = 0;
  /** Answers that broke off, or that nothing could be made of. */
  broken = 0;
  /** Content that was read. */
  receivedBytes = 0;

  /** An attempt has ended so. */
  ended(outcome: StoreOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** What is known of a key was looked for, and found there. */
  looked(result: StoreLookup): void {
    this.lookups.set(result, (this.lookups.get(result) ?? 0) + 1);
  }
}

/** The outcome that the status of an answer stands for. */
export function outcomeOf(status: number): StoreOutcome {
  if (status === 304) return "unchanged";
  if (status === 404) return "absent";
  if (status === 429 || status === 503) return "busy";
  if (status >= 500) return "failed";
  // 412 and 416 are answers about the object, too.
  return status < 300 || status === 412 || status === 416 ? "answered" : "refused";
}
