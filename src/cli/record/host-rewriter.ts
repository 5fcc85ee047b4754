/**
 * Puts the server's own name into the requests that a client sends to a proxy: into Host, and into
 * Origin and Referer where they name the proxy as Host did. All other octets stay as they are.
 */

import { RequestReader } from "../../check/record/request-reader.ts";
import type { RequestHead } from "../../check/record/recorded.ts";
import { literalPattern } from "../../check/record/wire-text.ts";
import { concatBytes, latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";

export class HostRewriter {
  readonly #origin: URL;
  readonly #reader = new RequestReader(0);
  /** The head that is being read, as far as it has come; undefined behind it. */
  #held: Uint8Array[] | undefined = [];

  /** `origin` is the server's. */
  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** The octets to send for `octets`, as far as they can be sent already. */
  push(octets: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let at = 0;
    for (const { message, start, end, isFirst } of this.#reader.push(octets)) {
      const piece = octets.subarray(at, at + end - start);
      at += piece.length;
      if (isFirst) this.#held = [];
      if (this.#held === undefined) {
        out.push(piece);
        continue;
      }
      this.#held.push(Uint8Array.from(piece));
      if (message.head === undefined && !this.#reader.isOpaque) continue;
      const held = concatBytes(this.#held);
      out.push(message.head === undefined ? held : this.#rewritten(held, message.head));
      this.#held = undefined;
    }
    return concatBytes(out);
  }

  /** The client sends nothing more: what has come of a head, as it came. */
  end(): Uint8Array {
    const held = this.#held ?? [];
    this.#held = [];
    return concatBytes(held);
  }

  #rewritten(octets: Uint8Array, { fields }: RequestHead): Uint8Array {
    const host = fields.find(({ name }) => name.toLowerCase() === "host");
    if (host === undefined) return octets;
    const own = new RegExp(`^https?://${literalPattern(host.value)}(?=/|$)`, "iu");
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const { name, value, start, end } of fields) {
      const names = name.toLowerCase();
      let by: string | undefined;
      if (names === "host") by = this.#origin.host;
      else if (names === "origin" || names === "referer") {
        by = value.replace(own, () => this.#origin.origin);
      }
      if (by === undefined || by === latin1Text(octets, start, end)) continue;
      parts.push(octets.subarray(at, start), latin1Bytes(by));
      at = end;
    }
    return concatBytes([...parts, octets.subarray(at)]);
  }
}
