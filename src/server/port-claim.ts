/**
 * A port that is claimed while several processes of the same user listen on it.
 *
 * `SO_REUSEPORT` lets all sockets of one user that ask for it share a port. Two servers started by
 * mistake would share it without a word, and each would get a part of the other's clients. So the
 * port is first listened on without sharing, as by any server, which fails if it is in use. The
 * socket is then kept, but no longer listens: it gets no connections, and while it is there the
 * port can be bound only by sockets that ask to share. A server that wants the port for itself, or
 * claims it as here, doesn't.
 *
 * The port is free at no moment in between. The options are changed while the socket listens, since
 * bind(2) checks the options of the sockets that are there, and not those they were bound with; and
 * shutdown(2) ends the listening of a socket that asked for its port by number without giving the
 * port back. All this is specific to Linux. Elsewhere, and without libc (system/system-calls.ts),
 * the port is tried and released.
 */

import { closeSync } from "node:fs";

import type { Result } from "../base/result.ts";
import { success } from "../base/result.ts";
import { loadPortCalls } from "../system/port-calls.ts";
import type { ListeningSocket } from "./listener.ts";
import type { ListenFailure } from "./listening/listen-failure.ts";
import { listenWithoutServing } from "./listener.ts";

/** A claimed port. */
export interface PortClaim {
  readonly port: number;
  /** Gives the port back. The end of the process does so, too. */
  release(): void;
}

/** A free port, to be asked for by its number: a socket that asked for any one doesn't keep it. */
function findPort(host: string): Result<number, ListenFailure> {
  const found = listenWithoutServing(host, 0);
  if (!found.ok) return found;
  for (const socket of found.value) socket.stop(true);
  return success(found.value[0]?.port ?? 0);
}

/** Claims `port`, 0 for any free one, on every address that `host` stands for. */
export function claimPort(host: string, port: number): Result<PortClaim, ListenFailure> {
  for (let attempts = port === 0 ? 16 : 1; ; attempts--) {
    const wanted = port === 0 ? findPort(host) : success(port);
    if (!wanted.ok) return wanted;
    const listening = listenWithoutServing(host, wanted.value);
    if (listening.ok) return success(keep(wanted.value, listening.value));
    // Another process has taken it meanwhile.
    if (listening.error.kind !== "port-taken" || attempts === 1) return listening;
  }
}

/** Ends the listening of `sockets`, and keeps the claim on `port` where the system can. */
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
