/**
 * A large page with a script in its beginning: an open file whose octets are those of the page's
 * file up to the place, the script's, and then the rest of the file's. It is read piece by piece,
 * since the kernel can't send it by itself.
 */

import type { FileSource } from "../../http/message/response.ts";
import type { OpenFile } from "../../tree/tree.ts";

/** Octets that are put into a file, and where. */
export interface Insertion {
  readonly at: number;
  readonly octets: Uint8Array<ArrayBuffer>;
}

/** Fills `into` from `position` of `file` with `insertion` on; see `FileSource.read`. */
function readInserted(
  file: FileSource,
  { at, octets }: Insertion,
  into: Uint8Array,
  position: number,
): number {
  let filled = 0;
  while (filled < into.length) {
    const here = position + filled;
    const inside = here - at;
    if (inside >= 0 && inside < octets.length) {
      const part = octets.subarray(inside, inside + into.length - filled);
      into.set(part, filled);
      filled += part.length;
      continue;
    }
    const end = inside < 0 ? Math.min(into.length, filled - inside) : into.length;
    const from = inside < 0 ? here : here - octets.length;
    const count = file.read(into.subarray(filled, end), from);
    if (count < 0) return count;
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** An open source of a file's octets, with more octets inserted. */
class InjectedSource implements FileSource {
  readonly #file: FileSource;
  readonly #insertion: Insertion;

  constructor(file: FileSource, insertion: Insertion) {
    this.#file = file;
    this.#insertion = insertion;
  }

  read(into: Uint8Array, position: number): number {
    return readInserted(this.#file, this.#insertion, into, position);
  }

  isIntact(): boolean {
    return this.#file.isIntact?.() !== false;
  }

  /** This is the share of one response already. */
  share(): FileSource {
    return this;
  }

  close(): void {
    this.#file.close();
  }
}

/** A file with octets inserted. */
export class InjectedFile implements OpenFile {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number | undefined;
  readonly mediaType: string | undefined;
  readonly content = undefined;
  /** What follows from it lies in the slot of its representation. */
  readonly slot = undefined;
  readonly #file: OpenFile;
  readonly #insertion: Insertion;

  constructor(file: OpenFile, insertion: Insertion) {
    this.#file = file;
    this.#insertion = insertion;
    this.name = file.name;
    this.size = file.size + insertion.octets.length;
    this.mtimeMs = file.mtimeMs;
    this.mediaType = file.mediaType;
  }

  get version(): string | undefined {
    return this.#file.version;
  }

  read(into: Uint8Array, position: number): number {
    return readInserted(this.#file, this.#insertion, into, position);
  }

  share(): FileSource {
    return new InjectedSource(this.#file.share?.() ?? this.#file, this.#insertion);
  }

  isUnchanged(): boolean {
    return this.#file.isUnchanged();
  }

  isIntact(): boolean {
    return this.#file.isIntact();
  }

  readAll(): Uint8Array<ArrayBuffer> | undefined {
    const content = new Uint8Array(this.size);
    const count = this.read(content, 0);
    return count < 0 ? undefined : content.slice(0, count);
  }

  close(): void {
    this.#file.close();
  }
}
