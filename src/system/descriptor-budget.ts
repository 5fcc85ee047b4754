/**
 * How many descriptors of the process are for connections and how many for open files. When all are
 * in use `accept` fails, and a listening socket whose queue can't be emptied keeps the event loop
 * spinning. So the server counts connections, and refuses clients while it still can accept them.
 */

import { closeDescriptor, openForReading, readAt } from "./file-system.ts";

/** The text of /proc/self/limits is shorter than this. */
const limitsOctetsMax = 4096;

/** Descriptors for other things: standard streams, the event loop, sockets that listen. */
const reserved = 32;

/** What the line with the limit begins with; the soft limit follows (proc_pid_limits(5)). */
const openFilesLine = "Max open files ";

/** The soft limit in the text of /proc/self/limits; undefined when there is none in it. */
export function openFilesLimit(limits: string): number | undefined {
  for (const line of limits.split("\n")) {
    if (!line.startsWith(openFilesLine)) continue;
    const [soft = ""] = line.slice(openFilesLine.length).trimStart().split(" ");
    return soft === "" || Number.isNaN(Number(soft)) ? undefined : Number(soft);
  }
  return undefined;
}

/**
 * How many connections there are descriptors for. A quarter is left for files that are being sent:
 * the request for a file that can't be opened is answered 503, and no other is affected.
 */
export function connectionsFor(openFiles: number): number {
  return Math.max(1, Math.floor(((openFiles - reserved) * 3) / 4));
}

/** How many files may be kept open for further requests: a quarter of the descriptors for files. */
export function keptFilesFor(openFiles: number): number {
  return Math.floor(openFiles / 16);
}

/**
 * How many uploads may be received at one time: each has a file and the folder that it is in, and
 * all together have at most the descriptors for files.
 */
export function uploadsFor(openFiles: number): number {
  return Math.max(1, Math.floor(openFiles / 8));
}

/** How many descriptors this process may have; undefined where the system doesn't tell. */
function readOpenFiles(): number | undefined {
  const opened = openForReading("/proc/self/limits");
  if (!opened.ok) return undefined;
  const octets = new Uint8Array(limitsOctetsMax);
  const length = Math.max(0, readAt(opened.value, octets, 0));
  closeDescriptor(opened.value);
  return openFilesLimit(new TextDecoder().decode(octets.subarray(0, length)));
}

/** Read once: what prlimit(1) changes from outside counts from the next start. */
let openFilesHere: { readonly count: number | undefined } | undefined;

/** `max`, or the `share` of the descriptors if that is fewer. */
function afford(max: number, share: (openFiles: number) => number): number {
  openFilesHere ??= { count: readOpenFiles() };
  const { count } = openFilesHere;
  return count === undefined ? max : Math.min(max, share(count));
}

/** `connectionsMax`, or fewer if the process may have too few descriptors. */
export function affordableConnections(connectionsMax: number): number {
  return afford(connectionsMax, connectionsFor);
}

/** `filesMax`, or fewer if the process may have too few descriptors. */
export function affordableKeptFiles(filesMax: number): number {
  return afford(filesMax, keptFilesFor);
}

/** `uploadsMax`, or fewer if the process may have too few descriptors. */
export function affordableUploads(uploadsMax: number): number {
  return afford(uploadsMax, uploadsFor);
}
