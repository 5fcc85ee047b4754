/**
 * A TLS handshake that the server breaks off, after the client's first record and a part of its own
 * answer. The socket is never put under TLS: the answer is made in memory.
 */

import type { Socket } from "bun";

import { concatBytes } from "../../../http/octets/bytes.ts";
import type { Milliseconds } from "../../../base/units.ts";
import type { ConnectionContext } from "../../connection/protocol-connection.ts";
import { recordBytes, recordHeaderBytes } from "../../tls/client-hello.ts";
import type { HandshakeBreak } from "./accepted-faults.ts";
import { SentAway } from "./sent-away.ts";

/** Makes the server's answer to the record `hello`, and calls `made` with it. */
type Answering = (hello: Uint8Array, made: (octets: Uint8Array) => void) => Disposable;

/** The owner of a socket whose handshake is broken. */
export class BrokenHandshake extends SentAway {
  readonly #how: HandshakeBreak;
  readonly #answer: Answering;
  #heard: Uint8Array | undefined = new Uint8Array();
  #flight: Disposable | undefined;

  constructor(
    socket: Socket<unknown>,
    remoteAddress: string,
    context: ConnectionContext,
    how: HandshakeBreak,
    answer: Answering,
  ) {
    super(socket, remoteAddress, context);
    this.#how = how;
    this.#answer = answer;
  }

  /** The client has as long to send its first record as for any handshake. */
  wait(): void {
    this.#within(this.context.limits.headerTimeMs);
  }

  #within(timeMs: Milliseconds): void {
    const { timers, clock } = this.context;
    timers.set(this, clock.monotonicMs() + timeMs);
  }

  override receive(octets: Uint8Array): void {
    if (this.#heard === undefined) {
      super.receive(octets);
      return;
    }
    const heard = concatBytes([this.#heard, octets]);
    const wanted = heard.length < recordHeaderBytes ? recordHeaderBytes : recordBytes(heard);
    // What is no record is no handshake, and is broken all the same.
    this.#heard = wanted !== undefined && heard.length < wanted ? heard : undefined;
    if (this.#heard !== undefined) return;
    const { part } = this.#how;
    if (part === 0) this.#break();
    else this.#flight = this.#answer(heard, (flight) => this.#send(flight, part));
  }

  /** Sends `part` of `flight`, which a new socket has room for. */
  #send(flight: Uint8Array, part: number): void {
    this.transport.write(flight.subarray(0, Math.floor(flight.length * part)));
    this.#break();
  }

  #break(): void {
    const { by, stallMs } = this.#how;
    if (by === "fin") this.leave();
    else if (by === "reset") this.abort();
    else this.#within(stallMs);
  }

  override closed(): void {
    this.#flight?.[Symbol.dispose]();
    super.closed();
  }
}
