/**
 * Sends one request to a backend: its head, then the client's content, which is read as fast as the
 * backend takes it.
 *
 * Content with a length keeps it, and content in chunks is put into chunks anew (RFC 9112 §6.1).
 * What waits for 100 is held back until the backend asks for it (RFC 9110 §10.1.1); reading it is
 * what has the client told to go on.
 */

import { encodeRequestHead } from "../../../http1/client/request-encoder.ts";
import { chunkPrefix, lastChunk } from "../../../http1/response-encoder.ts";
import type { OutgoingRequest } from "../../../site/proxy/backend.ts";
import { BodyError } from "../../../site/request.ts";
import type { WriteQueue } from "../../connection/write-queue.ts";

/** The sender of one request. */
export class RequestSender {
  /** Whether the content waits for the backend to ask for it. */
  isHeldBack: boolean;
  /** Whether the client is waited for, which has deadlines of its own. */
  awaitsClient = false;
  /** Whether all of the request has been queued. */
  isSent: boolean;
  readonly #request: OutgoingRequest;
  readonly #queue: WriteQueue;
  readonly #progressed: () => void;
  readonly #failed: (error: Error) => void;
  #isOver = false;
  #whenDrained: (() => void) | undefined;

  /**
   * `progressed` is called when octets were queued and when the sender begins to wait; `failed`
   * when the client's content can't be read, with its `BodyError`.
   */
  constructor(
    request: OutgoingRequest,
    queue: WriteQueue,
    progressed: () => void,
    failed: (error: Error) => void,
  ) {
    const { content, expectsContinue } = request;
    this.#request = request;
    this.#queue = queue;
    this.#progressed = progressed;
    this.#failed = failed;
    this.isHeldBack = expectsContinue;
    this.isSent = content === "none" || content === 0;
  }

  /** Sends the head, and content that isn't held back. */
  begin(): void {
    this.#queue.addText(encodeRequestHead(this.#request));
    if (!this.isHeldBack && !this.isSent) this.#sendContent();
    if (!this.#isOver) this.#progressed();
  }

  /** The backend asks for the content, or hasn't said whether it does. */
  release(): void {
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    if (!this.isSent) this.#sendContent();
    if (!this.#isOver) this.#progressed();
  }

  /** The backend has taken what was queued. */
  drained(): void {
    const goOn = this.#whenDrained;
    this.#whenDrained = undefined;
    goOn?.();
  }

  /** The exchange is over: nothing more is sent. */
  stop(): void {
    this.#isOver = true;
    this.drained();
  }

  /** Sends at once what has arrived whole, and else piece by piece. */
  #sendContent(): void {
    const { body, content } = this.#request;
    try {
      const whole = content === "chunked" ? undefined : body.arrived(Number.MAX_SAFE_INTEGER);
      if (whole !== undefined) {
        this.#queue.addBytes(whole.octets);
        this.isSent = true;
        return;
      }
    } catch (error) {
      return this.#fail(error);
    }
    this.#pump().catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failed(error instanceof Error ? error : new BodyError("gone"));
  }

  async #pump(): Promise<void> {
    const { body, content } = this.#request;
    const isChunked = content === "chunked";
    for (;;) {
      this.awaitsClient = true;
      this.#progressed();
      const octets = await body.read();
      this.awaitsClient = false;
      // The response may be over: the content ends early then, and must not seem whole.
      if (this.#isOver) return;
      if (octets === undefined) break;
      if (octets.length === 0) continue;
      if (isChunked) this.#queue.addText(chunkPrefix(octets.length));
      this.#queue.addBytes(octets);
      if (isChunked) this.#queue.addText("\r\n");
      this.#progressed();
      await this.#taken();
      if (this.#isOver) return;
    }
    if (isChunked) this.#queue.addText(lastChunk);
    this.isSent = true;
    this.#progressed();
  }

  /** Resolves when the socket has taken what is queued. */
  #taken(): Promise<void> {
    if (!this.#queue.blocked) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenDrained = resolve;
    });
  }
}
