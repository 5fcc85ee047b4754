/**
 * Puts the messages of a client together (RFC 6455 §5.4). Text is checked piece by piece, so that
 * what isn't UTF-8 is refused with its first wrong octet (§8.1). What a message takes in memory
 * grows with what has come of it, and not with the length that a frame declares.
 */

import type { WebSocketFault } from "./close-code.ts";
import { closeCodes } from "./close-code.ts";
import type { FrameEvent, FrameLimits } from "./frame-parser.ts";
import { FrameParser } from "./frame-parser.ts";
import { opcodes } from "./frame.ts";
import { Utf8Check } from "./utf8-check.ts";

/** A whole message: text, or octets, which are the receiver's. */
export type WebSocketMessage = string | Uint8Array;

/** What a client has sent: a message, a control frame, or what can't be read. */
type ReaderEvent =
  | { readonly kind: "message"; readonly message: WebSocketMessage }
  | Exclude<FrameEvent, { readonly kind: "data" }>;

/** Asks for a buffer of `octets` octets instead of one of `before`; false when it can't be had. */
type TakeMemory = (octets: number, before: number) => boolean;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** For what was checked before. */
const checkedUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const nothing = new Uint8Array(0);

const notUtf8: WebSocketFault = {
  code: closeCodes.invalidPayload,
  text: "text that isn't UTF-8 (RFC 6455 §8.1)",
};

const noMemory: WebSocketFault = {
  code: closeCodes.tryAgainLater,
  text: "too many long messages at one time",
};

/** The smallest buffer of a message that comes in pieces. */
const bufferBytesMin = 1024;

/** Reads the messages of one connection. */
export class MessageReader {
  readonly #frames: FrameParser;
  readonly #octetsMax: number;
  readonly #take: TakeMemory;
  readonly #utf8 = new Utf8Check();
  #fault: WebSocketFault | undefined;
  /** Whether the first piece of a message has come, and not the last. */
  #isWithin = false;
  #buffer: Uint8Array = nothing;
  #length = 0;

  constructor(limits: FrameLimits, take: TakeMemory) {
    this.#frames = new FrameParser(limits);
    this.#octetsMax = limits.webSocketMessageBytesMax;
    this.#take = take;
  }

  /** Whether a message or a frame has begun that isn't whole yet. */
  get isWithin(): boolean {
    return this.#frames.isWithin;
  }

  /** The client has sent `octets`, which are the reader's from now on. */
  push(octets: Uint8Array): void {
    this.#frames.push(octets);
  }

  /** What comes next. After an error there is nothing else. */
  next(): ReaderEvent {
    for (;;) {
      if (this.#fault !== undefined) return { kind: "error", fault: this.#fault };
      const event = this.#frames.next();
      if (event.kind !== "data") return event;
      const message = this.#add(event.opcode === opcodes.text, event.octets, event.isLast);
      if (message !== undefined) return { kind: "message", message };
    }
  }

  /** Gives back the memory of a message that isn't whole. */
  release(): void {
    this.#take(0, this.#buffer.length);
    this.#buffer = nothing;
  }

  #add(isText: boolean, octets: Uint8Array, isLast: boolean): WebSocketMessage | undefined {
    if (isLast && !this.#isWithin) return this.#whole(isText, octets);
    if (!this.#isWithin) {
      this.#isWithin = true;
      this.#length = 0;
      this.#utf8.restart();
    }
    if (isText && (!this.#utf8.push(octets) || (isLast && !this.#utf8.isComplete))) {
      this.#fault = notUtf8;
    } else if (!this.#append(octets)) {
      this.#fault = noMemory;
    } else if (isLast) {
      return this.#finish(isText);
    }
    return undefined;
  }

  /** A message that came in one piece. */
  #whole(isText: boolean, octets: Uint8Array): WebSocketMessage | undefined {
    if (!isText) {
      // A short message must not keep all that came with it.
      return octets.length * 2 < octets.buffer.byteLength ? octets.slice() : octets;
    }
    try {
      return strictUtf8.decode(octets);
    } catch {
      this.#fault = notUtf8;
      return undefined;
    }
  }

  #append(octets: Uint8Array): boolean {
    const length = this.#length + octets.length;
    const before = this.#buffer.length;
    if (length > before) {
      const size = Math.min(Math.max(length * 2, bufferBytesMin), this.#octetsMax);
      if (!this.#take(size, before)) return false;
      const grown = new Uint8Array(size);
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(octets, this.#length);
    this.#length = length;
    return true;
  }

  #finish(isText: boolean): WebSocketMessage {
    const octets = this.#buffer.subarray(0, this.#length);
    this.release();
    this.#isWithin = false;
    return isText ? checkedUtf8.decode(octets) : octets;
  }
}
