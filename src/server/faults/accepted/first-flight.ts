/**
 * What a TLS server sends first: its answer to a ClientHello (RFC 8446 §2), made in memory, so that
 * a part of it can be sent and the rest not.
 */

import { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { TLSSocket } from "node:tls";

/** The answer to one client, until it is disposed of. */
export class FirstFlight implements Disposable {
  readonly #socket: TLSSocket;

  /**
   * Calls `made` with the octets with which a server under `secureContext` answers `hello`, the
   * client's first record, in a later turn: an alert to a record that is no ClientHello, no octets
   * to what is no record. It isn't called for a ClientHello that goes on in another record.
   */
  constructor(secureContext: SecureContext, hello: Uint8Array, made: (octets: Uint8Array) => void) {
    let tell: typeof made | undefined = made;
    const told = (octets: Uint8Array): void => {
      tell?.(octets);
      tell = undefined;
    };
    const line = new Duplex({
      read: () => undefined,
      // All of it comes in one piece.
      write: (octets: Uint8Array, _encoding, written) => {
        told(octets);
        written();
      },
    });
    this.#socket = new TLSSocket(line, { isServer: true, secureContext });
    // An error without a listener would end the process. It comes after the alert.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => told(new Uint8Array()));
    line.push(hello);
  }

  [Symbol.dispose](): void {
    this.#socket.removeAllListeners("close").destroy();
  }
}
