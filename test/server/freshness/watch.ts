/**
 * Asks for subjects and detects stale answers. An answer is fresh if it shows a version between the
 * one in place when the first octet of the request was sent and the latest one begun before the
 * last octet of the answer arrived.
 */

import type { Answer, FreshnessClient, Question } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Subject } from "./subjects.ts";

/** Called when an answer has arrived, or with the reason why none will. */
export type Then = (error?: Error) => void;

/** Counts answers, and collects those that are stale. */
export class Watch {
  readonly faults: string[] = [];
  /** The number of answers, by the name of their kind. */
  readonly answers = new Map<string, number>();
  /** The number of answers during whose request the subject was changed. */
  overlapping = 0;
  readonly #subjects: readonly Subject[];
  readonly #ledger: Ledger;
  /** The last entity tag of each subject, and what the tagged response showed. */
  readonly #known = new Map<number, { readonly entityTag: string; readonly seen: string }>();

  /** The versions of `subjects` are in `ledger`, in the same order. */
  constructor(subjects: readonly Subject[], ledger: Ledger) {
    this.#subjects = subjects;
    this.#ledger = ledger;
  }

  /** The number of all answers. */
  get total(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A request for a subject, to be sent at once. With `tagged` it is conditional. */
  about(index: number, tagged: boolean, then: Then): Question {
    const subject = this.#subjects[index];
    if (subject === undefined) throw new Error(`no subject ${index}`);
    const { kind } = subject;
    const known = tagged && kind.method === undefined ? this.#known.get(index) : undefined;
    const fields = known === undefined ? "" : `If-None-Match: ${known.entityTag}\r\n`;
    const inPlace = this.#ledger.inPlace(index);
    const answered = (answer: Answer): void => {
      const begun = this.#ledger.begun(index);
      const isKnown = answer.status === 304 && known !== undefined;
      const seen = isKnown ? known.seen : subject.describe(answer);
      const { entityTag } = answer;
      if (answer.status === 200 && entityTag !== "") this.#known.set(index, { entityTag, seen });
      this.answers.set(kind.name, (this.answers.get(kind.name) ?? 0) + 1);
      if (inPlace < begun) this.overlapping++;
      const fault = subject.fault(seen, inPlace, begun);
      if (fault !== undefined) this.faults.push(isKnown ? `${fault}, by a 304` : fault);
      then();
    };
    return { text: subject.request(fields), answered, lost: then };
  }

  /** Sends requests for the subjects in one write, and waits for their answers. */
  async ask(client: FreshnessClient, indices: readonly number[], tagged = false): Promise<void> {
    const waiting: Promise<void>[] = [];
    const questions = indices.map((index) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push(promise);
      return this.about(index, tagged, (error) =>
        error === undefined ? resolve() : reject(error),
      );
    });
    client.ask(questions);
    await Promise.all(waiting);
  }
}

/** Keeps asking on one connection until it is stopped. */
export class Stream {
  readonly #client: FreshnessClient;
  readonly #next: (inFlight: number, then: Then) => readonly Question[];
  readonly #ended = Promise.withResolvers<void>();
  #stopping = false;

  /**
   * After each answer `next` returns what to ask, given the number of answers still to come. Each
   * question must call `then`. If no answer is to come, `next` must return a question.
   */
  constructor(
    client: FreshnessClient,
    next: (inFlight: number, then: Then) => readonly Question[],
  ) {
    this.#client = client;
    this.#next = next;
    this.#go();
  }

  /** Stops asking. Resolves when the last answer has arrived. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended.promise;
  }

  /** Rejects when the connection is lost. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  readonly #go = (error?: Error): void => {
    if (error !== undefined) {
      this.#ended.reject(error);
      return;
    }
    const { inFlight } = this.#client;
    if (!this.#stopping) this.#client.ask(this.#next(inFlight, this.#go));
    else if (inFlight === 0) this.#ended.resolve();
  };
}
