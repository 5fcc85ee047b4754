/**
 * Sends a region of an open file to a transport, piece by piece, as fast as the client reads and no
 * faster. A piece is read anew from where the socket stopped taking, so that a slow reader costs no
 * buffer at all.
 */

import type { FileSource, Region } from "../protocol/response.ts";
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
let piece = new Uint8Array(0);

/** The sender of one region. */
export class FileSender {
  readonly #file: FileSource;
  readonly #sizes: SendSizes;
  readonly #end: number;
  #position: number;

  constructor(file: FileSource, region: Region, sizes: SendSizes) {
    this.#file = file;
    this.#sizes = sizes;
    this.#position = region.start;
    this.#end = region.start + region.octets;
    if (piece.length < sizes.sendPieceBytes) piece = new Uint8Array(sizes.sendPieceBytes);
  }

  /** The octets of the region that are still to be sent. */
  get left(): number {
    return this.#end - this.#position;
  }

  /** Sends until the region's end, a full socket, or the end of this turn's share. */
  pump(transport: Transport): SendOutcome {
    const burstEnd = this.#position + this.#sizes.sendBurstBytes;
    while (this.#position < this.#end) {
      if (this.#position >= burstEnd) return "later";
      const want = Math.min(this.#sizes.sendPieceBytes, this.left);
      const octets = this.#file.read(piece.subarray(0, want), this.#position);
      // The file has shrunk since its length was promised; nothing may be made up in its place.
      if (octets === 0) return "short";
      const taken = transport.write(piece.subarray(0, octets));
      if (taken < 0) return "gone";
      this.#position += taken;
      if (taken < octets) return "blocked";
    }
    return "sent";
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
