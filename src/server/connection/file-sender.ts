/**
 * Sends regions of an open file, as fast as the client reads and no faster. The kernel sends them
 * (sendfile(2)) where the transport and the file allow it; otherwise they are read piece by piece
 * into one buffer that all senders share. Octets that the socket didn't take are read again, so a
 * slow reader costs no memory here.
 *
 * A response is one version of the file, or it is broken off. A file that is renamed, replaced or
 * removed while it is sent stays whole, since it is open. When it was written to instead, which
 * its size or mtime shows, the rest is sent only if a sample of the file is unchanged: so a file
 * may grow. The sample is taken when the response waits for the first time: before it begins, or
 * when its first turn ends before it does. The sender
 * checks that once in every turn, and before the octets that would complete the response. It
 * doesn't check when the whole response is sent at once, unless the file was open before. sendfile
 * hands over the file's own pages, which the kernel holds until the client has them, so a change
 * in place is detected only if there is more to send.
 */

import type { ContentSample, FileSource, Piece, Region } from "../../http/message/response.ts";
import { piecesOctets } from "../../http/message/response.ts";
import type { Transport } from "./transport.ts";
import type { WriteOutcome } from "./write-outcome.ts";

/** Where a sender's octets go. */
export type FileOutlet = Pick<Transport, "write" | "sendFile">;

/** Sizes, in octets: of one read and write, and of all that one turn of the event loop may send. */
export interface SendSizes {
  readonly sendPieceBytes: number;
  readonly sendBurstBytes: number;
}

/** One buffer for all senders: it holds a piece only between a read and the write that follows. */
let buffer = new Uint8Array(0);

const nothing = new Uint8Array(0);

/** The sender of one file's pieces. */
export class FileSender {
  readonly #file: FileSource;
  /** Whether it was open before this response began. */
  readonly #isShared: boolean;
  readonly #pieces: readonly Piece[];
  readonly #sizes: SendSizes;
  /** The piece that is being sent, and how many of its octets have been. */
  #index = 0;
  #offset = 0;
  #left: number;
  /** Whether any octets have been sent. */
  #begun = false;
  /** Whether the file has to be checked for changes before more of it is sent. */
  #isCheckDue = false;
  /** Taken when the response first waited, of the file as it was opened or as it has grown. */
  #sample: ContentSample | undefined;
  /** Whether the kernel can send the file by itself. */
  #carries: boolean;

  /** `sample` is what the file held when the response was made, where it had to wait since. */
  constructor(
    file: FileSource,
    pieces: readonly Piece[],
    sizes: SendSizes,
    sample?: ContentSample,
  ) {
    this.#sample = sample;
    this.#file = file.share?.() ?? file;
    this.#isShared = file.share !== undefined;
    this.#pieces = pieces;
    this.#sizes = sizes;
    this.#left = piecesOctets(pieces);
    this.#carries = this.#file.handle !== undefined;
    if (buffer.length < sizes.sendPieceBytes) buffer = new Uint8Array(sizes.sendPieceBytes);
  }

  /** Octets that are still to be sent. */
  get left(): number {
    return this.#left;
  }

  /** Sends until all is sent, the socket is full, or this turn's share is used up. */
  pump(outlet: FileOutlet): WriteOutcome {
    const leftAfter = this.#left - this.#sizes.sendBurstBytes;
    this.#isCheckDue = this.#begun || this.#isShared || this.#sample !== undefined;
    while (this.#left > 0) {
      if (this.#left <= leftAfter) {
        this.#takeSample();
        return "later";
      }
      const piece = this.#piece();
      const outcome =
        this.#carries && !(piece instanceof Uint8Array)
          ? this.#carry(piece, this.#left - leftAfter, outlet)
          : this.#write(this.#read(piece, this.#sizes.sendPieceBytes), outlet);
      if (outcome === "sent") continue;
      if (outcome === "blocked") this.#takeSample();
      return outcome;
    }
    return "sent";
  }

  /** Has the kernel send the rest of `region`, at most `octetsMax` octets. */
  #carry(region: Region, octetsMax: number, outlet: FileOutlet): WriteOutcome {
    const octets = Math.min(region.octets - this.#offset, octetsMax);
    if (!this.#isIntact(octets)) return "changed";
    const taken = outlet.sendFile(this.#file, region.start + this.#offset, octets);
    if (taken === 0) return "short";
    this.#carries = taken !== undefined;
    if (taken === undefined) return "sent";
    if (taken > 0) this.#took(taken);
    // Only a write makes the socket report when it has drained.
    return taken === octets ? "sent" : this.#write(this.#read(region, 1), outlet);
  }

  #write(octets: Uint8Array, outlet: FileOutlet): WriteOutcome {
    // The file has shrunk since its length was promised; other octets must not be sent instead.
    if (octets.length === 0) return "short";
    if (!this.#isIntact(octets.length)) return "changed";
    const taken = outlet.write(octets);
    if (taken < 0) return "gone";
    this.#took(taken);
    return taken < octets.length ? "blocked" : "sent";
  }

  /** The first piece that has octets left; there is one. */
  #piece(): Piece {
    let piece = this.#pieces[this.#index];
    while (piece !== undefined && this.#offset === lengthOf(piece)) {
      this.#index++;
      this.#offset = 0;
      piece = this.#pieces[this.#index];
    }
    return piece ?? nothing;
  }

  /** The next octets, at most `octetsMax` of a region; none when the file has none there. */
  #read(piece: Piece, octetsMax: number): Uint8Array {
    if (piece instanceof Uint8Array) return piece.subarray(this.#offset);
    const want = Math.min(octetsMax, piece.octets - this.#offset);
    const count = this.#file.read(buffer.subarray(0, want), piece.start + this.#offset);
    // What can't be read is missing as if the file had shrunk: the connection is broken off.
    return buffer.subarray(0, Math.max(0, count));
  }

  #took(octets: number): void {
    this.#begun ||= octets > 0;
    this.#offset += octets;
    this.#left -= octets;
  }

  /** Whether the file is unchanged, as far as it has to be checked before `octets` are sent. */
  #isIntact(octets: number): boolean {
    if (!this.#isCheckDue && !(this.#begun && octets === this.#left)) return true;
    this.#isCheckDue = false;
    if (this.#file.isIntact?.() !== false) return true;
    // It has grown since it was looked at in this turn, or it is another one.
    if (!this.#begun) this.#takeSample();
    return this.#sample?.holds(this.#file) === true;
  }

  /** Takes the sample, unless there is one or the file can't change. */
  #takeSample(): void {
    if (this.#sample !== undefined || this.#file.isIntact === undefined) return;
    const piece = this.#piece();
    if (piece instanceof Uint8Array) return;
    const sampling = fileSampling();
    const position = piece.start + this.#offset;
    const end = sampling.endOfPieces(this.#pieces);
    this.#sample = sampling.FileSample.of(this.#file, position, end);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

/** Few responses take more than a turn, so the module isn't loaded at the start. */
function fileSampling(): typeof import("../../http/message/file-sample.ts") {
  return require("../../http/message/file-sample.ts") as ReturnType<typeof fileSampling>;
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.octets;
}
