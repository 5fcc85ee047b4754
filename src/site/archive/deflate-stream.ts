/**
 * A stream of deflated octets (RFC 1951) that is made of runs. A run is what comes of one piece of
 * the content: blocks that end at the border of an octet, none of which is the last one of the
 * stream. So each piece can be deflated by itself, on another thread, and there is no state to be
 * kept there for a client that may never read on.
 *
 * Content that doesn't shrink is put into stored blocks (RFC 1951 §3.2.4), which costs no time. In
 * a zip archive that is better than an entry that is stored as a whole: a stored entry has no end
 * of its own, so a program that reads the archive as it arrives can't find the next one.
 */

import { concatBytes } from "../../http/octets/bytes.ts";

/** Makes a run of `octets`, all of which it may take over. */
export type Deflate = (octets: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** An empty block with fixed codes, which is the last one: the end of a stream. */
export const lastDeflateBlock: Uint8Array = Uint8Array.of(0x03, 0x00);

const storedBlockOctetsMax = 0xffff;

/** Of so many pieces of content that doesn't shrink, one is tried again. */
const triedOneIn = 16;

/** What has to be saved for a piece to count as one that shrinks. */
const savedPartMin = 1 / 32;

/** `octets` in stored blocks, none of which is the last. */
function storedBlocks(octets: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < octets.length; start += storedBlockOctetsMax) {
    const block = octets.subarray(start, start + storedBlockOctetsMax);
    const { length } = block;
    const complement = ~length;
    parts.push(
      Uint8Array.of(0, length & 0xff, length >> 8, complement & 0xff, (complement >> 8) & 0xff),
      block,
    );
  }
  return concatBytes(parts);
}

/** One stream, run by run. */
export class DeflateStream {
  readonly #deflate: Deflate;
  readonly #content: "packed" | "one" | "many";
  /** How many pieces are stored before one is tried again; Infinity: none is. */
  #storedNext: number;

  /**
   * The content is one that is known not to shrink ("packed"), another file ("one"), of which one
   * piece shows how the next ones are, or many files.
   */
  constructor(deflate: Deflate, content: "packed" | "one" | "many") {
    this.#deflate = deflate;
    this.#content = content;
    this.#storedNext = content === "packed" ? Infinity : 0;
  }

  /** The run of `octets`, which stay the caller's. */
  async run(octets: Uint8Array): Promise<Uint8Array> {
    if (this.#storedNext > 0) {
      this.#storedNext--;
      return storedBlocks(octets);
    }
    const run = await this.#deflate(new Uint8Array(octets));
    if (run.length <= octets.length * (1 - savedPartMin)) return run;
    if (this.#content === "one") this.#storedNext = triedOneIn - 1;
    return run.length <= octets.length ? run : storedBlocks(octets);
  }
}

/** Types of content that is compressed already, by which no time is spent on trying. */
const packedTypes = new RegExp(
  [
    "^image/(?!svg|bmp|tiff|x-|vnd\\.)",
    "^video/",
    "^audio/(?!.*wav|aiff|.*midi|basic|l16)",
    "^font/woff",
    "^application/(?:gzip|zip|zstd|pdf|java-archive|epub\\+zip|x-(?:7z|bzip|xz|rar|apple-disk))",
    "^application/vnd\\.(?:rar|openxmlformats|oasis\\.opendocument|android\\.package|debian)",
  ].join("|"),
);

/** Whether content of `mediaType` is compressed already. */
export function isPackedType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && packedTypes.test(mediaType);
}
