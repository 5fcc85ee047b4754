/**
 * What passes on one connection, in phases: the requests that were sent before an answer to the
 * first of them was complete, and their answers. A phase that can't be played as it was says why.
 *
 * An answer stands where its last octet came. All that the client had sent until then may have been
 * needed for it, so that a player who sends as much and then waits gets the answer, too.
 */

import type { TappedConnection } from "../../base/wiretap.ts";
import type { ConnectionEnd } from "../script/script.ts";
import type { HttpResponse } from "../play/response-reader.ts";
import { fieldValues, ResponseReader } from "../play/response-reader.ts";
import { KeptBody } from "./kept-body.ts";
import type { RecordedPhase, RecordedStep, RequestMessage } from "./recorded.ts";
import { RequestReader } from "./request-reader.ts";

/** What a conversation needs of the recording. */
export interface ConversationHost {
  readonly bodyBytesMax: number;
  /** Takes memory for octets that are kept; false when there is none. */
  hold(bytes: number): boolean;
  release(bytes: number): void;
  /** The number of a phase that begins now. */
  nextOrder(): number;
  nowMs(): number;
  /** A phase is over; it holds as many octets of memory. */
  recorded(phase: RecordedPhase, heldBytes: number): void;
  closed(conversation: Conversation): void;
}

/** A phase that goes on. */
interface OpenPhase {
  readonly order: number;
  readonly steps: RecordedStep[];
  readonly messages: RequestMessage[];
  leftOut: string | undefined;
  heldBytes: number;
}

/** A response that is being read. */
interface OpenResponse {
  readonly reader: ResponseReader;
  readonly body: KeptBody;
  readonly framing: "own" | "none";
}

export class Conversation implements TappedConnection {
  readonly number: number;
  readonly #host: ConversationHost;
  readonly #requests: RequestReader;
  #phase: OpenPhase | undefined;
  /** Messages of the phase without a final response yet; the first is the one that is answered. */
  #unanswered: RequestMessage[] = [];
  #response: OpenResponse | undefined;
  #sentMs = 0;
  #hasServerEnded = false;
  #hasClientEnded = false;
  /** Nothing more is recorded: the connection is a tunnel, or can't be followed. */
  #isLost = false;
  /** Phases that are over. */
  #phases = 0;
  /** Whether the last response said that the connection closes after it. */
  #closes = false;

  constructor(number: number, host: ConversationHost) {
    this.number = number;
    this.#host = host;
    this.#requests = new RequestReader(host.bodyBytesMax);
  }

  received(octets: Uint8Array): void {
    this.#sentMs = this.#host.nowMs();
    if (this.#isLost || this.#hasServerEnded) return;
    for (const { message, start, end, isFirst } of this.#requests.push(octets)) {
      if (isFirst && this.#isClean()) this.#finish();
      const phase = this.#open();
      if (isFirst) {
        phase.messages.push(message);
        this.#unanswered.push(message);
      }
      const last = phase.steps.at(-1);
      if (last?.kind === "send" && last.message === message) {
        phase.steps[phase.steps.length - 1] = { ...last, end };
      } else phase.steps.push({ kind: "send", message, start, end });
      if (message.isOver) phase.leftOut ??= "a request is longer than what is kept";
      else this.#hold(phase, end - start);
    }
  }

  sent(octets: Uint8Array): void {
    if (this.#isLost || this.#hasServerEnded) return;
    let rest = octets;
    while (rest.length > 0 && !this.#isLost) {
      if (this.#response === undefined && this.#isClean()) {
        this.#finish();
        this.#open().leftOut = "the server sent something that was not asked for";
      }
      this.#response ??= this.#openResponse();
      const progress = this.#response.reader.push(rest);
      if (progress.kind === "fault") {
        const { expected } = progress;
        this.#open().leftOut ??= `a player would refuse the answer, since it expects ${expected}`;
        this.#lose();
        return;
      }
      if (progress.kind === "need-data") return;
      this.#answered(progress.response);
      rest = progress.rest;
    }
  }

  clientEnded(): void {
    if (this.#hasClientEnded) return;
    this.#hasClientEnded = true;
    if (this.#phase === undefined || this.#isLost || this.#hasServerEnded || this.#isClean())
      return;
    this.#phase.steps.push({ kind: "half-close" });
  }

  serverEnded(how: ConnectionEnd): void {
    if (this.#hasServerEnded) return;
    this.#hasServerEnded = true;
    const phase = this.#phase;
    if (phase === undefined || this.#isLost) return;
    if (this.#response !== undefined) {
      const progress = how === "closed" ? this.#response.reader.end() : undefined;
      if (progress?.kind !== "response") {
        const { bodyBytes } = this.#response.reader;
        const end = how === "reset" ? "reset" : "closed";
        const where = `after ${bodyBytes} bytes of the answer's body`;
        phase.leftOut ??= `the server ${end} the connection ${where}`;
        return this.#lose();
      }
      this.#answered(progress.response);
      this.#closes = true;
    }
    const isRude = !this.#isComplete(phase) || this.#unanswered.length > 0;
    // A server that closes an idle connection does so later than a play waits.
    if (!isRude && !this.#closes && this.#isClean()) return;
    if (this.#phases > 0 && this.#isComplete(phase) && this.#unanswered.length > 0) {
      phase.leftOut ??= "the server closed a connection that was idle as this came";
    }
    const ends = isRude || how === "reset" ? (["closed", "reset"] as const) : (["closed"] as const);
    phase.steps.push({ kind: "end", ends, waitMs: this.#waitedMs() });
    this.#unanswered = [];
    this.#finish();
    this.#isLost = true;
  }

  /** Nothing more comes: the connection is over, or the recording is, for the reason `why`. */
  closed(why = "the client left before the answer was complete"): void {
    const phase = this.#phase;
    if (phase !== undefined) {
      const isAnswered = this.#response === undefined && this.#unanswered.length === 0;
      if (!isAnswered) phase.leftOut ??= why;
      this.#finish();
    }
    this.#isLost = true;
    this.#host.closed(this);
  }

  #waitedMs(): number {
    return this.#host.nowMs() - this.#sentMs;
  }

  #open(): OpenPhase {
    return (this.#phase ??= {
      order: this.#host.nextOrder(),
      steps: [],
      messages: [],
      leftOut: undefined,
      heldBytes: 0,
    });
  }

  #hold(phase: OpenPhase, bytes: number): void {
    if (this.#host.hold(bytes)) phase.heldBytes += bytes;
    else phase.leftOut ??= "there was no memory left for it";
  }

  #isComplete({ messages }: OpenPhase): boolean {
    return messages.every(({ isComplete }) => isComplete);
  }

  /** Whether all that was asked has been answered. */
  #isClean(): boolean {
    const phase = this.#phase;
    if (phase === undefined) return true;
    if (this.#response !== undefined || this.#unanswered.length > 0) return false;
    return this.#isComplete(phase);
  }

  #openResponse(): OpenResponse {
    const phase = this.#open();
    const [request] = this.#unanswered;
    const method = request?.head?.method;
    const framing = method === "HEAD" || method === "CONNECT" ? "none" : "own";
    const body = new KeptBody(this.#host.bodyBytesMax, (bytes) => {
      const isHeld = this.#host.hold(bytes);
      if (isHeld) phase.heldBytes += bytes;
      return isHeld;
    });
    const reader = new ResponseReader(framing, (octets) => {
      const freed = body.add(octets);
      phase.heldBytes -= freed;
      this.#host.release(freed);
    });
    return { reader, body, framing };
  }

  #answered({ body: _body, ...response }: HttpResponse): void {
    const phase = this.#open();
    const open = this.#response;
    this.#response = undefined;
    if (open === undefined) return;
    const { status } = response;
    const isInterim = status < 200 && status !== 101;
    const request = isInterim ? this.#unanswered[0] : this.#unanswered.shift();
    phase.steps.push({
      kind: "response",
      response: { ...response, body: open.body, framing: open.framing },
      request: request?.head === undefined ? undefined : request,
      waitMs: this.#waitedMs(),
      // A client that goes on without waiting for 100 gets it or doesn't (RFC 9110 §10.1.1).
      isOptional: status === 100 && request?.isComplete === true,
    });
    const connection = fieldValues(response.fields, "Connection").join(",").toLowerCase();
    this.#closes =
      response.version === "HTTP/1.0"
        ? !connection.includes("keep-alive")
        : connection.includes("close");
    const isTunnel = request?.head?.method === "CONNECT" && status >= 200 && status < 300;
    if (status !== 101 && !isTunnel) return;
    phase.steps.push({ kind: "leave" });
    this.#lose();
  }

  /** Follows the connection no longer. */
  #lose(): void {
    this.#response = undefined;
    this.#unanswered = [];
    this.#finish();
    this.#isLost = true;
  }

  #finish(): void {
    const phase = this.#phase;
    this.#phase = undefined;
    this.#unanswered = [];
    if (phase === undefined) return;
    this.#phases++;
    const { order, steps, messages, leftOut, heldBytes } = phase;
    this.#host.recorded({ connection: this.number, order, steps, messages, leftOut }, heldBytes);
  }
}
