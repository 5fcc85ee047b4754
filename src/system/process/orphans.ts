/**
 * The system calls by which a process learns which of its children have ended, and reads their
 * statuses (waitid(2), waitpid(2)). Linux only.
 */

import { openLibc } from "../libc.ts";

/** The calls. */
interface OrphanCalls {
  /** A child that has ended and whose status is unread; it stays so. Undefined for none. */
  endedChild(): number | undefined;
  /** Reads the status of `pid`, so that the system forgets the process; false when that fails. */
  forget(pid: number): boolean;
}

/** sys/wait.h, linux/wait.h */
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;

/** siginfo_t has 128 octets; si_pid follows three numbers and their padding (64 bits). */
const infoNumbers = 32;
const pidAt = 4;

/** The calls; undefined where libc can't be called. */
export function loadOrphanCalls(): OrphanCalls | undefined {
  const libc = openLibc({
    waitid: { args: ["i32", "u32", "ptr", "i32"], returns: "i32" },
    waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  });
  if (libc === undefined) return undefined;
  return {
    endedChild: () => {
      const info = new Int32Array(infoNumbers);
      if (libc.waitid(P_ALL, 0, info, WNOHANG | WEXITED | WNOWAIT) !== 0) return undefined;
      const pid = info[pidAt] ?? 0;
      return pid > 0 ? pid : undefined;
    },
    forget: (pid) => libc.waitpid(pid, null, WNOHANG) === pid,
  };
}

/** How many statuses one look reads: a look is repeated with each child that ends. */
const orphansPerLookMax = 1000;

/**
 * Reads the statuses of children that have ended and aren't this program's own, which Bun waits
 * for. Stops at one of its own: the system shows the others when Bun has read that.
 */
export function readOrphans(calls: OrphanCalls, isOwn: (pid: number) => boolean): number {
  for (let count = 0; count < orphansPerLookMax; count++) {
    const pid = calls.endedChild();
    if (pid === undefined || isOwn(pid) || !calls.forget(pid)) return count;
  }
  return orphansPerLookMax;
}
