/**
 * Messages that have come and wait for their handler. While it is full the client is held back.
 */

import type { WebSocketMessage } from "../../websocket/message-reader.ts";

/** What a message costs besides its octets, about, in bytes. */
const messageBytes = 64;

function bytesOf(message: WebSocketMessage): number {
  return messageBytes + message.length;
}

/** The messages of one socket, in their order. */
export class MessageInbox {
  readonly #bytesMax: number;
  #messages: WebSocketMessage[] = [];
  /** Where the next one to be taken is. */
  #first = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether no more may come: there is always room for the first one. */
  get isFull(): boolean {
    return !this.isEmpty && this.#bytes >= this.#bytesMax;
  }

  add(message: WebSocketMessage): void {
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
  }

  /** Takes the oldest out; undefined when there is none. */
  take(): WebSocketMessage | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return undefined;
    this.#bytes -= bytesOf(message);
    this.#first++;
    if (this.#first === this.#messages.length) this.clear();
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
