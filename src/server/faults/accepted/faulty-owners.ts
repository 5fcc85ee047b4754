/** What owns a socket while a fault keeps it from being a connection, made for one fault each. */

import type { Socket } from "bun";

import type { Milliseconds } from "../../../base/units.ts";
import type { ConnectionContext } from "../../connection/protocol-connection.ts";
import type { SecureSockets } from "../../tls/secure-sockets.ts";
import type { HeldSocket } from "../../tls/socket-holder.ts";
import type { HandshakeBreak } from "./accepted-faults.ts";
import { BrokenHandshake } from "./broken-handshake.ts";
import { FirstFlight } from "./first-flight.ts";
import { LateAccept } from "./late-accept.ts";
import { SentAway } from "./sent-away.ts";

/** The owner of a socket that nothing is read from for `waitMs`, and which then calls `goOn`. */
export function acceptedLate(
  waitMs: Milliseconds,
  socket: Socket<unknown>,
  address: string,
  context: ConnectionContext,
  goOn: () => void,
): HeldSocket {
  const owner = new LateAccept(socket, address, context, goOn);
  return { owner, begin: () => owner.wait(waitMs) };
}

/** The owner of a socket that is closed before a request. */
export function sentAway(
  by: "fin" | "reset",
  socket: Socket<unknown>,
  address: string,
  context: ConnectionContext,
): HeldSocket {
  const owner = new SentAway(socket, address, context);
  return { owner, begin: () => (by === "fin" ? owner.leave() : owner.abort()) };
}

/** The owner of a socket whose handshake is broken, and would have been that of `secure`. */
export function handshakeBroken(
  how: HandshakeBreak,
  socket: Socket<unknown>,
  address: string,
  context: ConnectionContext,
  secure: SecureSockets,
): HeldSocket {
  const owner = new BrokenHandshake(socket, address, context, how, (hello, made) => {
    return new FirstFlight(secure.nodeContext(), hello, made);
  });
  return { owner, begin: () => owner.wait() };
}
