/** The memory that a process and everything below it holds, and how often it was woken. */

import { readdirSync, readFileSync } from "node:fs";

import { processTree } from "./cpu.ts";

const POLL_MS = 20;

/** VmRSS of one /proc/PID/status (proc_pid_status(5)), in bytes; 0 for a kernel thread. */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** How often a thread has given up its core of itself, that is, has waited for something. */
export function parseWaits(status: string): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
}

/** Resident bytes of `rootPid` and its descendants; pages that they share count for each. */
export function treeResidentBytes(rootPid: number): number {
  return residentBytes(processTree(rootPid).map(({ pid }) => pid));
}

/** How often each thread of `rootPid` and its descendants has waited for something so far. */
export function treeWaits(rootPid: number): ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  for (const { pid } of processTree(rootPid)) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      waits.set(thread, parseWaits(readStatus(`${pid}/task/${thread}`)));
    }
  }
  return waits;
}

/** How often the threads that are in `after` have waited since `before`, where they may not be. */
export function waitsSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const [thread, count] of after) sum += count - (before.get(thread) ?? 0);
  return sum;
}

/** Looks at the memory of a process tree again and again, until it is disposed of. */
export class MemoryWatch implements Disposable {
  /** The most that was seen, in bytes. */
  peakBytes: number;
  /** What was there at first, in bytes. */
  readonly firstBytes: number;
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;

  constructor(rootPid: number) {
    this.#pids = processTree(rootPid).map(({ pid }) => pid);
    this.firstBytes = residentBytes(this.#pids);
    this.peakBytes = this.firstBytes;
    this.#timer = setInterval(() => this.look(), POLL_MS);
  }

  look(): void {
    this.peakBytes = Math.max(this.peakBytes, residentBytes(this.#pids));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function residentBytes(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) sum += parseResident(readStatus(String(pid)));
  return sum;
}

function readStatus(path: string): string {
  try {
    return readFileSync(`/proc/${path}/status`, "latin1");
  } catch {
    return ""; // It has just ended.
  }
}
