/**
 * Answers to requests that have completed an upload. A client whose connection broke before the
 * answer came asks for the offset, and hears that the file is stored; it may ask for the answer
 * again (draft-ietf-httpbis-resumable-upload-12 §4.4.2). Otherwise it would send all of it anew.
 *
 * They are kept by this process alone, the last ones of them: nothing of an upload that is over
 * stays on the disk.
 */

import type { Response } from "../../../http/message/response.ts";
import type { UploadFolder } from "../../../tree/writing/upload-tree.ts";

/** How many are kept. */
const keptMax = 256;

/** An upload that is over. */
export interface CompletedUpload {
  /** What was answered; its body is octets, or nothing. */
  readonly answer: Response;
  /** How many octets the file has. */
  readonly octets: number;
}

/** What the upload `id` of `user` is kept by. */
export function completedKey({ path }: UploadFolder, id: string, user: string | undefined): string {
  return `${id} ${path.text} ${user ?? ""}`;
}

/** The last uploads that were completed. */
export class CompletedUploads {
  readonly #kept = new Map<string, CompletedUpload>();

  keep(key: string, completed: CompletedUpload): void {
    this.#kept.set(key, completed);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest);
  }

  find(key: string): CompletedUpload | undefined {
    return this.#kept.get(key);
  }

  /** Whether there was one. */
  forget(key: string): boolean {
    return this.#kept.delete(key);
  }
}
