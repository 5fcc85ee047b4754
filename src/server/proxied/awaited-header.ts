/**
 * A socket whose client isn't known yet: with the PROXY protocol nothing of a connection is read
 * before its header has come whole and is right. What is wrong closes it without an answer, since
 * there is no client to whom one could be written (PROXY §2.1).
 */

import type { Socket } from "bun";

import type { IpAddress } from "../../base/ip-address.ts";
import { ipAddressText } from "../../base/ip-address.ts";
import { concatBytes } from "../../http/octets/bytes.ts";
import type { ConnectionContext } from "../connection/protocol-connection.ts";
import type { HeldSocket } from "../tls/socket-holder.ts";
import { SocketHolder } from "../tls/socket-holder.ts";
import type { Introduction } from "./proxied-clients.ts";
import { readProxyHeader } from "./proxy-header.ts";

/** The owner of a socket until its header has come. */
class AwaitedHeader extends SocketHolder {
  readonly #goOn: (introduction: Introduction) => void;
  /** The beginning of a header. */
  #came: Uint8Array = new Uint8Array();

  constructor(
    socket: Socket<unknown>,
    peerAddress: string,
    context: ConnectionContext,
    goOn: (introduction: Introduction) => void,
  ) {
    super(socket, peerAddress, context);
    this.#goOn = goOn;
  }

  /** Gives the peer the time of a header section, or sends it away if it isn't trusted. */
  begin(): void {
    const { timers, clock, limits, proxied } = this.context;
    if (proxied?.trusts(this.remoteAddress) !== true) return this.#drop("not a trusted proxy");
    timers.set(this, clock.monotonicMs() + limits.headerTimeMs);
  }

  override receive(octets: Uint8Array): void {
    const came = this.#came.length === 0 ? octets : concatBytes([this.#came, octets]);
    const reading = readProxyHeader(came, this.context.limits.proxyHeaderBytesMax);
    if (reading.kind === "part") this.#came = came;
    else if (reading.kind === "malformed") this.#drop(`PROXY protocol: ${reading.why}`);
    else this.#over(reading.address, came.subarray(reading.octets));
  }

  /** The header has come, and `rest` behind it. The socket has another owner from now on. */
  #over(address: IpAddress | undefined, rest: Uint8Array): void {
    this.context.timers.remove(this);
    this.context.closed(this);
    this.#goOn({
      address: address === undefined ? this.remoteAddress : ipAddressText(address),
      isUnnamed: address === undefined,
      ...(rest.length === 0 ? {} : { octets: rest }),
    });
  }

  /** The header ends with what has come. A peer that has sent nothing only looked for a server. */
  override peerEnded(): void {
    if (this.#came.length === 0) this.abort();
    else this.#drop("PROXY protocol: a header that is cut off");
  }

  expire(): void {
    this.#drop("PROXY protocol: no whole header in time");
  }

  stop(isPatient: boolean): void {
    if (!isPatient) this.abort();
  }

  #drop(why: string): void {
    this.context.observers.dropped.tell(this.remoteAddress, why);
    this.abort();
  }
}

/**
 * The owner of the socket of a peer at `peerAddress`, which calls `goOn` when it is known whose
 * connection it is.
 */
export function headerAwaited(
  socket: Socket<unknown>,
  peerAddress: string,
  context: ConnectionContext,
  goOn: (introduction: Introduction) => void,
): HeldSocket {
  const owner = new AwaitedHeader(socket, peerAddress, context, goOn);
  return { owner, begin: () => owner.begin() };
}
