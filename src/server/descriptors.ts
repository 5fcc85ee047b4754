/**
 * How many connections the process can hold open at all. Past the last descriptor `accept` fails,
 * and a listening socket that can't be emptied keeps the event loop spinning; so the server counts,
 * and turns clients away while it still can.
 */

import { readFileSync } from "node:fs";

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
  try {
    const openFiles = openFilesLimit(readFileSync("/proc/self/limits", "utf8"));
    return openFiles === undefined
      ? connectionsMax
      : Math.min(connectionsMax, connectionsFor(openFiles));
  } catch {
    // Not Linux: what was asked for has to do.
    return connectionsMax;
  }
}
