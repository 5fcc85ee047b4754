/**
 * The requests that were sent on a connection, told apart, so that those without an answer can be
 * sent again on another connection. The rest of a request that was answered too early can't.
 *
 * It reads what the script's author sent, in order: a head up to its empty line, then as much as
 * one Content-Length or the chunks say (RFC 9112 §6). Where that is unclear, as in scripts about
 * broken framing, everything behind it is taken for a part of that request.
 */

import { concatBytes, latin1Text } from "../../../http/octets/bytes.ts";
import { checkLimits } from "../../limits.ts";

const { sentHeadBytesMax: lineBytesMax } = checkLimits;

interface SentRequest {
  readonly octets: Uint8Array;
  /** Whether the connection has to end behind its answer. */
  readonly asksForEnd: boolean;
}

type State =
  | { readonly kind: "head" | "chunk" | "trailer" | "unclear" }
  | { readonly kind: "content"; readonly lengthBytes: number; readonly next: "head" | "chunk" };

const head: State = { kind: "head" };

export class SentRequests {
  #state: State = head;
  /** The beginning of a line or head that has no end yet. */
  #begun = "";
  #whole: SentRequest[] = [];
  #last: Uint8Array[] = [];
  #wasEmptyLine = false;
  #early = false;
  #endAsked = false;
  /** Whether the request that is being read asks for the connection's end. */
  #asksForEnd = false;

  /** What was sent and has no answer, in order. */
  get unanswered(): readonly Uint8Array[] {
    return [...this.#whole.map(({ octets }) => octets), ...this.#last];
  }

  /** Whether a request was answered before it was whole: what is sent next is the rest of it. */
  get answeredEarly(): boolean {
    return this.#early;
  }

  /** Whether the request that was answered last asked for the connection's end. */
  get endWasAsked(): boolean {
    return this.#endAsked;
  }

  /** Notes an answer, which is to the first request without one. */
  answered(): void {
    const request = this.#whole.shift();
    this.#endAsked = request?.asksForEnd ?? false;
    if (request !== undefined) return;
    if (this.#last.length > 0) this.#early = true;
    this.#last = [];
  }

  sent(octets: Uint8Array): void {
    let at = 0;
    let from = 0;
    while (at < octets.length && this.#state.kind !== "unclear") {
      this.#wasEmptyLine = false;
      const length = this.#read(octets.subarray(at));
      if (length === undefined) break;
      at += length;
      if (this.#state.kind !== "head" || this.#wasEmptyLine) continue;
      const whole = concatBytes([...this.#last, octets.subarray(from, at)]);
      this.#whole.push({ octets: whole, asksForEnd: this.#asksForEnd });
      this.#last = [];
      from = at;
    }
    if (from < octets.length) this.#last.push(octets.subarray(from));
  }

  /** Reads content, or a line or head to its end. Returns how many bytes; `undefined` for all. */
  #read(octets: Uint8Array): number | undefined {
    if (this.#state.kind === "content") {
      const { lengthBytes, next } = this.#state;
      const count = Math.min(lengthBytes, octets.length);
      const left = lengthBytes - count;
      this.#state = left === 0 ? { kind: next } : { kind: "content", lengthBytes: left, next };
      return count;
    }
    const text = this.#begun + latin1Text(octets);
    const length = this.#line(text);
    if (length === undefined) {
      if (text.length > lineBytesMax) this.#state = { kind: "unclear" };
      this.#begun = text;
      return undefined;
    }
    const before = this.#begun.length;
    this.#begun = "";
    return length - before;
  }

  /** Reads a head, a chunk's line or a trailer section. Its length; `undefined` without an end. */
  #line(text: string): number | undefined {
    const { kind } = this.#state;
    // Empty lines before a request line are skipped (RFC 9112 §2.2).
    if (kind === "head" && text.startsWith("\r\n")) {
      this.#wasEmptyLine = true;
      return 2;
    }
    if (kind === "trailer" && text.startsWith("\r\n")) {
      this.#state = head;
      return 2;
    }
    const ending = kind === "chunk" ? "\r\n" : "\r\n\r\n";
    const end = text.indexOf(ending);
    if (end === -1) return undefined;
    if (kind === "head") {
      this.#asksForEnd = asksForEnd(text.slice(0, end));
      this.#state = afterHead(text.slice(0, end));
    } else this.#state = kind === "chunk" ? afterChunkLine(text.slice(0, end)) : head;
    return end + ending.length;
  }
}

/** A request of HTTP/1.0 does, unless it says otherwise (RFC 9112 §9.3). */
function asksForEnd(text: string): boolean {
  const options = new Set(
    valuesOf(text, "connection").flatMap((value) => value.split(/[ \t]*,[ \t]*/u)),
  );
  if (options.has("close")) return true;
  return / HTTP\/1\.0(?:\r\n|$)/u.test(text) && !options.has("keep-alive");
}

/** The values of a field's lines, in lower case and without the blanks around them. */
function valuesOf(text: string, name: string): readonly string[] {
  const pattern = new RegExp(`^${name}:[ \\t]*([^\\r\\n]*?)[ \\t]*$`, "gimu");
  return [...text.matchAll(pattern)].map(([, value = ""]) => value.toLowerCase());
}

function afterHead(text: string): State {
  const lengths = valuesOf(text, "content-length");
  const codings = valuesOf(text, "transfer-encoding");
  if (lengths.length + codings.length === 0) return head;
  const [lengthText = ""] = lengths;
  if (lengths.length + codings.length > 1) return { kind: "unclear" };
  if (codings.length === 1) return { kind: codings[0] === "chunked" ? "chunk" : "unclear" };
  if (!/^\d{1,12}$/u.test(lengthText)) return { kind: "unclear" };
  const lengthBytes = Number(lengthText);
  return lengthBytes === 0 ? head : { kind: "content", lengthBytes, next: "head" };
}

function afterChunkLine(line: string): State {
  const match = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/iu.exec(line);
  if (match === null) return { kind: "unclear" };
  const lengthBytes = Number.parseInt(match[1] ?? "", 16);
  if (lengthBytes === 0) return { kind: "trailer" };
  // A chunk's data ends in CRLF (RFC 9112 §7.1).
  return { kind: "content", lengthBytes: lengthBytes + 2, next: "chunk" };
}
