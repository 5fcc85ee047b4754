/**
 * The CPU time that a process and its descendants have used so far: user and system time of all
 * threads, including those that have ended.
 *
 * The time of a running process is read from its CPU clock (`clock_getcpuclockid`, then
 * `clock_gettime`), in nanoseconds. The ticks of /proc/PID/stat are 10 ms long, 1/150 of a round.
 * They are used where libc can't be loaded, and for children that have ended and were waited for,
 * which have no clock any more. /proc/PID/schedstat is not used: it omits threads that have ended.
 *
 * A process that has detached itself (a daemon) is not found, so servers run in the foreground.
 */

import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which is 100 in every Linux ABI that Bun runs on. */
const NANOSECONDS_PER_TICK = 10_000_000;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** The fields of /proc/PID/stat that the bench needs. Ticks are USER_HZ. */
interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** utime + stime: all threads of the process. */
  readonly ownTicks: number;
  /** cutime + cstime: children that have ended and were waited for. */
  readonly reapedTicks: number;
}

/** Parses /proc/PID/stat (proc_pid_stat(5)). The name in it may contain spaces and `)`. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  // fields[0] is field 3 of the manual page, the state.
  const numberAt = (field: number): number => Number(fields[field - 3]);
  return {
    pid: Number.parseInt(line, 10),
    parentPid: numberAt(4),
    ownTicks: numberAt(14) + numberAt(15),
    reapedTicks: numberAt(16) + numberAt(17),
  };
}

/** `rootPid` and its running descendants, the root first. Empty if the root has ended. */
export function processTree(rootPid: number): readonly ProcessStat[] {
  const all = allProcesses();
  const root = all.find((stat) => stat.pid === rootPid);
  if (root === undefined) return [];
  const tree = [root];
  // The loop also visits the children that it appends.
  for (const parent of tree) tree.push(...all.filter((stat) => stat.parentPid === parent.pid));
  return tree;
}

/** CPU nanoseconds used by `rootPid` and its descendants so far. 0 if the root has ended. */
export function treeCpuNanoseconds(rootPid: number): number {
  let sum = 0;
  for (const stat of processTree(rootPid)) {
    sum += clockNanoseconds(stat.pid) ?? stat.ownTicks * NANOSECONDS_PER_TICK;
    sum += stat.reapedTicks * NANOSECONDS_PER_TICK;
  }
  return sum;
}

function allProcesses(): readonly ProcessStat[] {
  const found: ProcessStat[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      found.push(parseStat(readFileSync(`/proc/${name}/stat`, "latin1")));
    } catch {
      // The process ended after the folder was listed.
    }
  }
  return found;
}

const libc = openLibc();
const clockId = new Int32Array(1);
const clockTime = new BigInt64Array(2);

function openLibc() {
  try {
    return dlopen("libc.so.6", {
      clock_getcpuclockid: { args: ["i32", "ptr"], returns: "i32" },
      clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
    }).symbols;
  } catch {
    return undefined;
  }
}

function clockNanoseconds(pid: number): number | undefined {
  if (libc === undefined) return undefined;
  if (libc.clock_getcpuclockid(pid, clockId) !== 0) return undefined;
  if (libc.clock_gettime(clockId[0] ?? 0, clockTime) !== 0) return undefined;
  const [seconds = 0n, nanoseconds = 0n] = clockTime;
  return Number(seconds * NANOSECONDS_PER_SECOND + nanoseconds);
}
