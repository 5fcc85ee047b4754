/**
 * Reads the frames of a client (RFC 6455 §5.2). Octets are pushed as they come, and `next` answers
 * with what they are; to hold the client back is to stop calling it. The answers don't depend on
 * how the octets were cut, except that the payload of a data frame comes in as many pieces as it
 * arrived in. Payloads are unmasked in place, so the octets are the parser's from then on.
 *
 * Absent on purpose: extensions. None is negotiated, so a reserved bit is an error.
 */

import type { WebSocketFault } from "./close-code.ts";
import { closeCodes } from "./close-code.ts";
import type { Opcode } from "./frame.ts";
import { controlPayloadBytesMax, opcodes } from "./frame.ts";
import { unmask } from "./mask.ts";

/** What a client's octets are. */
export type FrameEvent =
  | { readonly kind: "need-data" }
  | {
      readonly kind: "data";
      /** Of the message, also where the frame is a continuation. */
      readonly opcode: typeof opcodes.text | typeof opcodes.binary;
      /** The next octets of the message, maybe none. */
      readonly octets: Uint8Array;
      /** Whether the message ends with them. */
      readonly isLast: boolean;
    }
  | {
      readonly kind: "control";
      readonly opcode: typeof opcodes.close | typeof opcodes.ping | typeof opcodes.pong;
      readonly payload: Uint8Array;
    }
  | { readonly kind: "error"; readonly fault: WebSocketFault };

/** The bounds of a message. */
export interface FrameLimits {
  readonly webSocketMessageBytesMax: number;
  readonly webSocketFragmentsMax: number;
}

const needData: FrameEvent = { kind: "need-data" };
const nothing = new Uint8Array(0);

const protocolError = (text: string): WebSocketFault => ({
  code: closeCodes.protocolError,
  text,
});

/** Reads the frames of one connection. */
export class FrameParser {
  readonly #limits: FrameLimits;
  /** Octets that were pushed, from `#at` of the first chunk on. */
  readonly #chunks: Uint8Array[] = [];
  #at = 0;
  #failed: FrameEvent | undefined;
  /** Octets of the header of the present frame that were read. */
  #headerOctets = 0;
  #isHeaderRead = false;
  #isFinal = false;
  #opcode: Opcode | typeof opcodes.continuation = opcodes.continuation;
  /** How many octets of the header say the length, besides those in the second octet. */
  #lengthOctets = 0;
  /** The length of the payload, then what is left of it. */
  #left = 0;
  readonly #mask = new Uint8Array(4);
  /** Octets of the payload that were unmasked. */
  #unmasked = 0;
  /** The payload of a control frame that hasn't come in one piece. */
  #control: Uint8Array | undefined;
  /** The opcode of the message that has begun. */
  #message: typeof opcodes.text | typeof opcodes.binary | undefined;
  #messageOctets = 0;
  #fragments = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Whether a message or a frame has begun that isn't whole yet. */
  get isWithin(): boolean {
    return this.#message !== undefined || this.#headerOctets > 0;
  }

  /** The client has sent `octets`, which are the parser's. */
  push(octets: Uint8Array): void {
    if (octets.length > 0) this.#chunks.push(octets);
  }

  /** What comes next. After an error there is nothing else. */
  next(): FrameEvent {
    if (this.#failed !== undefined) return this.#failed;
    while (!this.#isHeaderRead) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return needData;
      const fault = this.#readHeader(chunk[this.#at] as number);
      this.#skip(chunk, 1);
      if (fault !== undefined) {
        this.#chunks.length = 0;
        this.#failed = { kind: "error", fault };
        return this.#failed;
      }
    }
    return this.#opcode >= opcodes.close ? this.#readControl() : this.#readData();
  }

  #skip(chunk: Uint8Array, octets: number): void {
    this.#at += octets;
    if (this.#at < chunk.length) return;
    this.#chunks.shift();
    this.#at = 0;
  }

  /** The next octet of a header: a fault is told with the first octet that can't be right. */
  #readHeader(octet: number): WebSocketFault | undefined {
    const at = this.#headerOctets++;
    if (at === 0) return this.#readFirst(octet);
    if (at === 1) return this.#readSecond(octet);
    const maskAt = 2 + this.#lengthOctets;
    if (at >= maskAt) {
      this.#mask[at - maskAt] = octet;
      if (at === maskAt + 3) this.#isHeaderRead = true;
      return undefined;
    }
    if (at === 2 && this.#lengthOctets === 8 && octet >= 0x80) {
      return protocolError("a length of 64 bits (RFC 6455 §5.2)");
    }
    this.#left = this.#left * 256 + octet;
    if (at < maskAt - 1) return undefined;
    // The shortest form of a length is the only one.
    const isShort = this.#left <= (this.#lengthOctets === 2 ? controlPayloadBytesMax : 0xffff);
    if (isShort) return protocolError("a length that isn't in its shortest form (RFC 6455 §5.2)");
    return this.#checkSize();
  }

  /** FIN, the reserved bits and the opcode. */
  #readFirst(octet: number): WebSocketFault | undefined {
    if ((octet & 0x70) !== 0) return protocolError("a reserved bit is set (RFC 6455 §5.2)");
    this.#isFinal = octet >= 0x80;
    const opcode = octet & 0x0f;
    switch (opcode) {
      case opcodes.text:
      case opcodes.binary:
        if (this.#message !== undefined) {
          return protocolError("a message within another (RFC 6455 §5.4)");
        }
        this.#message = opcode;
        this.#messageOctets = 0;
        this.#fragments = 1;
        break;
      case opcodes.continuation:
        if (this.#message === undefined) {
          return protocolError("a continuation of no message (RFC 6455 §5.4)");
        }
        this.#fragments++;
        break;
      case opcodes.close:
      case opcodes.ping:
      case opcodes.pong:
        if (!this.#isFinal) return protocolError("a control frame in fragments (RFC 6455 §5.5)");
        break;
      default:
        return protocolError(`opcode ${opcode} is reserved (RFC 6455 §5.2)`);
    }
    this.#opcode = opcode;
    const { webSocketFragmentsMax } = this.#limits;
    if (this.#fragments <= webSocketFragmentsMax) return undefined;
    const text = `a message has at most ${webSocketFragmentsMax} fragments`;
    return { code: closeCodes.policyViolation, text };
  }

  /** MASK, and the length, or which octets have it. */
  #readSecond(octet: number): WebSocketFault | undefined {
    if (octet < 0x80) return protocolError("a frame that isn't masked (RFC 6455 §5.1)");
    const length = octet & 0x7f;
    this.#unmasked = 0;
    if (length > controlPayloadBytesMax) {
      this.#lengthOctets = length === 126 ? 2 : 8;
      this.#left = 0;
      return this.#opcode < opcodes.close
        ? undefined
        : protocolError("a control frame of more than 125 octets (RFC 6455 §5.5)");
    }
    this.#lengthOctets = 0;
    this.#left = length;
    return this.#checkSize();
  }

  /** Refuses a message by the length that its frame declares, before the octets come. */
  #checkSize(): WebSocketFault | undefined {
    if (this.#opcode >= opcodes.close) return undefined;
    this.#messageOctets += this.#left;
    const { webSocketMessageBytesMax } = this.#limits;
    if (this.#messageOctets <= webSocketMessageBytesMax) return undefined;
    const text = `a message has at most ${webSocketMessageBytesMax} octets`;
    return { code: closeCodes.tooBig, text };
  }

  /** What has come of the payload, unmasked; undefined when none has. */
  #takePayload(): Uint8Array | undefined {
    if (this.#left === 0) return nothing;
    const chunk = this.#chunks[0];
    if (chunk === undefined) return undefined;
    const octets = chunk.subarray(this.#at, this.#at + this.#left);
    unmask(octets, this.#mask, this.#unmasked);
    this.#unmasked += octets.length;
    this.#left -= octets.length;
    this.#skip(chunk, octets.length);
    return octets;
  }

  #readData(): FrameEvent {
    const octets = this.#takePayload();
    if (octets === undefined) return needData;
    const opcode = this.#message ?? opcodes.binary;
    const isLast = this.#left === 0 && this.#isFinal;
    if (isLast) this.#message = undefined;
    if (this.#left === 0) this.#endFrame();
    return { kind: "data", opcode, octets, isLast };
  }

  #readControl(): FrameEvent {
    for (;;) {
      const octets = this.#takePayload();
      if (octets === undefined) return needData;
      // What came in pieces is joined; a view of all that the client sent isn't kept.
      const payload: Uint8Array =
        this.#control === undefined ? octets.slice() : Buffer.concat([this.#control, octets]);
      if (this.#left > 0) {
        this.#control = payload;
        continue;
      }
      const opcode = this.#opcode as typeof opcodes.close;
      this.#control = undefined;
      this.#endFrame();
      return { kind: "control", opcode, payload };
    }
  }

  #endFrame(): void {
    this.#headerOctets = 0;
    this.#isHeaderRead = false;
  }
}
