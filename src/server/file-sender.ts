/**
 * Sends regions of an open file to a transport, piece by piece, as fast as the client reads and no
 * faster. A piece is read anew from where the socket stopped taking, so that a slow reader costs no
 * buffer at all.
 */

import type { FileSource, Piece } from "../protocol/response.ts";
import { piecesOctets } from "../protocol/response.ts";
import type { Transport } from "./transport.ts";

/**
 * What became of a turn of sending: the region is sent; the socket is full and will drain; enough
 * for one turn, others wait; the file ended before its region did; the transport is closed.
 */
export type SendOutcome = "sent" | "blocked" | "later" | "short" | "gone";

/** Sizes, in octets: of one read and write, and of all that one turn of the event loop may send. */
export interface SendSizes {
  readonly sendPieceBytes: number;
  readonly sendBurstBytes: number;
}

/** One buffer for all senders: a piece is read and written in one go. */
let buffer = new Uint8Array(0);

const nothing = new Uint8Array(0);

/** The sender of one file's pieces. */
export class FileSender {
  readonly #file: FileSource;
  readonly #pieces: readonly Piece[];
  readonly #sizes: SendSizes;
  /** The piece that is being sent, and how much of it has been. */
  #index = 0;
  #offset = 0;
  #left: number;

  constructor(file: FileSource, pieces: readonly Piece[], sizes: SendSizes) {
    this.#file = file;
    this.#pieces = pieces;
    this.#sizes = sizes;
    this.#left = piecesOctets(pieces);
    if (buffer.length < sizes.sendPieceBytes) buffer = new Uint8Array(sizes.sendPieceBytes);
  }

  /** The octets that are still to be sent. */
  get left(): number {
    return this.#left;
  }

  /** Sends until the end, a full socket, or the end of this turn's share. */
  pump(transport: Transport): SendOutcome {
    const leftAfter = this.#left - this.#sizes.sendBurstBytes;
    while (this.#left > 0) {
      if (this.#left <= leftAfter) return "later";
      const octets = this.#nextOctets();
      // The file has shrunk since its length was promised; nothing may be made up in its place.
      if (octets.length === 0) return "short";
      const taken = transport.write(octets);
      if (taken < 0) return "gone";
      this.#offset += taken;
      this.#left -= taken;
      if (taken < octets.length) return "blocked";
    }
    return "sent";
  }

  /** What comes next, as much as one write should take; empty when the file has nothing there. */
  #nextOctets(): Uint8Array {
    let piece = this.#pieces[this.#index];
    while (piece !== undefined && this.#offset === lengthOf(piece)) {
      this.#index++;
      this.#offset = 0;
      piece = this.#pieces[this.#index];
    }
    if (piece === undefined) return nothing;
    if (piece instanceof Uint8Array) return piece.subarray(this.#offset);
    const want = Math.min(this.#sizes.sendPieceBytes, piece.octets - this.#offset);
    const count = this.#file.read(buffer.subarray(0, want), piece.start + this.#offset);
    return buffer.subarray(0, count);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.octets;
}
