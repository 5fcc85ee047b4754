/**
 * What the system says of a process that doesn't answer (proc_pid_stat(5)).
 */

import { readFileSync } from "node:fs";

/**
 * Whether the system has put the main thread of the process `pid` to sleep until a disk, or a file
 * system of a network, answers (state D). False where the system doesn't tell.
 */
export function isAwaitingDisk(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name before it stands in parentheses, and may have some itself.
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("D");
  } catch {
    // The process has ended.
    return false;
  }
}
