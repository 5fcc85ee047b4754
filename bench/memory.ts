/** The resident memory of a process and its descendants, and how often their threads waited. */

import { readdirSync, readFileSync } from "node:fs";

import { processTree } from "./cpu.ts";

const POLL_MS = 20;

/** VmRSS of one /proc/PID/status (proc_pid_status(5)), in bytes; 0 for a kernel thread. */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The number of voluntary context switches of a thread: how often it waited for an event. */
export function parseWaits(status: string): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
}

/** Resident bytes of `rootPid` and its descendants. Shared pages count for each process. */
export function treeResidentBytes(rootPid: number): number {
  return residentBytes(processTree(rootPid).map(({ pid }) => pid));
}

/** How often each thread of `rootPid` and its descendants has waited so far. */
export function treeWaits(rootPid: number): ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  for (const { pid } of processTree(rootPid)) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      waits.set(thread, parseWaits(readStatus(`${pid}/task/${thread}`)));
    }
  }
  return waits;
}

/** How often the threads in `after` have waited since `before`. A new thread counts from 0. */
export function waitsSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const [thread, count] of after) sum += count - (before.get(thread) ?? 0);
  return sum;
}

/** Samples the memory of a process tree periodically, until it is disposed of. */
export class MemoryWatch implements Disposable {
  /** The maximum so far, in bytes. */
  peakBytes: number;
  /** The first sample, in bytes. */
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
    return ""; // The process or thread has ended.
  }
}
