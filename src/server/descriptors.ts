/**
 * How many connections the process can hold open at all. Past the last descriptor `accept` fails,
 * and a listening socket that can't be emptied keeps the event loop spinning; so the server counts,
 * and turns clients away while it still can.
 */

import { closeDescriptor, openForReading, readAt } from "../files/stat.ts";

/** More than the text of /proc/self/limits has octets. */
const limitsOctetsMax = 4096;

/** Descriptors that are not connections: standard streams, the event loop, sockets that listen. */
const reserved = 32;

/** The soft limit in the text of /proc/self/limits, or undefined when it names none. */
export function openFilesLimit(limits: string): number | undefined {
  const match = /^Max open files\s+(\d+)/m.exec(limits);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * Connections there are descriptors for. A quarter is left for the files that are being sent: a
 * file that can't be opened is answered 503 and hurts nobody else.
 */
export function connectionsFor(openFiles: number): number {
  return Math.max(1, Math.floor(((openFiles - reserved) * 3) / 4));
}

/** `connectionsMax`, or fewer if the process may not open as many. */
export function affordableConnections(connectionsMax: number): number {
  const opened = openForReading("/proc/self/limits");
  // Not Linux: what was asked for has to do.
  if (!opened.ok) return connectionsMax;
  const octets = new Uint8Array(limitsOctetsMax);
  const length = readAt(opened.value, octets, 0);
  closeDescriptor(opened.value);
  const openFiles = openFilesLimit(new TextDecoder().decode(octets.subarray(0, length)));
  return openFiles === undefined
    ? connectionsMax
    : Math.min(connectionsMax, connectionsFor(openFiles));
}
