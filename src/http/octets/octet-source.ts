/**
 * Octets in memory as what a body is sent from: several pieces of a large content leave from where
 * they are, and no copy is made that holds them all.
 */

import type { FileSource } from "../message/response.ts";

/** Copies what `octets` hold from `position` on to `into`: how many there were, 0 at the end. */
export function readOctets(octets: Uint8Array, into: Uint8Array, position: number): number {
  const part = octets.subarray(position, position + into.length);
  into.set(part);
  return part.length;
}

/** A source of octets, which don't change. */
export class OctetSource implements FileSource {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  read(into: Uint8Array, position: number): number {
    return readOctets(this.#octets, into, position);
  }

  close(): void {
    // It holds nothing that could be given back.
  }
}
