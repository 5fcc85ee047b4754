/**
 * Finds the content in the body of a response of postern's own encoder, which is well-formed: a
 * chunk has no extension, and no trailers follow (RFC 9112 §7.1).
 */

import { latin1Text } from "../../../http/octets/bytes.ts";
import type { FaultyResponse } from "./faulty-transport.ts";

const lineEnd = "\r\n";

/** Where the reader is: in content, in a chunk's size or its end, or behind the body. */
type Place = "content" | "size" | "chunk-end" | "over";

/** The content of one response, as its octets come. */
export class ContentReader {
  readonly #isChunked: boolean;
  #place: Place;
  /** Octets of content that are left, in the body or in its chunk. */
  #left: number;
  /** What has come of the line or the line end that is being read. */
  #line = "";

  constructor({ framing, contentOctets = 0 }: Pick<FaultyResponse, "framing" | "contentOctets">) {
    this.#isChunked = framing === "chunked";
    this.#left = framing === "length" ? contentOctets : framing === "close" ? Infinity : 0;
    this.#place = this.#isChunked ? "size" : this.#left > 0 ? "content" : "over";
  }

  /** Whether the body has come to its end; one that the connection's end delimits never does. */
  get isOver(): boolean {
    return this.#place === "over";
  }

  /** The pieces of content in `octets`, in their order. */
  *read(octets: Uint8Array): Generator<Uint8Array, void> {
    let at = 0;
    while (at < octets.length && this.#place !== "over") {
      if (this.#place !== "content") {
        this.#line += latin1Text(octets, at, at + 1);
        at++;
        if (this.#line.endsWith(lineEnd)) this.#endLine();
        continue;
      }
      const piece = octets.subarray(at, at + Math.min(this.#left, octets.length));
      at += piece.length;
      this.#left -= piece.length;
      if (this.#left === 0) this.#place = this.#isChunked ? "chunk-end" : "over";
      yield piece;
    }
  }

  /** A line has been read: a chunk's size, the end of a chunk, or that of the last one. */
  #endLine(): void {
    const line = this.#line.slice(0, -lineEnd.length);
    this.#line = "";
    if (this.#place === "chunk-end") {
      // Behind the last chunk stands the empty line of an empty trailer section.
      this.#place = this.#left === 0 ? "size" : "over";
      return;
    }
    this.#left = Number.parseInt(line, 16);
    this.#place = this.#left > 0 ? "content" : "chunk-end";
    // The last chunk has no content; what ends it ends the body.
    if (this.#left === 0) this.#left = -1;
  }
}
