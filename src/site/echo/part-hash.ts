/**
 * The octets of a multipart form's parts, counted and hashed as they arrive.
 */

import { concatBytes } from "../../http/octets/bytes.ts";
import type { PartOctets } from "../../http/multipart.ts";
import type { ReaderPosition, StreamBounds } from "../forms/part-stream.ts";
import { PartStream } from "../forms/part-stream.ts";
import { OctetHash } from "./octet-hash.ts";

/** The bounds of a part that is held. */
interface PartBounds extends StreamBounds {
  /** How much of a content is kept. */
  readonly valueBytesMax: number;
}

/** The part that is being read. */
export class PartHash implements PartOctets {
  readonly #bounds: PartBounds;
  readonly #stream: PartStream;
  #content: OctetHash;

  /** `position` tells how far the reader of the form has got. */
  constructor(bounds: PartBounds, position: () => ReaderPosition) {
    this.#bounds = bounds;
    this.#content = new OctetHash(bounds.valueBytesMax);
    this.#stream = new PartStream(bounds, position, {
      begin: () => void (this.#content = new OctetHash(this.#bounds.valueBytesMax)),
      header: () => undefined,
      content: (octets) => this.#content.push(octets),
    });
  }

  /** The content of the part. */
  get content(): OctetHash {
    return this.#content;
  }

  begin(): void {
    this.#stream.begin();
  }

  add(view: Uint8Array, from: number, to: number): void {
    this.#stream.add(view, from, to);
  }

  /** The header, and as much of the content as is kept. */
  take(): Uint8Array {
    return concatBytes([this.#stream.take(), this.#content.beginning]);
  }
}
