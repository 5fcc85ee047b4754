/**
 * Whether the empty line that ends a request's fields (RFC 9112 §2.1) was sent before an answer was
 * awaited. A script that forgets its last `>` waits for an answer that can't come, and the report
 * says so.
 */

import { latin1Text } from "../../../http/octets/bytes.ts";

const ending = "\r\n\r\n";

export class HeadEnding {
  #tail = "";
  #seen = false;
  #answered = false;

  /** Whether something was sent since the last answered request, and no empty line in it. */
  get missing(): boolean {
    return this.#tail !== "" && !this.#seen;
  }

  sent(octets: Uint8Array): void {
    if (this.#answered) {
      this.#answered = false;
      this.#seen = false;
      this.#tail = "";
    }
    const text = this.#tail + latin1Text(octets);
    this.#seen ||= text.includes(ending);
    this.#tail = text.slice(1 - ending.length);
  }

  answered(): void {
    this.#answered = true;
  }
}
