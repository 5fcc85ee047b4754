/**
 * One connection to a backend: a request goes out, its response is read, and the connection is free
 * for another one. After a 101 it is one end of a tunnel.
 *
 * Back-pressure goes both ways. The client's content is read when the backend has taken what came
 * before; the backend's content is read when the client has, and its socket is paused meanwhile.
 *
 * A connection is used again only when nothing about it is in doubt: the request was sent to its
 * last octet, the response read to its last one, neither side has ended, and nothing came behind
 * it. Octets that no request asked for are never taken for the answer to the next one.
 */

import type { Limits } from "../../../base/limits.ts";
import type { OpenTunnel } from "../../../http/message/tunnel.ts";
import { concatBytes } from "../../../http/octets/bytes.ts";
import type { ResponseEvent, ResponseHead } from "../../../http1/client/response-parser.ts";
import { ResponseParser } from "../../../http1/client/response-parser.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { Timed, Timers } from "../../../schedule/timers.ts";
import type { BackendBody, BackendResponse, OutgoingRequest } from "../../../site/proxy/backend.ts";
import { BackendError } from "../../../site/proxy/backend.ts";
import type { BackendEnd } from "../../../site/proxy/passed-tunnel.ts";
import { PassedTunnel } from "../../../site/proxy/passed-tunnel.ts";
import type { Transport } from "../../connection/transport.ts";
import { WriteQueue } from "../../connection/write-queue.ts";
import { RequestSender } from "./request-sender.ts";

/** What connections to backends share. */
export interface BackendSurroundings {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Told what becomes of a connection. */
export interface BackendOwner {
  /** It can be used for another request. */
  free(connection: BackendConnection): void;
  /** It is closed; called once. */
  gone(connection: BackendConnection): void;
}

/** Content up to this size that has come with its head is one piece, without a stream. */
const wholeBytesMax = 64 * 1024;

/** Content from this size on has the socket paused until more is asked for: two system calls. */
const longBytes = 16 * 1024;

/** One request and its response. */
interface Exchange {
  readonly request: OutgoingRequest;
  readonly sender: RequestSender;
  readonly resolve: (response: BackendResponse) => void;
  readonly reject: (error: Error) => void;
  interims: number;
}

interface Reader {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const done: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** A connection to a backend. */
export class BackendConnection implements Timed, BackendEnd {
  deadlineMs = Infinity;
  slot = -1;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #transport: Transport;
  readonly #owner: BackendOwner;
  readonly #queue: WriteQueue;
  readonly #parser: ResponseParser;
  #phase: "free" | "asking" | "answering" | "tunnel" | "closed" = "free";
  #exchange: Exchange | undefined;
  /** The request whose response is being read, or whose tunnel this is. */
  #request: OutgoingRequest | undefined;
  /** The head of the final response, while its content is read. */
  #head: ResponseHead | undefined;
  /** What has arrived and wasn't handed to the parser, which has room for one piece. */
  readonly #received: Uint8Array[] = [];
  #receivedOctets = 0;
  /** Whether an octet has come since the request was sent. */
  #isHeard = false;
  /** How many requests it has served. */
  #served = 0;
  #isPaused = false;
  #hasPeerEnded = false;
  /** When the request last made progress, or the backend was last heard. */
  #sinceMs = 0;
  #failure: Error | undefined;
  /** Our side of a tunnel: it is ended when all was written, or was. */
  #output: "open" | "ending" | "ended" = "open";
  #reader: Reader | undefined;
  #tunnel: PassedTunnel | undefined;

  constructor(
    { limits, clock, timers }: BackendSurroundings,
    transport: Transport,
    owner: BackendOwner,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#timers = timers;
    this.#transport = transport;
    this.#owner = owner;
    this.#queue = new WriteQueue(transport);
    this.#parser = new ResponseParser(limits);
  }

  /** Whether octets wait because the backend doesn't read. */
  get isFull(): boolean {
    return this.#queue.blocked;
  }

  /** Sends `request` on a connection that is free. Rejects like `BackendCall.answer`. */
  ask(request: OutgoingRequest): Promise<BackendResponse> {
    return new Promise((resolve, reject) => {
      const sender = new RequestSender(request, this.#queue, this.#progressed, this.#unsent);
      this.#request = request;
      this.#exchange = { request, sender, resolve, reject, interims: 0 };
      this.#phase = "asking";
      this.#isHeard = false;
      this.#parser.begin(request.method === "HEAD");
      sender.begin();
    });
  }

  /** The request has gone on: writes what is queued, and sets the deadline anew. */
  readonly #progressed = (): void => {
    this.#sinceMs = this.#clock.turnMs();
    this.#flush();
    this.#arm();
  };

  /** The client's content can't be had, without which there is no request. */
  readonly #unsent = (error: Error): void => this.#fail(error);

  /** Gives up what it does, and closes it. */
  abort(): void {
    this.#fail(new BackendError("aborted", "the client has left"));
  }

  /** Gives `request` up, if it is this one that it does. */
  giveUp(request: OutgoingRequest): void {
    if (this.#request === request) this.abort();
  }

  /** Closes it if it is free. */
  closeIfFree(): void {
    if (this.#phase === "free") this.#close();
  }

  /** The backend has sent `octets`. */
  receive(octets: Uint8Array): void {
    if (this.#phase === "closed") return;
    if (this.#tunnel !== undefined) return this.#tunnel.backendSent(octets);
    // RFC 9112 §9.2: what comes without a request is no response.
    if (this.#phase === "free") return this.#close();
    this.#isHeard = true;
    this.#received.push(octets);
    this.#receivedOctets += octets.length;
    if (this.#phase === "answering") this.#sinceMs = this.#clock.turnMs();
    this.#advance();
    if (this.#phase === "answering" && this.#received.length > 0) this.pause();
    this.#arm();
  }

  /** The socket takes octets again. */
  drained(): void {
    if (this.#phase === "closed") return;
    this.#queue.drained();
    this.#flush();
    if (this.#queue.blocked) return;
    this.#exchange?.sender.drained();
    this.#tunnel?.backendDrained();
    this.#arm();
  }

  /** The backend has ended its side. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#phase === "closed") return;
    if (this.#phase === "free") return this.#close();
    if (this.#tunnel !== undefined) {
      this.#tunnel.backendEnded();
      return this.#closeEnded();
    }
    this.#parser.peerEnded();
    this.#advance();
  }

  /** The socket is closed, by either side; `error` says why, if it wasn't in order. */
  closed(error?: Error): void {
    if (this.#phase === "closed") return;
    // Where our side has ended before, the end of the backend's is told by this alone.
    if (this.#tunnel !== undefined && this.#output === "ended" && error === undefined) {
      return this.peerEnded();
    }
    const detail = error?.message ?? "the connection was closed";
    if (this.#phase === "asking") this.#advance();
    if (this.#phase !== "answering") return this.#fail(this.#broken(detail));
    // What has come before can still be read: it may be the rest of the response.
    if (!this.#hasPeerEnded) this.#parser.breakOff();
    this.#hasPeerEnded = true;
    this.#advance();
  }

  expire(): void {
    const exchange = this.#exchange;
    if (this.#phase === "free") return this.#close();
    if (exchange?.sender.isHeldBack === true) return exchange.sender.release();
    const { timeoutMs } = exchange?.request ?? {};
    const isAsking = this.#phase === "asking";
    const detail = isAsking ? `no answer within ${timeoutMs} ms` : "silent in its answer";
    this.#fail(new BackendError("late", detail));
  }

  send(octets: Uint8Array): void {
    if (this.#phase === "closed" || this.#output !== "open") return;
    this.#queue.addBytes(octets);
    this.#flush();
  }

  pause(): void {
    if (this.#isPaused || this.#phase === "closed") return;
    this.#isPaused = true;
    this.#transport.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#phase === "closed") return;
    this.#isPaused = false;
    this.#transport.resume();
  }

  end(): void {
    if (this.#output === "open") this.#output = "ending";
    this.#flush();
    this.#arm();
  }

  /** The failure of an exchange whose connection is over. */
  #broken(detail: string): BackendError {
    const isStale = this.#phase === "asking" && this.#served > 0 && !this.#isHeard;
    return new BackendError("broken", detail, isStale);
  }

  /** Writes what the socket takes, and ends our side of a tunnel after the last of it. */
  #flush(): void {
    // A socket that is gone is closed, too, and what it has sent before is still read.
    if (this.#queue.flush() !== "sent" || this.#output !== "ending") return;
    this.#output = "ended";
    this.#transport.shutdown();
    this.#closeEnded();
  }

  /** The next event of the parser, which is handed what has arrived piece by piece. */
  #next(): ResponseEvent {
    for (;;) {
      const event = this.#parser.next();
      if (event.kind !== "need-data") return event;
      const octets = this.#received.shift();
      if (octets === undefined) return event;
      this.#receivedOctets -= octets.length;
      this.#parser.push(octets);
    }
  }

  /** Does what can be done with what has arrived. */
  #advance(): void {
    while (this.#phase === "asking") {
      const event = this.#next();
      if (event.kind === "need-data") return;
      if (event.kind === "head") this.#answer(event.head);
      else if (event.kind === "interim") this.#interim(event.head);
      else return this.#failBy(event);
    }
    const reader = this.#reader;
    if (this.#phase !== "answering" || reader === undefined) return;
    const event = this.#next();
    if (event.kind === "need-data") return;
    this.#reader = undefined;
    this.#give(event, reader);
  }

  #interim({ status, fields }: ResponseHead): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.interims++;
    if (exchange.interims > this.#limits.backendInterimMax) {
      this.#fail(new BackendError("malformed", "too many interim responses"));
    } else if (status === 100) exchange.sender.release();
    else exchange.request.interim(status, fields);
  }

  /** Fails for an event that can't come where it did. */
  #failBy(event: ResponseEvent): void {
    const fault = event.kind === "error" ? event.fault : event.kind;
    if (fault === "incomplete") this.#fail(this.#broken("the connection was closed"));
    else this.#fail(new BackendError("malformed", `malformed: ${fault}`));
  }

  /** The head of the final response is there. */
  #answer(head: ResponseHead): void {
    const { status, minorVersion, fields } = head;
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#head = head;
    this.#phase = "answering";
    const body = status === 101 ? this.#switch(exchange) : this.#bodyOf(head);
    if (body !== undefined) exchange.resolve({ status, minorVersion, fields, body });
  }

  /** The content of the response with `head`; undefined when the connection has failed. */
  #bodyOf({ framing }: ResponseHead): BackendBody | undefined {
    const isEmpty = framing.kind === "none" || (framing.kind === "length" && framing.octets === 0);
    if (isEmpty) {
      this.#next();
      this.#over();
      return { kind: "none" };
    }
    const octets = framing.kind === "length" ? framing.octets : undefined;
    const arrived = this.#parser.buffered + this.#receivedOctets;
    if (octets === undefined || octets > wholeBytesMax || arrived < octets) {
      return { kind: "stream", octets, chunks: { [Symbol.asyncIterator]: () => this.#chunks() } };
    }
    const pieces: Uint8Array[] = [];
    let event = this.#next();
    for (; event.kind === "body"; event = this.#next()) pieces.push(event.octets);
    const [first] = pieces;
    this.#over();
    const bytes = first !== undefined && pieces.length === 1 ? first : concatBytes(pieces);
    return { kind: "bytes", bytes };
  }

  /** The content, read as it is asked for; ended early, the connection is closed. */
  #chunks(): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () =>
        new Promise((resolve, reject) => {
          const reader = { resolve, reject };
          if (this.#failure !== undefined) return reject(this.#failure);
          if (this.#head === undefined) return resolve(done);
          const event = this.#next();
          if (event.kind !== "need-data") return this.#give(event, reader);
          this.resume();
          this.#reader = reader;
          this.#sinceMs = this.#clock.turnMs();
          this.#arm();
        }),
      return: () => {
        if (this.#head !== undefined) this.abort();
        return Promise.resolve(done);
      },
    };
  }

  /**
   * Hands an event to a reader. Nothing is read behind long content until more is asked for, and
   * behind short content at most what one read brings: a thousand clients that read slowly would
   * hold a thousand buffers more.
   */
  #give(event: ResponseEvent, { resolve, reject }: Reader): void {
    if (event.kind === "body") {
      if (event.octets.length >= longBytes || this.#received.length > 0) this.pause();
      else this.resume();
      return resolve({ done: false, value: event.octets });
    }
    if (event.kind === "end") {
      this.#over();
      return resolve(done);
    }
    this.#reader = { resolve, reject };
    this.#failBy(event);
  }

  /** The response has been read to its last octet. */
  #over(): void {
    const isSent = this.#exchange?.sender.isSent === true && this.#queue.pending === 0;
    const isClean = this.#parser.buffered === 0 && this.#received.length === 0;
    const isFree = isSent && isClean && this.#head?.persist === true && !this.#hasPeerEnded;
    this.#exchange?.sender.stop();
    this.#exchange = undefined;
    this.#request = undefined;
    this.#head = undefined;
    if (!isFree || this.#phase === "closed") return this.#close();
    this.#served++;
    this.#phase = "free";
    this.resume();
    this.#timers.set(this, this.#clock.turnMs() + this.#limits.backendIdleTimeMs);
    this.#owner.free(this);
  }

  /** After a 101: the tunnel, which the client's connection opens. */
  #switch(exchange: Exchange): BackendBody | undefined {
    if (!exchange.sender.isSent) {
      this.#fail(new BackendError("malformed", "a 101 before the end of the request"));
      return undefined;
    }
    // What follows is no HTTP, and waits for the client's side of the tunnel.
    this.pause();
    const open: OpenTunnel = (tunnel) => {
      const passed = new PassedTunnel(tunnel, this);
      if (this.#phase === "closed") {
        passed.backendBroke();
        return passed;
      }
      this.#phase = "tunnel";
      this.#exchange = undefined;
      this.#head = undefined;
      this.#tunnel = passed;
      this.#timers.remove(this);
      const rest = [this.#parser.takeRest(), ...this.#received.splice(0)];
      for (const octets of rest) if (octets.length > 0) passed.backendSent(octets);
      if (this.#hasPeerEnded) passed.backendEnded();
      if (!tunnel.isFull) this.resume();
      return passed;
    };
    return { kind: "tunnel", open, abandon: () => this.abort() };
  }

  /** Closes a tunnel's connection when both sides have ended. */
  #closeEnded(): void {
    if (this.#hasPeerEnded && this.#output === "ended") this.#close();
  }

  /** The deadline of what is waited for. */
  #arm(): void {
    const { backendContinueTimeMs, backendSilenceTimeMs } = this.#limits;
    const exchange = this.#exchange;
    const since = this.#sinceMs;
    let deadline = Infinity;
    if (this.#phase === "closed" || this.#phase === "free") return;
    if (this.#phase === "asking" && exchange !== undefined) {
      if (exchange.sender.isHeldBack) deadline = since + backendContinueTimeMs;
      else if (!exchange.sender.awaitsClient) deadline = since + exchange.request.timeoutMs;
    } else if (this.#reader !== undefined) deadline = since + backendSilenceTimeMs;
    // A backend that doesn't read the end of a tunnel.
    else if (this.#output === "ending") deadline = this.#clock.turnMs() + backendSilenceTimeMs;
    this.#timers.set(this, deadline);
  }

  /** Closes the connection, and tells who waits for it why. */
  #fail(error: Error): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#failure = error;
    this.#exchange?.sender.stop();
    this.#exchange?.reject(error);
    this.#exchange = undefined;
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#tunnel?.backendBroke();
    this.#transport.terminate();
    this.#forget();
  }

  /** Closes a connection that no request waits for. */
  #close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#transport.close();
    this.#forget();
  }

  #forget(): void {
    this.#queue.release();
    this.#timers.remove(this);
    this.#received.length = 0;
    this.#receivedOctets = 0;
    this.#owner.gone(this);
  }
}
