/**
 * The writing side of a connection. It sends one response after the other: the head and octets
 * through the write queue, a file region by region, a stream chunk by chunk. The connection asks it
 * to go on whenever something has changed, and is told how far it got.
 */

import type { Body, Response, ResponseFaults } from "../../http/message/response.ts";
import { bodyOctets, BrokenBody } from "../../http/message/response.ts";
import type { WireContext, WireFraming } from "../../http1/response-encoder.ts";
import { chunkPrefix, encodeResponse, lastChunk } from "../../http1/response-encoder.ts";
import { disposeResponse } from "../connection/exchange.ts";
import type { Faulting, FaultyTransport } from "../faults/wire/faulty-transport.ts";
import type { FileSender, SendSizes } from "../connection/file-sender.ts";
import type { WriteQueue } from "../connection/write-queue.ts";
import type { WriteOutcome } from "../connection/write-outcome.ts";

/** How streams are read; loaded by the first response that is one. */
function streams(): typeof import("../connection/stream.ts") {
  return require("../connection/stream.ts") as typeof import("../connection/stream.ts");
}

/** How files are sent by the kernel; loaded by the first of them. */
let fileSenders: typeof import("../connection/file-sender.ts") | undefined;

function senders(): typeof import("../connection/file-sender.ts") {
  fileSenders ??=
    require("../connection/file-sender.ts") as typeof import("../connection/file-sender.ts");
  return fileSenders;
}

/** Loads what sends `response`, before its head is queued: if it fails, there is another answer. */
function loadFor(response: Response): void {
  try {
    if (response.body.kind === "file") senders();
    else if (response.body.kind === "stream") streams();
  } catch (error) {
    if (response.body.kind === "file") disposeResponse(response);
    throw error;
  }
}

/** The output of one connection, response by response. */
export class ResponseWriter {
  readonly #queue: WriteQueue;
  readonly #sizes: SendSizes;
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  #sender: FileSender | undefined;
  #stream: "none" | "open" | "failed" = "none";
  /** The chunks of the stream that is open. */
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** Asks an open stream for its next chunk, which waits until the one before is sent. */
  #resumeStream: (() => void) | undefined;
  #endsWithClient = false;
  #octets = 0;
  /** What makes the response faulty that is being sent. */
  #faulty: FaultyTransport | undefined;

  /**
   * `changed` is called when a stream has a new chunk, has come to its end or has thrown; `failed`
   * with what it has thrown.
   */
  constructor(
    queue: WriteQueue,
    sizes: SendSizes,
    changed: () => void,
    failed: (error: unknown) => void,
  ) {
    this.#queue = queue;
    this.#sizes = sizes;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Octets of the current response's content that were handed to the queue or the transport. */
  get octets(): number {
    return this.#faulty?.contentOctets ?? this.#octets - (this.#sender?.left ?? 0);
  }

  /** Octets known to be still unsent. */
  get unsent(): number {
    return this.#queue.pending + (this.#sender?.left ?? 0);
  }

  /** Whether the body is a stream that has not come to its end. */
  get streaming(): boolean {
    return this.#stream === "open";
  }

  /** Who has to go on: the client, which reads, or the producer of a stream, or a fault. */
  get waitsFor(): "client" | "producer" {
    const isProduced = (this.streaming && this.unsent === 0) || this.#faulty?.isWaiting === true;
    return isProduced ? "producer" : "client";
  }

  /** Whether the response is over when the client has ended its side. */
  get endsWithClient(): boolean {
    return (this.streaming && this.#endsWithClient) || this.#faulty?.isStalled === true;
  }

  /**
   * Queues `response`, encoded in `context`; the one before has been sent. Answers whether the
   * connection goes on after it.
   */
  begin(response: Response, context: WireContext): boolean {
    const { head, contentOctets, framing, persist } = encodeResponse(response, context);
    if (framing !== "none") loadFor(response);
    this.#octets = contentOctets;
    if (typeof head !== "string") this.#queue.addBytes(head);
    else {
      if (response.faults !== undefined) this.#makeFaulty(response.faults, response, framing);
      this.#queue.addText(head);
    }
    if (framing === "none") disposeResponse(response);
    else this.#beginBody(response.body, framing);
    return persist;
  }

  /** Has the octets of `response` go through what `faults` does to them, until it is sent. */
  #makeFaulty(faults: ResponseFaults, { body }: Response, framing: WireFraming): void {
    const queue = this.#queue;
    this.#faulty = (faults as unknown as Faulting).over(queue.transport, {
      octetsBefore: queue.pending,
      framing,
      contentOctets: bodyOctets(body),
      goOn: () => {
        queue.drained();
        this.#changed();
      },
    });
    queue.transport = this.#faulty;
  }

  /** The response has been handed to the queue: it is sent when no fault holds any of it back. */
  #endFaulty(faulty: FaultyTransport): WriteOutcome {
    const outcome = this.#queue.flush();
    if (outcome !== "sent") return outcome;
    this.#octets = faulty.contentOctets;
    this.#faulty = undefined;
    this.#queue.transport = faulty.release();
    return "sent";
  }

  #beginBody(body: Body, framing: WireFraming): void {
    switch (body.kind) {
      case "none":
      // The connection opens it once the head is queued.
      case "tunnel":
        return;
      case "bytes":
        if (body.isForeign === true) this.#queue.addForeign(body.bytes);
        else this.#queue.addBytes(body.bytes);
        this.#octets = body.bytes.length;
        return;
      case "file":
        this.#sender = new (senders().FileSender)(body.file, body.pieces, this.#sizes, body.sample);
        this.#octets = this.#sender.left;
        return;
      case "stream":
        this.#stream = "open";
        this.#endsWithClient = body.endsWithClient === true;
        this.#pull(body.chunks, framing === "chunked").catch((error: unknown) => {
          this.#stream = "failed";
          this.#chunks = undefined;
          if (!(error instanceof BrokenBody)) this.#failed(error);
          this.#changed();
        });
    }
  }

  /** Sends as much of the response as can be sent now. */
  advance(): WriteOutcome {
    if (this.#stream === "failed") return "failed";
    if (this.#stream === "open") {
      if (this.#queue.flush() === "sent") this.#wakeStream();
      return "waiting";
    }
    if (this.#sender === undefined) {
      return this.#faulty === undefined ? "sent" : this.#endFaulty(this.#faulty);
    }
    const flushed = this.#queue.flush(this.#sender.left > 0);
    if (flushed !== "sent") return flushed;
    const outcome = this.#sender.pump(this.#queue);
    if (outcome !== "sent") return outcome;
    this.#sender.close();
    this.#sender = undefined;
    return this.advance();
  }

  /** Closes the file and ends the stream: the connection is over. */
  release(): void {
    this.#sender?.close();
    this.#sender = undefined;
    this.#faulty?.release();
    this.#queue.release();
    this.#stream = "none";
    this.#wakeStream();
    // A stream that is busy with its next chunk is told as well.
    if (this.#chunks !== undefined) streams().endStream(this.#chunks).catch(this.#failed);
    this.#chunks = undefined;
  }

  async #pull(stream: AsyncIterable<Uint8Array>, chunked: boolean): Promise<void> {
    const chunks = streams().openStream(stream);
    this.#chunks = chunks;
    for (;;) {
      const { done, value: chunk } = await chunks.next();
      if (!this.streaming) return;
      if (done === true) break;
      if (chunk.length === 0) continue;
      if (chunked) this.#queue.addText(chunkPrefix(chunk.length));
      this.#queue.addForeign(chunk);
      if (chunked) this.#queue.addText("\r\n");
      this.#octets += chunk.length;
      const resumed = new Promise<void>((resolve) => {
        this.#resumeStream = resolve;
      });
      this.#changed();
      await resumed;
      if (!this.streaming) return;
    }
    if (chunked) this.#queue.addText(lastChunk);
    this.#stream = "none";
    this.#chunks = undefined;
    this.#changed();
  }

  #wakeStream(): void {
    const resume = this.#resumeStream;
    this.#resumeStream = undefined;
    resume?.();
  }
}
