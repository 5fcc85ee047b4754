/**
 * One client's connection, from accept to close. It drives everything else: octets to the parser,
 * requests to the handler, responses to the outbox and the file sender, and itself through the table
 * in `protocol/cycle.ts`. It knows no socket, no timer and no file, only their small interfaces.
 *
 * There is one loop, `#run`: it steps as long as a step changes anything, then writes once, then says
 * whether it wants to read on, then sets its deadline. Every callback, from the socket, a handler's
 * promise, a drain, ends there, so that there is one order of things and no state between two of
 * them. One response is in flight; what a pipelining client sends meanwhile waits, in the socket.
 */

import type { Limits } from "../base/limits.ts";
import type { Handler } from "../handlers/handler.ts";
import { BodyError } from "../handlers/handler.ts";
import type { CycleEvent, CycleState } from "../protocol/cycle.ts";
import { advance } from "../protocol/cycle.ts";
import type { ProtocolError, ProtocolErrorKind } from "../protocol/error.ts";
import type { RequestHead } from "../protocol/request-head.ts";
import { RequestParser } from "../protocol/request-parser.ts";
import type { Response } from "../protocol/response.ts";
import { chunkPrefix, continueHead, encodeHead, lastChunk } from "../protocol/response-encoder.ts";
import type { Clock } from "./clock.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { ExchangeReport } from "./exchange.ts";
import { disposeResponse, Exchange } from "./exchange.ts";
import { FileSender } from "./file-sender.ts";
import { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { IncomingBody } from "./request-body.ts";
import type { Transport } from "./transport.ts";

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly handler: Handler;
  /** The page for a refusal of the server's own. */
  readonly refusal: (error: ProtocolError) => Response;
  /** Told once of every exchange that is over. */
  readonly report: (report: ExchangeReport) => void;
  /** Told of an error that a handler threw: a fault of ours, not of the client's. */
  readonly failed: (error: unknown) => void;
  /** Calls back in the next turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Told once, when the connection is closed. */
  readonly closed: (connection: Connection) => void;
}

/** A connection. */
export class Connection implements Timed {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly #context: ConnectionContext;
  readonly #transport: Transport;
  readonly #parser: RequestParser;
  readonly #outbox: Outbox;
  readonly #patience: Patience;
  #state: CycleState = "idle";
  #exchange: Exchange | undefined;
  /** The response that is being sent. */
  #response: Response | undefined;
  #sender: FileSender | undefined;
  /** Set while a stream is being sent; called when the socket has drained, or is gone. */
  #drained: (() => void) | undefined;
  #streaming = false;
  #running = false;
  #blocked = false;
  #paused = false;
  #peerEnded = false;
  #stopping = false;
  #lingeredOctets = 0;

  constructor(context: ConnectionContext, transport: Transport, remoteAddress: string) {
    this.#context = context;
    this.#transport = transport;
    this.remoteAddress = remoteAddress;
    this.#parser = new RequestParser(context.limits);
    this.#outbox = new Outbox(transport);
    this.#patience = new Patience(context.limits, context.clock.monotonicMs());
    this.#arm();
  }

  /** Where the connection stands. */
  get state(): CycleState {
    return this.#state;
  }

  /** The client has sent `octets`, which are the connection's from now on. */
  receive(octets: Uint8Array): void {
    if (this.#state === "closed") return;
    if (this.#isDeaf()) {
      this.#lingeredOctets += octets.length;
      if (this.#lingeredOctets > this.#context.limits.lingerBytesMax) this.#terminate();
      return;
    }
    this.#parser.push(octets);
    this.#run();
  }

  /** Whether what still arrives is thrown away. */
  #isDeaf(): boolean {
    const { place } = this.#parser;
    return place === "failed" || this.#state === "lingering" || this.#state === "refusing";
  }

  /** The socket takes octets again. */
  drained(): void {
    this.#blocked = false;
    if (this.#state !== "closed") this.#run();
  }

  /** The client has shut its side; it may still read. */
  peerEnded(): void {
    this.#peerEnded = true;
    if (this.#state === "lingering") this.#close("ended");
    else if (this.#state !== "closed") this.#run();
  }

  /** The socket is closed, whoever closed it. */
  closed(): void {
    if (this.#state !== "closed") this.#end("gone");
  }

  /** Answers what has begun, then closes; closes at once when nothing has. */
  stop(): void {
    this.#stopping = true;
    if (this.#state !== "closed") this.#run();
  }

  /** Answers that there is no room, and closes: the client is one too many. */
  turnAway(): void {
    this.#refuse({ kind: "overloaded" });
    this.#run();
  }

  /** Resets the connection, whatever it is doing. */
  abort(): void {
    if (this.#state !== "closed") this.#terminate();
  }

  /** The deadline has passed. */
  expire(): void {
    switch (this.#state) {
      case "idle":
        // RFC 9110 §15.5.9: 408 is for a request that was begun.
        if (this.#outbox.pending > 0) this.#terminate();
        else this.#close("ended");
        return;
      case "head":
        this.#refuse({ kind: "request-timeout" });
        break;
      case "handling":
        this.#refuse({ kind: this.#awaitsBody() ? "request-timeout" : "overloaded" });
        break;
      case "settling":
        if (this.#exchange !== undefined) this.#exchange.persist = false;
        this.#last();
        break;
      default:
        this.#terminate();
        return;
    }
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#step());
    this.#running = false;
    if (this.#state === "closed") return;
    if (this.#flush() === "gone") return;
    this.#steerInput();
    this.#arm();
  }

  /** Does the next thing there is to do; false when it has to wait for someone. */
  #step(): boolean {
    switch (this.#state) {
      case "idle":
      case "head":
        return this.#readHead();
      case "handling":
        return this.#feedBody();
      case "answering":
        return this.#send();
      case "settling":
        return this.#settle();
      case "refusing":
        if (this.#flush() !== "sent") return false;
        this.#move("sent");
        this.#shut();
        return false;
      case "lingering":
      case "closed":
        return false;
    }
  }

  #move(event: CycleEvent): void {
    this.#state = advance(this.#state, event);
    this.#patience.begin(this.#state, this.#context.clock.monotonicMs());
  }

  #readHead(): boolean {
    // What is queued has to leave before more is asked for, or a client that never reads would
    // have its answers pile up here.
    if (this.#blocked) return false;
    const full = this.#outbox.pending >= this.#context.limits.sendPieceBytes;
    if (full && this.#flush() !== "sent") return false;
    const event = this.#parser.next();
    switch (event.kind) {
      case "head":
        this.#ask(event.head);
        return true;
      case "error":
        this.#refuse(event.error, event.method);
        return true;
      default:
        return this.#awaitHead();
    }
  }

  /** Nothing whole has arrived: notes whether a request has begun, and what its end means. */
  #awaitHead(): boolean {
    if (this.#parser.place === "between") {
      if (this.#state === "idle" && (this.#peerEnded || this.#stopping)) {
        if (this.#flush() === "sent") this.#close("ended");
      }
      return false;
    }
    if (this.#state === "idle") this.#move("begun");
    if (!this.#peerEnded) return false;
    this.#refuse({ kind: "incomplete" });
    return true;
  }

  #ask(head: RequestHead): void {
    this.#move("asked");
    const body = new IncomingBody(head.framing, () => this.#run());
    const exchange = new Exchange(head, body, this.#context.clock.monotonicMs());
    this.#exchange = exchange;
    if (head.framing.kind === "none") this.#readBody(exchange);
    let answer: Response | Promise<Response>;
    try {
      answer = this.#context.handler({ head, body, remoteAddress: this.remoteAddress });
    } catch (error) {
      this.#handlerFailed(exchange, error);
      return;
    }
    if (!(answer instanceof Promise)) {
      this.#answer(exchange, answer);
      return;
    }
    this.#await(exchange, answer).catch(this.#context.failed);
  }

  /** Waits for a handler that could not answer at once. */
  async #await(exchange: Exchange, answer: Promise<Response>): Promise<void> {
    try {
      this.#answer(exchange, await answer);
    } catch (error) {
      this.#handlerFailed(exchange, error);
    }
    this.#run();
  }

  #handlerFailed(exchange: Exchange, error: unknown): void {
    if (this.#exchange !== exchange || this.#state !== "handling") return;
    if (error instanceof BodyError) {
      if (error.kind === "gone") this.#terminate();
      else this.#refuse({ kind: error.kind });
      return;
    }
    this.#context.failed(error);
    this.#answer(exchange, this.#context.refusal({ kind: "handler-failed" }));
  }

  /** Queues a handler's response, or drops it when nobody waits for it any more. */
  #answer(exchange: Exchange, response: Response): void {
    if (this.#exchange !== exchange || this.#state !== "handling" || exchange.head === undefined) {
      disposeResponse(response);
      return;
    }
    const { head } = exchange;
    const encoded = encodeHead(response, {
      minorVersion: head.minorVersion,
      bodiless: head.method === "HEAD",
      persist: head.persist && !this.#stopping && !this.#leavesTooMuch(exchange),
      date: this.#context.clock.date(),
    });
    exchange.persist = encoded.persist;
    this.#response = response;
    this.#outbox.addText(encoded.text);
    this.#move("answered");
    if (encoded.framing === "none") {
      disposeResponse(response);
      return;
    }
    switch (response.body.kind) {
      case "bytes":
        this.#outbox.addBytes(response.body.bytes);
        exchange.octets = response.body.bytes.length;
        return;
      case "file":
        this.#sender = new FileSender(
          response.body.file,
          response.body.region,
          this.#context.limits,
        );
        exchange.octets = response.body.region.octets;
        return;
      case "stream":
        this.#streaming = true;
        this.#stream(exchange, response.body.chunks, encoded.framing === "chunked").catch(
          (error: unknown) => {
            this.#context.failed(error);
            this.abort();
          },
        );
        return;
      case "none":
    }
  }

  /**
   * Whether so much of the body is still to come that closing is cheaper than reading on (RFC 9112
   * §9.3), or the client may never send it because it was not told to go on (RFC 9110 §10.1.1).
   */
  #leavesTooMuch(exchange: Exchange): boolean {
    if (exchange.requestRead) return false;
    const framing = exchange.head?.framing;
    const declared = framing?.kind === "length" ? framing.octets - exchange.bodyOctets : 0;
    return exchange.continueDue || declared > this.#context.limits.discardBytesMax;
  }

  async #stream(
    exchange: Exchange,
    chunks: AsyncIterable<Uint8Array>,
    chunked: boolean,
  ): Promise<void> {
    for await (const chunk of chunks) {
      if (this.#exchange !== exchange) return;
      if (chunk.length === 0) continue;
      if (chunked) this.#outbox.addText(chunkPrefix(chunk.length));
      this.#outbox.addBytes(chunk);
      if (chunked) this.#outbox.addText("\r\n");
      exchange.octets += chunk.length;
      if (this.#flush() === "blocked") {
        this.#arm();
        await new Promise<void>((resolve) => {
          this.#drained = resolve;
        });
      }
    }
    if (this.#exchange !== exchange) return;
    if (chunked) this.#outbox.addText(lastChunk);
    this.#streaming = false;
    this.#run();
  }

  /** Sends what there is of the response; true when all of it is on its way. */
  #send(): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    if (this.#streaming) {
      if (!this.#blocked) this.#drained?.();
      return this.#feedBody();
    }
    if (this.#sender !== undefined) {
      const outcome = this.#flush() === "sent" ? this.#sender.pump(this.#transport) : "blocked";
      switch (outcome) {
        case "sent":
          this.#sender.close();
          this.#sender = undefined;
          break;
        case "blocked":
          this.#blocked = true;
          // A client that sends all before it reads anything must not wait for us for ever.
          if (!exchange.requestRead && !this.#readBody(exchange)) exchange.persist = false;
          return false;
        case "later":
          this.#context.defer(() => this.drained());
          return false;
        case "short":
        case "gone":
          this.#terminate();
          return false;
      }
    }
    this.#report(true);
    this.#move("sent");
    return true;
  }

  /** The response is out: reads the rest of the request, then goes on or ends. */
  #settle(): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    if (!exchange.requestRead && !this.#readBody(exchange)) exchange.persist = false;
    if (!exchange.requestRead && exchange.persist && !this.#peerEnded) return false;
    if (exchange.persist && exchange.requestRead) {
      this.#exchange = undefined;
      this.#move("done");
      return true;
    }
    this.#last();
    return false;
  }

  #last(): void {
    if (this.#flush() !== "sent") return;
    this.#exchange = undefined;
    this.#move("last");
    this.#shut();
  }

  /** Shuts our side and waits for the client to shut its own (RFC 9112 §9.6). */
  #shut(): void {
    if (this.#peerEnded) {
      this.#close("ended");
      return;
    }
    this.#transport.shutdown();
  }

  /** Gives a waiting handler the next octets of the body. */
  #feedBody(): boolean {
    const exchange = this.#exchange;
    if (exchange?.body?.wanted !== true || exchange.requestRead) return false;
    const event = this.#parser.next();
    switch (event.kind) {
      case "body":
        exchange.continueDue = false;
        exchange.bodyOctets += event.octets.length;
        exchange.body.deliver(event.octets);
        return true;
      case "end":
        exchange.requestRead = true;
        exchange.body.end(event.trailers);
        return true;
      case "error":
        return this.#brokenBody(event.error);
      default:
        if (this.#peerEnded) return this.#brokenBody({ kind: "incomplete" });
        if (exchange.continueDue) this.#outbox.addText(continueHead);
        exchange.continueDue = false;
        return false;
    }
  }

  #brokenBody(error: ProtocolError): boolean {
    if (this.#state === "handling") {
      this.#refuse(error);
      return true;
    }
    this.#exchange?.body?.fail(error.kind);
    this.#terminate();
    return false;
  }

  /**
   * Reads on in a body that nobody wants, as far as it has arrived. False when it is not worth it, or
   * broken; where the next request begins can't be known then.
   */
  #readBody(exchange: Exchange): boolean {
    while (!exchange.requestRead) {
      const event = this.#parser.next();
      switch (event.kind) {
        case "body":
          exchange.bodyOctets += event.octets.length;
          exchange.discardedOctets += event.octets.length;
          if (exchange.discardedOctets > this.#context.limits.discardBytesMax) return false;
          break;
        case "end":
          exchange.requestRead = true;
          exchange.body?.end(event.trailers);
          break;
        case "need-data":
          return true;
        default:
          return false;
      }
    }
    return true;
  }

  /** Answers with a refusal of the server's own; nothing more is read for good. */
  #refuse(error: ProtocolError, method = this.#exchange?.head?.method): void {
    const now = this.#context.clock.monotonicMs();
    const exchange = this.#exchange ?? new Exchange(undefined, undefined, now);
    exchange.body?.fail(error.kind);
    const response = this.#context.refusal(error);
    const encoded = encodeHead(response, {
      minorVersion: exchange.head?.minorVersion ?? 1,
      bodiless: method === "HEAD",
      persist: false,
      date: this.#context.clock.date(),
    });
    this.#outbox.addText(encoded.text);
    if (encoded.framing !== "none" && response.body.kind === "bytes") {
      this.#outbox.addBytes(response.body.bytes);
      exchange.octets = response.body.bytes.length;
    }
    this.#exchange = exchange;
    this.#response = response;
    this.#report(true, error.kind, method);
    this.#exchange = undefined;
    this.#move("refused");
  }

  #report(whole: boolean, refusal?: ProtocolErrorKind, method?: string): void {
    const exchange = this.#exchange;
    const response = this.#response;
    if (exchange === undefined || response === undefined) return;
    this.#response = undefined;
    this.#context.report({
      head: exchange.head,
      method: exchange.head?.method ?? method,
      remoteAddress: this.remoteAddress,
      response,
      refusal,
      octets: exchange.octets - (this.#sender?.left ?? 0),
      durationMs: this.#context.clock.monotonicMs() - exchange.startedMs,
      whole,
    });
  }

  #flush(): "sent" | "blocked" | "gone" {
    if (this.#outbox.pending === 0) return "sent";
    if (this.#blocked) return "blocked";
    const outcome = this.#outbox.flush();
    if (outcome === "blocked") this.#blocked = true;
    if (outcome === "gone" && this.#state !== "closed") this.#terminate();
    return outcome;
  }

  #awaitsBody(): boolean {
    return this.#exchange?.body?.wanted === true && !this.#exchange.requestRead;
  }

  /** Reads on, or leaves what comes in the kernel's buffer until it is wanted. */
  #steerInput(): void {
    const wanted = this.#wantsInput();
    if (wanted === !this.#paused) return;
    this.#paused = !wanted;
    if (wanted) this.#transport.resume();
    else this.#transport.pause();
  }

  #wantsInput(): boolean {
    const { buffered } = this.#parser;
    if (buffered === 0) return true;
    switch (this.#state) {
      case "idle":
      case "head":
        return !this.#blocked;
      case "handling":
      case "answering": {
        if (this.#exchange?.requestRead !== false) return false;
        return this.#awaitsBody() || buffered < this.#context.limits.bodyBufferBytesMax;
      }
      default:
        return true;
    }
  }

  #arm(): void {
    const waitsFor = this.#streaming && this.#outbox.pending === 0 ? "producer" : "client";
    const unsent = this.#outbox.pending + (this.#sender?.left ?? 0);
    const bodyOctets =
      this.#awaitsBody() || this.#state === "settling" ? this.#exchange?.bodyOctets : undefined;
    const deadline = this.#patience.deadline(
      { state: this.#state, waitsFor, unsent, bodyOctets },
      this.#context.clock.monotonicMs(),
    );
    this.#context.deadlines.set(this, deadline);
  }

  #close(event: "ended" | "gone"): void {
    this.#end(event);
    this.#transport.close();
  }

  #terminate(): void {
    if (this.#state === "closed") return;
    this.#end("gone");
    this.#transport.terminate();
  }

  /** Lets go of everything. */
  #end(event: "ended" | "gone"): void {
    this.#report(false);
    this.#state = advance(this.#state, event);
    this.#context.deadlines.remove(this);
    this.#exchange?.body?.fail("gone");
    this.#exchange = undefined;
    this.#sender?.close();
    this.#sender = undefined;
    this.#drained?.();
    this.#context.closed(this);
  }
}
