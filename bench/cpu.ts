/**
 * The CPU time that a process and everything below it has used so far: user and system, all
 * threads, those that have ended too.
 *
 * A live process is read from its CPU clock (`clock_getcpuclockid`, then `clock_gettime`), which is
 * exact to the nanosecond. The ticks of /proc/PID/stat are 10 ms each, one part in 150 of a round;
 * they stand in where libc can't be loaded, and they count the children that were waited for,
 * which have no clock any more. /proc/PID/schedstat is not used: it forgets threads that ended.
 *
 * A process that detached itself from the tree (a daemon) is not found: start servers in the
 * foreground.
 */

import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which is 100 in every Linux ABI that Bun runs on. */
const NANOSECONDS_PER_TICK = 10_000_000;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** What /proc/PID/stat says, as far as the bench needs it. Ticks are USER_HZ. */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** utime + stime: the process itself, all its threads. */
  readonly ownTicks: number;
  /** cutime + cstime: the children that it has waited for. */
  readonly reapedTicks: number;
}

/** Reads one line of /proc/PID/stat (proc_pid_stat(5)); the name in it may hold spaces and `)`. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  // Field 3 of the manual page, the state, is fields[0] here.
  const numberAt = (field: number): number => Number(fields[field - 3]);
  return {
    pid: Number.parseInt(line, 10),
    parentPid: numberAt(4),
    ownTicks: numberAt(14) + numberAt(15),
    reapedTicks: numberAt(16) + numberAt(17),
  };
}

/** `rootPid` and all its living descendants, the root first; empty when it has gone. */
export function processTree(rootPid: number): readonly ProcessStat[] {
  const all = allProcesses();
  const root = all.find((stat) => stat.pid === rootPid);
  if (root === undefined) return [];
  const tree = [root];
  // The array grows while it is walked: children are appended behind their parent.
  for (const parent of tree) tree.push(...all.filter((stat) => stat.parentPid === parent.pid));
  return tree;
}

/** CPU nanoseconds used by `rootPid` and its descendants since they started; 0 when it has gone. */
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
      // It ended between the listing and the reading.
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
