/**
 * Whether the requests that were sent on a connection are whole, so that what is sent next is
 * another request and can go to another connection. The rest of a body can't.
 *
 * It reads what the script's author sent, in order: a head up to its empty line, then as much as
 * one Content-Length or the chunks say (RFC 9112 §6). Where that is unclear, as in scripts about
 * broken framing, nothing behind it counts as a request.
 */

import { latin1Text } from "../../../http/octets/bytes.ts";

type State =
  | { readonly kind: "head" | "chunk" | "trailer" | "unclear" }
  | { readonly kind: "content"; readonly lengthBytes: number; readonly then: "head" | "chunk" };

const head: State = { kind: "head" };

/** What doesn't end within so many bytes is unclear. */
const lineBytesMax = 256 * 1024;

export class SentRequests {
  #state: State = head;
  #rest = "";

  /** Whether nothing of a request is missing. */
  get whole(): boolean {
    return this.#state.kind === "head" && this.#rest === "";
  }

  sent(octets: Uint8Array): void {
    let at = 0;
    while (at < octets.length && this.#state.kind !== "unclear") {
      if (this.#state.kind === "content") {
        const { lengthBytes, then } = this.#state;
        const count = Math.min(lengthBytes, octets.length - at);
        at += count;
        this.#state =
          count === lengthBytes
            ? { kind: then }
            : { kind: "content", lengthBytes: lengthBytes - count, then };
        continue;
      }
      // A line or a head may have begun in an earlier piece; content behind it is taken as bytes.
      const text = this.#rest + latin1Text(octets.subarray(at));
      const before = this.#rest.length;
      const length = this.#line(text);
      if (length === undefined) {
        this.#rest = text;
        if (text.length > lineBytesMax) this.#state = { kind: "unclear" };
        return;
      }
      this.#rest = "";
      at += length - before;
    }
  }

  /** Reads a head, a chunk's line or a trailer. Returns its length; `undefined` if it has no end. */
  #line(text: string): number | undefined {
    if (this.#state.kind === "head" && text.startsWith("\r\n")) return 2;
    const inTrailer = this.#state.kind === "trailer";
    if (inTrailer && text.startsWith("\r\n")) return this.#ends(2);
    const ending = this.#state.kind === "chunk" ? "\r\n" : "\r\n\r\n";
    const end = text.indexOf(ending);
    if (end === -1) return undefined;
    const length = end + ending.length;
    if (inTrailer) return this.#ends(length);
    const line = text.slice(0, end);
    this.#state = this.#state.kind === "head" ? afterHead(line) : afterChunkLine(line);
    return length;
  }

  #ends(length: number): number {
    this.#state = head;
    return length;
  }
}

function afterHead(text: string): State {
  const lengths = [...text.matchAll(/^content-length:(.*)$/gimu)].map(([, value]) => value?.trim());
  const codings = [...text.matchAll(/^transfer-encoding:(.*)$/gimu)].map(([, value]) =>
    value?.trim().toLowerCase(),
  );
  if (lengths.length + codings.length === 0) return head;
  const [lengthText = ""] = lengths;
  if (lengths.length + codings.length > 1) return { kind: "unclear" };
  if (codings.length === 1) return { kind: codings[0] === "chunked" ? "chunk" : "unclear" };
  if (!/^\d{1,12}$/u.test(lengthText)) return { kind: "unclear" };
  const lengthBytes = Number(lengthText);
  return lengthBytes === 0 ? head : { kind: "content", lengthBytes, then: "head" };
}

function afterChunkLine(line: string): State {
  const match = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/iu.exec(line);
  if (match === null) return { kind: "unclear" };
  const lengthBytes = Number.parseInt(match[1] ?? "", 16);
  if (lengthBytes === 0) return { kind: "trailer" };
  // A chunk's data is followed by an empty line's end (RFC 9112 §7.1).
  return { kind: "content", lengthBytes: lengthBytes + 2, then: "chunk" };
}
