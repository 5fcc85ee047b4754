/**
 * A response with faults on the wire. The proper octets of the response come in pieces of any size;
 * they are taken apart into head and content, and put together again with what is wrong.
 *
 * Only octets of postern's own encoder come in, so what is read here is well-formed.
 */

import { concatBytes, latin1Bytes, latin1Text } from "../../../http/octets/bytes.ts";
import type { FaultyResponse } from "./faulty-transport.ts";
import type { FaultOptions } from "../fault-options.ts";
import type { PseudoRandom } from "../pseudo-random.ts";
import { ContentReader } from "./content-reader.ts";
import type { FaultScript } from "./fault-output.ts";
import type { FaultStep } from "./fault-step.ts";
import { faultyHead } from "./head-faults.ts";

const headEnd = "\r\n\r\n";
const interimHead = "HTTP/1.1 102 Processing\r\n\r\n";

/** Interim responses are written so many at a time. */
const interimAtOnce = 256;

/** Of content whose length isn't known, one octet in so many is corrupted. */
const corruptionSpanBytes = 64;

/** The first line of a chunk that is none: no hexadecimal digit (RFC 9112 §7.1). */
const malformedSize = "size\r\n";
/** The size of a chunk of 2^64 octets, which no integer of 64 bits holds. */
const overflowingSize = "10000000000000000\r\n";

/** A chunk of endless content. */
const endlessChunk = new Uint8Array(1024).fill(0x2e);

type Generated = Generator<FaultStep, void>;

/** The steps of one response. */
export class FaultyMessage implements FaultScript {
  readonly #faults: FaultOptions;
  readonly #response: Pick<FaultyResponse, "framing" | "contentOctets">;
  readonly #random: PseudoRandom;
  readonly #endlessBytesMax: number;
  readonly #content: ContentReader;
  #place: "head" | "body" | "over" = "head";
  /** What has come of a head. */
  #head: Uint8Array[] = [];
  /** Octets of the final head that have gone out. */
  #headSent = 0;
  /** Octets of content that have gone out. */
  #sent = 0;
  #hasStalled = false;
  #isEndless = false;
  /** Whether a step ends the connection, so that none follows. */
  #isCut = false;

  /** `random` is where pseudorandom times and octets come from. */
  constructor(
    faults: FaultOptions,
    response: Pick<FaultyResponse, "framing" | "contentOctets">,
    random: PseudoRandom,
    endlessBytesMax: number,
  ) {
    this.#faults = faults;
    this.#response = response;
    this.#random = random;
    this.#endlessBytesMax = endlessBytesMax;
    this.#content = new ContentReader(response);
  }

  get isEndless(): boolean {
    return this.#isEndless;
  }

  *steps(octets: Uint8Array): Generated {
    let rest = octets;
    while (this.#place === "head") {
      const taken = this.#takeHead(rest);
      if (taken === undefined) return;
      rest = rest.subarray(taken);
      const head = latin1Text(concatBytes(this.#head));
      this.#head = [];
      // Early hints of the response itself stand before its head.
      if (head.startsWith("HTTP/1.1 1")) yield { kind: "octets", octets: latin1Bytes(head) };
      else yield* this.#begin(head);
    }
    if (this.#place === "over") return;
    for (const piece of this.#content.read(rest)) yield* this.#contentSteps(piece);
    if (this.#content.isOver) yield* this.#finish();
  }

  /** Takes octets of a head; answers how many, or undefined when more of it is to come. */
  #takeHead(octets: Uint8Array): number | undefined {
    const before = latin1Text(concatBytes(this.#head));
    const end = (before + latin1Text(octets)).indexOf(headEnd);
    if (end === -1) {
      this.#head.push(Uint8Array.from(octets));
      return undefined;
    }
    const taken = end + headEnd.length - before.length;
    this.#head.push(octets.subarray(0, taken));
    return taken;
  }

  /** The final head has come: what precedes it, itself, and what precedes the content. */
  *#begin(head: string): Generated {
    const { latencyMs = 0, jitterMs = 0, interim = 0, garbageHead, bodyLatencyMs } = this.#faults;
    this.#place = "body";
    const waitMs = latencyMs + Math.floor(this.#random.next() * (jitterMs + 1));
    if (waitMs > 0) yield { kind: "wait", ms: waitMs };
    if (garbageHead !== undefined) {
      yield { kind: "octets", octets: this.#garbage(garbageHead) };
      return yield* this.#cut();
    }
    for (let left = interim; left > 0; left -= interimAtOnce) {
      const text = interimHead.repeat(Math.min(left, interimAtOnce));
      yield { kind: "octets", octets: latin1Bytes(text) };
    }
    yield* this.#headSteps(head);
    if (this.#isCut) return;
    if (bodyLatencyMs !== undefined) yield { kind: "wait", ms: bodyLatencyMs };
    yield* this.#passMarks();
  }

  /** Octets of which the first can't begin a response. */
  #garbage(count: number): Uint8Array {
    const octets = Uint8Array.from({ length: count }, () => this.#random.bits());
    octets[0] = (octets[0] ?? 0) | 0x80;
    return octets;
  }

  *#headSteps(head: string): Generated {
    const { cutHeadAfterBytes = Infinity, headBytesPerSecond: bytesPerSecond } = this.#faults;
    for (const piece of faultyHead(head, this.#faults)) {
      const octets = latin1Bytes(piece.slice(0, cutHeadAfterBytes - this.#headSent));
      this.#headSent += octets.length;
      yield { kind: "octets", octets, bytesPerSecond };
      if (this.#headSent >= cutHeadAfterBytes) return yield* this.#cut();
    }
  }

  /** Ends the connection, as the faults say. */
  *#cut(): Generated {
    this.#isCut = true;
    this.#place = "over";
    yield { kind: "end", by: this.#faults.by ?? "fin" };
  }

  /** What happens after so many octets of content, when so many have gone out. */
  *#passMarks(): Generated {
    const { stallAfterBytes, stallMs, cutAfterBytes } = this.#faults;
    if (this.#sent === stallAfterBytes && !this.#hasStalled) {
      this.#hasStalled = true;
      yield stallMs === undefined ? { kind: "stall" } : { kind: "wait", ms: stallMs };
    }
    if (this.#sent === cutAfterBytes) yield* this.#cut();
  }

  /** How many octets of content may go out until the next of these. */
  #untilMark(): number {
    const { stallAfterBytes = Infinity, cutAfterBytes = Infinity } = this.#faults;
    const marks = [stallAfterBytes, cutAfterBytes].filter((mark) => mark > this.#sent);
    return Math.min(...marks) - this.#sent;
  }

  /** `piece` of the content, in parts that end where something happens. */
  *#contentSteps(piece: Uint8Array): Generated {
    for (let at = 0; at < piece.length && !this.#isCut;) {
      const part = piece.subarray(at, at + Math.min(this.#untilMark(), piece.length));
      at += part.length;
      const octets = this.#corrupted(part);
      const prefix = this.#chunkStart(octets.length);
      if (prefix !== "") yield { kind: "octets", octets: latin1Bytes(prefix) };
      const { bytesPerSecond } = this.#faults;
      this.#sent += octets.length;
      yield { kind: "octets", octets, isContent: true, bytesPerSecond };
      if (prefix !== "") yield { kind: "octets", octets: latin1Bytes("\r\n") };
      const { chunk } = this.#faults;
      if (chunk === "malformed" || chunk === "overflow") yield* this.#cut();
      else yield* this.#passMarks();
    }
  }

  /** The line before a chunk of `octets` octets; "" where there are no chunks. */
  #chunkStart(octets: number): string {
    const { chunk } = this.#faults;
    if (chunk === undefined && this.#response.framing !== "chunked") return "";
    if (chunk === "malformed") return malformedSize;
    return chunk === "overflow" ? overflowingSize : `${octets.toString(16)}\r\n`;
  }

  /** `octets`, the next of the content, with those changed that are corrupted. */
  #corrupted(octets: Uint8Array): Uint8Array {
    const { corruptBytes } = this.#faults;
    if (corruptBytes === undefined) return octets;
    const length = this.#response.contentOctets ?? corruptBytes * corruptionSpanBytes;
    const span = length / Math.min(corruptBytes, length);
    const changed = Uint8Array.from(octets);
    for (let i = Math.max(0, Math.floor(this.#sent / span) - 1); i < corruptBytes; i++) {
      const at = Math.floor((i + 0.5) * span) - this.#sent;
      if (at >= changed.length || at + this.#sent >= length) break;
      if (at >= 0) changed[at] = (changed[at] ?? 0) ^ 1;
    }
    return changed;
  }

  /** The proper body has come to its end. */
  *#finish(): Generated {
    if (this.#isCut) return;
    this.#place = "over";
    const { chunk, contentLength = 0, keepAliveClose } = this.#faults;
    if (chunk === "endless") {
      this.#isEndless = true;
      while (this.#sent < this.#endlessBytesMax && !this.#isCut)
        yield* this.#contentSteps(endlessChunk);
      if (!this.#isCut) yield { kind: "end", by: "reset" };
    }
    if (chunk !== undefined) return yield* this.#cut();
    if (this.#response.framing === "chunked") {
      yield { kind: "octets", octets: latin1Bytes("0\r\n\r\n") };
    }
    if (contentLength > 0) yield* this.#cut();
    if (keepAliveClose === "now")
      yield { kind: "end", by: this.#faults.by ?? "fin", isWhole: true };
  }
}
