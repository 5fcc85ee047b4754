/**
 * Changes subjects, one after the other, in a thread of its own, and says so in shared memory: before
 * a change that it begins, after it that it is in place, and ahead of both which subject is next, so
 * that those who ask can be there when it happens.
 *
 * What is about to change is left alone for about a round before: long enough for a server to believe
 * that it won't. A change may be followed by another one at once, within one tick of a file system's
 * clock.
 */

import { workerData } from "node:worker_threads";

import { Ledger } from "./ledger.ts";
import { kinds, Subject } from "./subjects.ts";

/** What a mutator is told. */
export interface Mutation {
  /** The folder with `site` in it. */
  readonly base: string;
  /** Each as the number of its kind and of its copy. */
  readonly subjects: readonly (readonly [kind: number, copy: number])[];
  readonly ledger: SharedArrayBuffer;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(pause, 0, 0, ms);
}

function shuffle(order: number[]): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
}

const { base, subjects: cast, ledger: memory } = workerData as Mutation;
const ledger = new Ledger(memory);
const subjects = cast.map(([kind, copy]) => {
  const found = kinds[kind];
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return new Subject(base, found, copy);
});

/** Changes `subject` while others watch, one time or a few. */
function play(subject: Subject, index: number): void {
  ledger.aimAt(index);
  sleep(0.2 + Math.random());
  const dice = Math.random();
  const changes = dice < 0.6 ? 1 : dice < 0.85 ? 2 : 3;
  for (let i = 0; i < changes; i++) {
    ledger.change(index, (version) => subject.step(version));
    if (Math.random() < 0.5) sleep(Math.random() / 2);
  }
  sleep(0.2 + Math.random() / 2);
}

const order = [...subjects.keys()];
while (!ledger.isStopped) {
  const last = order.at(-1);
  shuffle(order);
  if (order[0] === last) order.reverse();
  for (const index of order) {
    const subject = subjects[index];
    if (subject !== undefined && !ledger.isStopped) play(subject, index);
  }
}
