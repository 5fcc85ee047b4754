/** What owns a socket while a fault keeps it from being a connection, made for one fault each. */

import type { Socket } from "bun";

import type { ConnectionContext } from "../../connection/protocol-connection.ts";
import type { SecureSockets } from "../../tls/secure-sockets.ts";
import type { SocketHolder } from "../../tls/socket-holder.ts";
import type { AcceptFault } from "./accepted-faults.ts";
import type { HandshakeBreak } from "./broken-handshake.ts";
import { BrokenHandshake } from "./broken-handshake.ts";
import { FirstFlight } from "./first-flight.ts";
import { LateAccept } from "./late-accept.ts";
import { SentAway } from "./sent-away.ts";

/** The owner of a socket with a fault, before its first event. */
export interface FaultyOwner {
  readonly owner: SocketHolder;
  /** Begins the fault. To be called once the socket has its owner. */
  readonly begin: () => void;
}

/** The owner of a socket with `fault`. One that is late calls `goOn`, and owns it no more. */
export function acceptedLate(
  fault: AcceptFault,
  socket: Socket<unknown>,
  address: string,
  context: ConnectionContext,
  goOn: () => void,
): FaultyOwner {
  if (fault.kind === "late") {
    const late = new LateAccept(socket, address, context, goOn);
    return { owner: late, begin: () => late.wait(fault.waitMs) };
  }
  const away = new SentAway(socket, address, context);
  return { owner: away, begin: () => (fault.by === "fin" ? away.leave() : away.abort()) };
}

/** The owner of a socket whose handshake is broken, and would have been that of `secure`. */
export function handshakeBroken(
  how: HandshakeBreak,
  socket: Socket<unknown>,
  address: string,
  context: ConnectionContext,
  secure: SecureSockets,
): FaultyOwner {
  const owner = new BrokenHandshake(socket, address, context, how, (hello, made) => {
    return new FirstFlight(secure.nodeContext(), hello, made);
  });
  return { owner, begin: () => owner.wait() };
}
