/**
 * The files that a process receives, as few numbers as the line of a terminal needs, whoever shows
 * it: this process, or the supervisor that it tells them.
 */

import type { UploadListener, UploadProgress } from "../../site/uploads/upload-progress.ts";

/** How far uploads are. */
export interface UploadsSeen {
  /** How many files are being received. */
  readonly count: number;
  /** The octets that have come of all files since the process began; it only grows. */
  readonly octets: number;
  /** The one that began last; undefined when none is received. */
  readonly newest: SeenUpload | undefined;
}

/** One of them. */
export interface SeenUpload extends Pick<UploadProgress, "octets" | "length"> {
  /** As the client gives it, cut where it is very long. */
  readonly name: string;
  /** In ms since 1970. */
  readonly beganMs: number;
}

/** No terminal is so wide. A client may send a name of several kilobytes. */
const nameUnitsMax = 512;

/** The uploads of one process. */
export class ReceivedUploads {
  readonly #epochMs: () => number;
  /** In the order in which they began: when, and what each had when it was looked at last. */
  readonly #uploads = new Map<UploadProgress, { readonly beganMs: number; seen: number }>();
  #octets = 0;
  /** Is told when the first one begins, and when the last one is over. */
  readonly #changed: (isReceiving: boolean) => void;

  constructor(epochMs: () => number, changed: (isReceiving: boolean) => void) {
    this.#epochMs = epochMs;
    this.#changed = changed;
  }

  /** Is told of each upload; see `ServeOptions.onUpload`. */
  readonly began: UploadListener = (upload) => {
    this.#uploads.set(upload, { beganMs: this.#epochMs(), seen: upload.octets });
    if (this.#uploads.size === 1) this.#changed(true);
    void this.#end(upload);
  };

  async #end(upload: UploadProgress): Promise<void> {
    await upload.over;
    this.#uploads.delete(upload);
    if (this.#uploads.size === 0) this.#changed(false);
  }

  /** How far they are now. */
  look(): UploadsSeen {
    let newest: SeenUpload | undefined;
    for (const [upload, known] of this.#uploads) {
      const { name, octets, length } = upload;
      this.#octets += Math.max(0, octets - known.seen);
      known.seen = octets;
      newest = { name: name.slice(0, nameUnitsMax), octets, length, beganMs: known.beganMs };
    }
    return { count: this.#uploads.size, octets: this.#octets, newest };
  }
}
