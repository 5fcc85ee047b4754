/**
 * postern with a measurement of its event loop's turns. The loop never sleeps, so that every turn
 * is measured. GET /turns answers with the longest turn since the last such request, a
 * `LongestTurn`.
 *
 *   bun turns-server.ts ROOT
 */

import { dlopen } from "bun:ffi";
import { openSync, readSync } from "node:fs";

import { serve } from "../index.ts";

/** In milliseconds. */
export interface LongestTurn {
  /** CPU time that the thread has used. */
  readonly used: number;
  /**
   * Elapsed time, less the time that the thread waited for a core (the second figure of
   * /proc/thread-self/schedstat): on a busy machine elapsed time alone would include other
   * processes. Time that a hypervisor takes away is included.
   */
  readonly passed: number;
}

/** CLOCK_THREAD_CPUTIME_ID, clock_gettime(2). */
const threadClock = 3;

const libc = dlopen("libc.so.6", {
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
}).symbols;
const time = new BigInt64Array(2);
const schedule = openSync("/proc/thread-self/schedstat", "r");
const text = Buffer.alloc(128);

function usedMs(): number {
  libc.clock_gettime(threadClock, time);
  return Number(time[0] ?? 0n) * 1000 + Number(time[1] ?? 0n) / 1e6;
}

function waitedMs(): number {
  const figures = text.toString("latin1", 0, readSync(schedule, text, 0, text.length, 0));
  return Number(figures.split(" ")[1]) / 1e6;
}

let longest: LongestTurn = { used: 0, passed: 0 };
let waitedBefore = waitedMs();
let before = performance.now();
let usedBefore = usedMs();

function turn(): void {
  const used = usedMs();
  const now = performance.now();
  // Each clock is read twice, so that an interruption of this function counts in neither turn.
  const waited = waitedMs();
  longest = {
    used: Math.max(longest.used, used - usedBefore),
    passed: Math.max(longest.passed, used - usedBefore, now - before - (waited - waitedBefore)),
  };
  waitedBefore = waitedMs();
  before = performance.now();
  usedBefore = usedMs();
  setImmediate(turn);
}

const [root = "."] = process.argv.slice(2);
const server = await serve({ root, port: 0 });
server.route("GET", "/turns", () => {
  const answer = Response.json(longest);
  longest = { used: 0, passed: 0 };
  return answer;
});
turn();
process.stdout.write(`${server.port}\n`);
