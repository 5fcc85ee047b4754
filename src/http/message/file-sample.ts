/**
 * A few octets of a file, by which a response goes on after the file was written to. A log that
 * grows, a recording, and a file that was touched have another size or mtime, and are unchanged as
 * far as the response promised them. A file that was emptied and written anew isn't.
 *
 * An edit in place between the spots isn't detected, so the client may get octets of both versions.
 * Neither is a longer version written in the place of the file before the sample is taken, which
 * looks like a file that has grown. Programs that replace a file by a rename don't cause this.
 */

import type { ContentSample, FileSource, Piece, Region } from "./response.ts";

/** How many octets are compared at each spot. */
const spotOctets = 64;

/** Holds a spot while it is compared. */
const scratch = new Uint8Array(spotOctets);

/** Where the regions among `pieces` end in the file: the latest end. */
export function endOfPieces(pieces: readonly Piece[]): number {
  return Math.max(0, ...pieces.filter(isRegion).map(({ start, octets }) => start + octets));
}

function isRegion(piece: Piece): piece is Region {
  return !(piece instanceof Uint8Array);
}

/** What a file held at some spots of what a response sends of it. */
export class FileSample implements ContentSample {
  readonly #spots: readonly number[];
  readonly #octets: Uint8Array;
  readonly #spotOctets: number;

  /** The spots of a response that ends before `end`, and whose next octet is at `position`. */
  private constructor(position: number, end: number) {
    const last = Math.max(0, end - spotOctets);
    const third = Math.floor((end - position) / 3);
    // The start, what was sent last, two spots of what is unsent, and the end.
    const wanted = [0, position - spotOctets, position + third, position + 2 * third, last];
    this.#spots = wanted.map((spot) => Math.min(last, Math.max(0, spot)));
    this.#spotOctets = Math.min(spotOctets, end);
    this.#octets = new Uint8Array(this.#spots.length * this.#spotOctets);
  }

  /** The same for a response that begins, and consists of `pieces`. */
  static ofWhole(file: FileSource, pieces: readonly Piece[]): FileSample | undefined {
    const start = Math.min(...pieces.filter(isRegion).map((region) => region.start));
    return Number.isFinite(start) ? FileSample.of(file, start, endOfPieces(pieces)) : undefined;
  }

  /**
   * The sample of `file`; undefined when the file no longer has the octets, or has been written to
   * since it was opened, unless it has grown.
   */
  static of(file: FileSource, position: number, end: number): FileSample | undefined {
    const sample = new FileSample(position, end);
    const isWhole = sample.#spots.every((spot, i) => {
      const place = sample.#place(i);
      return file.read(place, spot) === place.length;
    });
    // The file may have been written to before it was sampled. A log may grow at any time.
    const isValid = file.isIntact?.() !== false || file.hasGrown?.() === true;
    return isWhole && isValid ? sample : undefined;
  }

  /** Whether `file` holds the same octets now. It does not if it has shrunk. */
  holds(file: FileSource): boolean {
    const now = scratch.subarray(0, this.#spotOctets);
    return this.#spots.every(
      (spot, i) => file.read(now, spot) === now.length && Buffer.compare(now, this.#place(i)) === 0,
    );
  }

  /** Where the octets of the spot number `i` are kept. */
  #place(i: number): Uint8Array {
    return this.#octets.subarray(i * this.#spotOctets, (i + 1) * this.#spotOctets);
  }
}
