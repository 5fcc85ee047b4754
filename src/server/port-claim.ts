/**
 * A port that is ours while other processes of ours listen on it.
 *
 * `SO_REUSEPORT` lets all sockets of one user that ask for it share a port: two servers that were
 * started by mistake would share it without a word, each getting a part of the other's clients. So
 * the port is listened on alone first, as any server would, which fails if anybody has it. The
 * socket then stays, listening no more: it gets no connections, and lets nobody in but sockets that
 * ask to share, and a server that wants the port for itself, or to claim it as here, isn't one.
 *
 * There is no moment at which the port is free: the options are changed while the socket listens
 * (bind(2) looks at the options of the sockets that are there, and not at what they were bound
 * with), and shutdown(2) ends the listening of a socket that asked for its port by number without
 * giving the port back. All that is Linux's way. Elsewhere, and where libc can't be had
 * (files/system-calls.ts), a port is looked at and let go.
 */

import { closeSync } from "node:fs";

import type { Result } from "../base/result.ts";
import { success } from "../base/result.ts";
import { loadPortCalls } from "../system/port-calls.ts";
import type { ListenFailure, ListeningSocket } from "./listener.ts";
import { listenForNobody } from "./listener.ts";

/** A claimed port. */
export interface PortClaim {
  readonly port: number;
  /** Gives the port back. It goes with the process, too. */
  release(): void;
}

/** A port that can be asked for by its number; a socket that asked for any one doesn't keep it. */
function findPort(host: string): Result<number, ListenFailure> {
  const found = listenForNobody(host, 0);
  if (!found.ok) return found;
  for (const socket of found.value) socket.stop(true);
  return success(found.value[0]?.port ?? 0);
}

/** Claims `port`, 0 for any free one, of every address that `host` stands for. */
export function claimPort(host: string, port: number): Result<PortClaim, ListenFailure> {
  for (let attempts = port === 0 ? 16 : 1; ; attempts--) {
    const wanted = port === 0 ? findPort(host) : success(port);
    if (!wanted.ok) return wanted;
    const listening = listenForNobody(host, wanted.value);
    if (listening.ok) return success(keep(wanted.value, listening.value));
    // Somebody was quicker.
    if (listening.error.kind !== "port-taken" || attempts === 1) return listening;
  }
}

/** Ends the listening of `sockets` and keeps what can be kept of them. */
function keep(port: number, sockets: readonly ListeningSocket[]): PortClaim {
  const calls = loadPortCalls();
  const kept = sockets.flatMap((socket) => {
    const copy = calls?.copy(socket.fd) ?? -1;
    const isShared = copy >= 0 && calls?.share(copy) === true;
    socket.stop(true);
    if (isShared && calls.deafen(copy)) return [copy];
    if (copy >= 0) closeSync(copy);
    return [];
  });
  return {
    port,
    release: () => {
      for (const descriptor of kept.splice(0)) closeSync(descriptor);
    },
  };
}
