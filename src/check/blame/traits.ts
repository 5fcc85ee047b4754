/**
 * What a server was seen to do in all of a check: the statuses and the fields of its answers. A
 * server that never once sent a 206 doesn't do ranges; one phase alone couldn't tell.
 */

import type { HttpResponse } from "../play/response-reader.ts";

export class Traits {
  readonly #statuses = new Set<number>();
  readonly #fields = new Set<string>();
  #answers = 0;
  #sentStrongTag = false;

  /** Whether an answer had an entity tag that isn't weak (RFC 9110 §8.8.3). */
  get sentStrongTag(): boolean {
    return this.#sentStrongTag;
  }

  /** How many whole answers it has sent. */
  get answers(): number {
    return this.#answers;
  }

  /** Notes a whole answer. */
  note({ status, fields }: HttpResponse): void {
    this.#answers += 1;
    this.#statuses.add(status);
    for (const { name, value } of fields) {
      const lowered = name.toLowerCase();
      this.#fields.add(lowered);
      if (lowered === "etag" && value.startsWith('"')) this.#sentStrongTag = true;
    }
  }

  /** Whether an answer had this status. */
  sent(status: number): boolean {
    return this.#statuses.has(status);
  }

  /** Whether an answer had a field of this name. */
  hasSent(fieldName: string): boolean {
    return this.#fields.has(fieldName.toLowerCase());
  }
}
