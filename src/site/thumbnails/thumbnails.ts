/**
 * The thumbnails of one site. Each is made once for a version of its file, and kept while there is
 * room. What can't have one is remembered as well, so that asking again costs no reading.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { ownOriginOnly } from "../content/cache-control.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import { Representation } from "../content/representation.ts";
import type { MadeVariant } from "../variants/variant-cache.ts";
import { VariantCache } from "../variants/variant-cache.ts";
import { readInTurns } from "../variants/variant-encoder.ts";
import {
  isImage,
  makeThumbnail,
  NoThumbnail,
  signatureOctets,
  thumbnailType,
} from "./thumbnail.ts";
import { WorkGate } from "../preview/work-gate.ts";

/** Why there is no thumbnail, for the log. */
interface Unfit {
  readonly kind: "unfit";
  readonly reason: string;
}

/** A thumbnail, or why there is none; "busy" when too many are being made. */
export type FoundThumbnail = Representation | Unfit | "busy";

/** What is cached: a thumbnail; without octets, the reason why there is none. */
interface CachedThumbnail {
  readonly octets: Uint8Array;
  readonly result: Representation | Unfit;
}

const none = new Uint8Array(0);

/** Makes and keeps thumbnails. */
export class Thumbnails {
  readonly #limits: Limits;
  readonly #scheduler: Scheduler;
  readonly #cache: VariantCache<CachedThumbnail>;
  /** Each that is inside holds a file in memory. */
  readonly #files: WorkGate;
  readonly #pixels: WorkGate;

  constructor(limits: Limits, scheduler: Scheduler) {
    this.#limits = limits;
    this.#scheduler = scheduler;
    this.#cache = new VariantCache(limits.thumbnailCacheBytesMax, limits.thumbnailsWaitingMax);
    this.#files = new WorkGate(limits.thumbnailsAtOnceMax);
    this.#pixels = new WorkGate(limits.thumbnailPixelsMax);
  }

  /** What the thumbnails that are kept cost, in bytes. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  /**
   * The thumbnail of the image at `path` whose representation is `image`, which is released. It has
   * the image's Cache-Control, and no date, because its octets depend on more than the image.
   */
  of(image: Representation, path: ContainedPath): Eventual<FoundThumbnail> {
    const key = `${image.entityTag.opaque} ${path.text}`;
    const found = this.#cache.find(key);
    if (found !== undefined) {
      image.release();
      return whenReady(found, ({ result }) => result);
    }
    const { content, fields, size } = image;
    const reason = this.#whyNot(content, size);
    if (reason !== undefined) {
      image.release();
      return { kind: "unfit", reason };
    }
    const make = (): Promise<MadeVariant<CachedThumbnail>> =>
      this.#files.run(1, () => this.#make(content, fields));
    const made = this.#cache.make(key, 1, make);
    if (made !== undefined) return made.then(({ result }) => result);
    image.release();
    return "busy";
  }

  /** Why `content` is not even read; undefined if it is. */
  #whyNot(content: Uint8Array | OpenFile, size: number): string | undefined {
    const { thumbnailFileBytesMax } = this.#limits;
    if (size > thumbnailFileBytesMax) {
      return `the file is larger than thumbnailFileBytesMax: ${thumbnailFileBytesMax}`;
    }
    const beginning = new Uint8Array(signatureOctets);
    if (content instanceof Uint8Array) beginning.set(content.subarray(0, signatureOctets));
    else if (content.read(beginning, 0) < 0) return "the file can't be read";
    return isImage(beginning) ? undefined : "not an image that has a thumbnail";
  }

  async #make(
    content: Uint8Array | OpenFile,
    fields: Representation["fields"],
  ): Promise<MadeVariant<CachedThumbnail>> {
    const scheduler = this.#scheduler;
    let octets = content as Uint8Array<ArrayBuffer>;
    let lasting = true;
    if (!(content instanceof Uint8Array)) {
      const read = await readInTurns(content, this.#limits, scheduler);
      octets = read.octets;
      lasting = content.version !== undefined && read.unchanged;
    }
    const making = { limits: this.#limits, scheduler, pixels: this.#pixels };
    try {
      const made = await makeThumbnail(octets, making);
      const result = new Representation({
        mediaType: thumbnailType,
        entityTag: tagOfBytes(made),
        content: made,
        isRepeated: lasting,
        fields: [...fields.filter(([name]) => isKept(name)), ownOriginOnly],
      });
      return { variant: { octets: made, result }, lasting };
    } catch (error) {
      if (!(error instanceof NoThumbnail)) throw error;
      const result: Unfit = { kind: "unfit", reason: error.message };
      return { variant: { octets: none, result }, lasting };
    }
  }
}

/** Whether a field of the image is one of its thumbnail. */
function isKept(name: string): boolean {
  return name === "Cache-Control" || name === "X-Content-Type-Options";
}
