/**
 * What passed between the player and the server in one phase, for the reports: the bytes in both
 * directions as they were sent and arrived, and how each side ended a connection. It is bounded, so
 * that a check of a thousand phases can keep all of them.
 */

import { checkLimits } from "../../limits.ts";

const { partBytesMax, partsMax } = checkLimits;

/** A part of an exchange: bytes of one side, or something that happened on the connection. */
export type ExchangePart =
  | {
      readonly kind: "bytes";
      readonly connection: string;
      readonly from: "client" | "server";
      /** The first bytes, at most `partBytesMax` of them. */
      readonly octets: Uint8Array;
      /** How many bytes there were. */
      readonly byteCount: number;
    }
  | { readonly kind: "event"; readonly connection: string; readonly text: string };

/** Records the exchange of one phase after another. */
export class ExchangeLog {
  #parts: ExchangePart[] = [];

  /** Notes bytes. They are joined to those before if the same side goes on sending. */
  bytes(connection: string, from: "client" | "server", octets: Uint8Array): void {
    if (octets.length === 0) return;
    const last = this.#parts.at(-1);
    if (last?.kind !== "bytes" || last.connection !== connection || last.from !== from) {
      const kept = octets.slice(0, partBytesMax);
      this.#add({ kind: "bytes", connection, from, octets: kept, byteCount: octets.length });
      return;
    }
    const room = partBytesMax - last.octets.length;
    const joined = new Uint8Array(last.octets.length + Math.min(room, octets.length));
    joined.set(last.octets);
    joined.set(octets.subarray(0, room), last.octets.length);
    const byteCount = last.byteCount + octets.length;
    this.#parts[this.#parts.length - 1] = { ...last, octets: joined, byteCount };
  }

  /** Notes something that happened, in words. */
  event(connection: string, text: string): void {
    this.#add({ kind: "event", connection, text });
  }

  /** The parts since the last call. */
  take(): readonly ExchangePart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #add(part: ExchangePart): void {
    if (this.#parts.length < partsMax) this.#parts.push(part);
  }
}
