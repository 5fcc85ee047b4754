/**
 * A port that one process keeps for others that serve it. The process makes a listening socket for
 * each of them, and passes on the descriptors. A process that takes the place of another one gets
 * the same socket: it needs no right to bind the port, and clients that wait in the socket's queue
 * are not lost.
 *
 * `SO_REUSEPORT` lets all sockets of one user that ask for it share a port, and the kernel spreads
 * the connections over them. Two servers started by mistake would share it without a word, and each
 * would get a part of the other's clients. So the first socket listens without sharing, as that of
 * any server, which fails if the port is in use. Then its options are changed: bind(2) checks the
 * options of the sockets that are there, and not those they were bound with. Another server that
 * wants the port for itself, or claims it as here, still fails.
 *
 * Bun accepts on each socket that it listens on. So it has made these, and closes its descriptors
 * in the same turn of the event loop; a copy of a descriptor keeps the socket listening. All this
 * is specific to Linux. Elsewhere, and without libc (system/system-calls.ts), the port is tried and
 * released.
 */

import { closeSync } from "node:fs";

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { loadPortCalls } from "../system/port-calls.ts";
import type { ListeningSocket } from "./listener.ts";
import type { ListenFailure } from "./listening/listen-failure.ts";
import { listenWithoutServing } from "./listener.ts";

/** A claimed port. */
interface PortClaim {
  readonly port: number;
  /**
   * The descriptors of sockets that listen on it, one socket for each address of the host in each
   * of the groups. Empty where the system can't keep them.
   */
  readonly groups: readonly (readonly number[])[];
  /** Closes the descriptors, if no server of this process has been given them. */
  release(): void;
}

/** Copies the descriptors of `sockets` and closes the originals; undefined where that fails. */
function keep(sockets: readonly ListeningSocket[], isShared: boolean): number[] | undefined {
  const calls = loadPortCalls();
  const kept = sockets.map((socket) => {
    const copy = calls?.copy(socket.fd) ?? -1;
    socket.stop(true);
    return copy >= 0 && isShared && calls?.share(copy) !== true ? (closeSync(copy), -1) : copy;
  });
  if (!kept.includes(-1)) return kept;
  for (const descriptor of kept) if (descriptor >= 0) closeSync(descriptor);
  return undefined;
}

/**
 * Claims `port`, 0 for any free one, on every address that `host` stands for, with sockets for
 * `count` processes.
 */
export function claimPort(
  host: string,
  port: number,
  count: number,
): Result<PortClaim, ListenFailure> {
  const groups: number[][] = [];
  const release = (): void => {
    for (const descriptor of groups.splice(0).flat()) closeSync(descriptor);
  };
  let bound = port;
  while (groups.length < count) {
    const isFirst = groups.length === 0;
    const listening = listenWithoutServing(host, bound, !isFirst);
    if (!listening.ok) {
      release();
      return failure(listening.error);
    }
    bound = listening.value[0]?.port ?? bound;
    const kept = keep(listening.value, isFirst && count > 1);
    if (kept === undefined) {
      release();
      break;
    }
    groups.push(kept);
  }
  return success({ port: bound, groups, release });
}
