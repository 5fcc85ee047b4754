/**
 * What falls to the first process of a container (pid_namespaces(7)): processes whose parent has
 * ended become its children, and stay in the table of processes until it has read their status. A
 * health check that was cut short leaves such, and so does a shell of `docker exec`.
 *
 * Signals without a handler don't end this process: those that a server is stopped by have one.
 */

import { loadOrphanCalls, readOrphans } from "../../system/process/orphans.ts";

/**
 * Reads the statuses of orphans from now on: of children that aren't the program's own. Does
 * nothing where libc can't be called.
 */
export function adoptOrphans(isOwn: (pid: number) => boolean): void {
  const calls = loadOrphanCalls();
  if (calls === undefined) return;
  const look = (): void => void readOrphans(calls, isOwn);
  process.on("SIGCHLD", look);
  // Children that end at one time may send one signal, and one of our own may have stood before.
  setInterval(look, 1000).unref();
  look();
}
