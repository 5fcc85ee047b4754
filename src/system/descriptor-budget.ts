/**
 * How many connections the process can hold open at all. Past the last descriptor `accept` fails,
 * and a listening socket that can't be emptied keeps the event loop spinning; so the server counts,
 * and turns clients away while it still can.
 */

import { closeDescriptor, openForReading, readAt } from "./file-system.ts";

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

/** Files that may be open for requests to come alone: a quarter of those that are for files. */
export function keptFilesFor(openFiles: number): number {
  return Math.floor(openFiles / 16);
}

/** Descriptors that this process may have; undefined where nobody says so: no Linux. */
function openFilesHere(): number | undefined {
  const opened = openForReading("/proc/self/limits");
  if (!opened.ok) return undefined;
  const octets = new Uint8Array(limitsOctetsMax);
  const length = readAt(opened.value, octets, 0);
  closeDescriptor(opened.value);
  return openFilesLimit(new TextDecoder().decode(octets.subarray(0, length)));
}

/** `max`, or fewer if `share` of the descriptors is fewer. */
function afford(max: number, share: (openFiles: number) => number): number {
  const openFiles = openFilesHere();
  return openFiles === undefined ? max : Math.min(max, share(openFiles));
}

/** `connectionsMax`, or fewer if the process may not open as many. */
export function affordableConnections(connectionsMax: number): number {
  return afford(connectionsMax, connectionsFor);
}

/** `filesMax`, or fewer if the process may not keep as many open. */
export function affordableKeptFiles(filesMax: number): number {
  return afford(filesMax, keptFilesFor);
}
