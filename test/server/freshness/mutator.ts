/**
 * Changes one subject after the other in a thread of its own. The ledger in shared memory says
 * which subject is next, so that clients can ask for it at that time, when a change begins, and
 * when it is in place.
 *
 * A subject is not changed for about one round before its turn, long enough for a server to cache
 * it. A change may be followed by another at once, within one tick of the file system's clock.
 */

import { workerData } from "node:worker_threads";

import { Ledger } from "./ledger.ts";
import { kinds, Subject } from "./subjects.ts";

/** The worker's data. */
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

/** Changes `subject` one to three times, while clients ask for it. */
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
