/**
 * Asks for subjects, and knows which answers are stale: whatever shows neither a version that was
 * in place when the first octet of the request was sent, nor one that was begun before the last
 * octet of the answer had come.
 */

import type { Answer, FreshnessClient, Question } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Subject } from "./subjects.ts";

/** Told when an answer has come, or that none will. */
export type Then = (error?: Error) => void;

/** What was asked, and every answer that wasn't fresh. */
export class Watch {
  readonly faults: string[] = [];
  /** Answers, by the name of their kind. */
  readonly answers = new Map<string, number>();
  /** Answers to requests in whose time something was changed. */
  overlapping = 0;
  readonly #subjects: readonly Subject[];
  readonly #ledger: Ledger;
  /** By subject, the last entity tag and what it stood for. */
  readonly #known = new Map<number, { readonly entityTag: string; readonly seen: string }>();

  /** The versions of `subjects` are in `ledger`, in the same order. */
  constructor(subjects: readonly Subject[], ledger: Ledger) {
    this.#subjects = subjects;
    this.#ledger = ledger;
  }

  /** Answers in all. */
  get total(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A question about a subject, to be asked at once; with `tagged` only for what is new. */
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

  /** Asks for one after the other in one piece, and waits for the answers. */
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
   * `next` says what to ask, after each answer, when so many are still to come; each question is to
   * call `then`. It must ask something when nothing is to come.
   */
  constructor(
    client: FreshnessClient,
    next: (inFlight: number, then: Then) => readonly Question[],
  ) {
    this.#client = client;
    this.#next = next;
    this.#go();
  }

  /** Asks no more, and resolves when the last answer has come. */
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
