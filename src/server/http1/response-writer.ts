/**
 * Sends one response after the other: its head and its octets by the outbox, a file piece by piece,
 * a stream as it comes. It is asked to go on whenever something has changed, and says how far it
 * got.
 */

import type { Body, Response } from "../../http/response.ts";
import type { WireContext, WireFraming } from "../../http1/response-encoder.ts";
import { chunkPrefix, encodeResponse, lastChunk } from "../../http1/response-encoder.ts";
import { disposeResponse } from "../connection/exchange.ts";
import type { SendSizes } from "../connection/file-sender.ts";
import { FileSender } from "../connection/file-sender.ts";
import type { WriteQueue } from "../connection/write-queue.ts";
import type { WriteOutcome } from "../connection/write-outcome.ts";
import { endStream, openStream } from "../connection/stream.ts";

/** What a delivery calls back. */
export interface ResponseWriterHooks {
  /** A stream has something new, or has come to its end. */
  readonly changed: () => void;
  /** A stream has thrown; it is broken from now on. */
  readonly failed: (error: unknown) => void;
}

/** The output of one connection, response by response. */
export class ResponseWriter {
  readonly #outbox: WriteQueue;
  readonly #sizes: SendSizes;
  readonly #hooks: ResponseWriterHooks;
  #sender: FileSender | undefined;
  #stream: "none" | "open" | "failed" = "none";
  /** The stream that is open. */
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** Lets a stream go on that has found the socket full. */
  #resumeStream: (() => void) | undefined;
  #octets = 0;

  constructor(outbox: WriteQueue, sizes: SendSizes, hooks: ResponseWriterHooks) {
    this.#outbox = outbox;
    this.#sizes = sizes;
    this.#hooks = hooks;
  }

  /** Octets of the present response's content that have been handed over. */
  get octets(): number {
    return this.#octets - (this.#sender?.left ?? 0);
  }

  /** Octets known to be still unsent. */
  get unsent(): number {
    return this.#outbox.pending + (this.#sender?.left ?? 0);
  }

  /** Whether it is a stream, whose end is not known. */
  get streaming(): boolean {
    return this.#stream === "open";
  }

  /**
   * Takes over `response`, to be sent in `context`; the one before has been sent. Answers whether
   * the connection goes on after it.
   */
  begin(response: Response, context: WireContext): boolean {
    const { head, contentOctets, framing, persist } = encodeResponse(response, context);
    this.#octets = contentOctets;
    if (typeof head === "string") this.#outbox.addText(head);
    else this.#outbox.addBytes(head);
    if (framing === "none") disposeResponse(response);
    else this.#beginBody(response.body, framing);
    return persist;
  }

  #beginBody(body: Body, framing: WireFraming): void {
    switch (body.kind) {
      case "none":
        return;
      case "bytes":
        if (body.isForeign === true) this.#outbox.addForeign(body.bytes);
        else this.#outbox.addBytes(body.bytes);
        this.#octets = body.bytes.length;
        return;
      case "file":
        this.#sender = new FileSender(body.file, body.pieces, this.#sizes);
        this.#octets = this.#sender.left;
        return;
      case "stream":
        this.#stream = "open";
        this.#pull(body.chunks, framing === "chunked").catch((error: unknown) => {
          this.#stream = "failed";
          this.#chunks = undefined;
          this.#hooks.failed(error);
          this.#hooks.changed();
        });
    }
  }

  /** Goes on as far as it can. */
  advance(): WriteOutcome {
    if (this.#stream === "failed") return "failed";
    if (this.#stream === "open") {
      if (this.#outbox.flush() === "sent") this.#wakeStream();
      return "waiting";
    }
    if (this.#sender === undefined) return "sent";
    const flushed = this.#outbox.flush(this.#sender.left > 0);
    if (flushed !== "sent") return flushed;
    const outcome = this.#sender.pump(this.#outbox);
    if (outcome !== "sent") return outcome;
    this.#sender.close();
    this.#sender = undefined;
    return "sent";
  }

  /** Lets go of file and stream: the connection is over. */
  release(): void {
    this.#sender?.close();
    this.#sender = undefined;
    this.#stream = "none";
    this.#wakeStream();
    // A stream may be waiting for its next chunk and has to be told all the same.
    if (this.#chunks !== undefined) endStream(this.#chunks).catch(this.#hooks.failed);
    this.#chunks = undefined;
  }

  async #pull(stream: AsyncIterable<Uint8Array>, chunked: boolean): Promise<void> {
    const chunks = openStream(stream);
    this.#chunks = chunks;
    for (;;) {
      const { done, value: chunk } = await chunks.next();
      if (!this.streaming) return;
      if (done === true) break;
      if (chunk.length === 0) continue;
      if (chunked) this.#outbox.addText(chunkPrefix(chunk.length));
      this.#outbox.addForeign(chunk);
      if (chunked) this.#outbox.addText("\r\n");
      this.#octets += chunk.length;
      const resumed = new Promise<void>((resolve) => {
        this.#resumeStream = resolve;
      });
      this.#hooks.changed();
      await resumed;
      if (!this.streaming) return;
    }
    if (chunked) this.#outbox.addText(lastChunk);
    this.#stream = "none";
    this.#chunks = undefined;
    this.#hooks.changed();
  }

  #wakeStream(): void {
    const resume = this.#resumeStream;
    this.#resumeStream = undefined;
    resume?.();
  }
}
