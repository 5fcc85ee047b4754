/**
 * Messages that have come and wait for their handler. While it is full the client is held back: by
 * its own bound, and when the inboxes of all sockets together take too much.
 */

import type { WebSocketMessage } from "../../websocket/message-reader.ts";

/** Asks for memory for `bytes` bytes instead of `before`; false when there is not enough. */
type HoldMemory = (bytes: number, before: number) => boolean;

/** What a message costs besides its octets, about, in bytes. */
const messageBytes = 64;

function bytesOf(message: WebSocketMessage): number {
  return messageBytes + message.length;
}

/** The messages of one socket, in their order. */
export class MessageInbox {
  readonly #bytesMax: number;
  readonly #hold: HoldMemory;
  #messages: WebSocketMessage[] = [];
  /** Where the next one to be taken is. */
  #first = 0;
  #bytes = 0;
  /** The bytes for which memory was taken. */
  #held = 0;
  /** Whether there was none for the last message. It has come, so it is kept all the same. */
  #isShort = false;
  #isSettled = false;

  constructor(bytesMax: number, hold: HoldMemory) {
    this.#bytesMax = bytesMax;
    this.#hold = hold;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether no more may come: there is always room for the first one. */
  get isFull(): boolean {
    return !this.isEmpty && (this.#isShort || this.#bytes >= this.#bytesMax);
  }

  add(message: WebSocketMessage): void {
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
    this.#count();
  }

  /** Takes the oldest out; undefined when there is none. */
  take(): WebSocketMessage | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return undefined;
    this.#bytes -= bytesOf(message);
    this.#first++;
    if (this.#first === this.#messages.length) this.clear();
    else this.#count();
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#count();
  }

  /** No more messages come: what is left counts no longer, as it may never be taken. */
  settle(): void {
    this.#isSettled = true;
    this.#hold(0, this.#held);
    this.#held = 0;
  }

  #count(): void {
    if (this.#isSettled || this.#bytes === this.#held) return;
    this.#isShort = !this.#hold(this.#bytes, this.#held);
    if (!this.#isShort) this.#held = this.#bytes;
  }
}
