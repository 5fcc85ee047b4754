/**
 * One client's connection, from accept to close. It drives everything else: octets to the parser,
 * requests to the handler, responses to the outbox and the file sender, and itself through the
 * table in `protocol/cycle.ts`. It knows no socket, no timer and no file, only their small
 * interfaces.
 *
 * There is one loop, `#run`: it steps as long as a step changes anything, then writes once, then
 * says whether it wants to read on, then sets its deadline. Every callback, from the socket, a
 * handler's promise, a drain, ends there, so that there is one order of things and no state between
 * two of them. One response is in flight; what a pipelining client sends meanwhile waits, in the
 * socket.
 */

import { BodyError } from "../../site/request.ts";
import type { ConnectionEvent, ConnectionState } from "../../http1/connection-state.ts";
import { advance } from "../../http1/connection-state.ts";
import type { ProtocolError, ProtocolErrorKind } from "../../http/error.ts";
import type { RequestHead } from "../../http1/request-head.ts";
import type { Response } from "../../http/response.ts";
import { continueHead } from "../../http1/response-encoder.ts";
import { Arrival } from "./arrival.ts";
import type { ConnectionContext, OpenConnection } from "./protocol-connection.ts";
import type { Timed } from "../../schedule/timers.ts";
import { ResponseWriter } from "./response-writer.ts";
import { disposeResponse, Exchange } from "./exchange.ts";
import { awaitsBody, RequestReader } from "./request-reader.ts";
import type { Batched } from "../../schedule/write-batcher.ts";
import type { FlushOutcome } from "./write-queue.ts";
import { WriteQueue } from "./write-queue.ts";
import { Timeouts } from "./timeouts.ts";
import { noBody } from "./request-body.ts";
import type { Transport } from "./transport.ts";

/** A connection. */
export class Http1Connection implements OpenConnection, Timed, Batched {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly #context: ConnectionContext;
  readonly #transport: Transport;
  readonly #intake: RequestReader;
  readonly #outbox: WriteQueue;
  readonly #delivery: ResponseWriter;
  readonly #patience: Timeouts;
  readonly #arrival: Arrival;
  #state: ConnectionState = "idle";
  #exchange: Exchange | undefined;
  #running = false;
  #peerEnded = false;
  #stopping = false;
  #lingeredOctets = 0;

  constructor(context: ConnectionContext, transport: Transport, remoteAddress: string) {
    this.#context = context;
    this.#transport = transport;
    this.remoteAddress = remoteAddress;
    this.#intake = new RequestReader(context.limits, context.heads);
    this.#outbox = new WriteQueue(transport);
    this.#delivery = new ResponseWriter(transport, this.#outbox, context.limits, {
      changed: this.#go,
      failed: context.failed,
    });
    this.#patience = new Timeouts(context.limits, context.clock.turnMs());
    this.#arrival = new Arrival(context.scheduler, context.moments);
    this.#arm();
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
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
    const { parser } = this.#intake;
    this.#arrival.note(octets, parser);
    parser.push(octets);
    if (!this.#advance()) return;
    // Whoever has more to do than to send is under a deadline of its own at once.
    const mayWait = this.#state === "idle" && this.#outbox.mayWait;
    if (!mayWait || !this.#context.departures.hold(this)) this.leave();
    else this.#arm();
  }

  /** Whether what still arrives is thrown away. */
  #isDeaf(): boolean {
    const { place } = this.#intake.parser;
    if (place === "failed" || this.#state === "lingering" || this.#state === "refusing")
      return true;
    // The answer is not out yet, and nothing is read after it.
    return this.#state === "settling" && this.#exchange?.persist === false;
  }

  /** The socket takes octets again. */
  drained(): void {
    this.#outbox.drained();
    this.#run();
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
    if (this.#state !== "idle") return;
    this.#refuse({ kind: "overloaded" });
    this.#run();
  }

  /** Resets the connection, whatever it is doing. */
  abort(): void {
    if (this.#state !== "closed") this.#terminate();
  }

  /** The deadline has passed. */
  expire(): void {
    const now = this.#context.clock.turnMs();
    if (this.#awaitsReader() && this.#patience.stillReads(this.#transport.queued(), now)) {
      this.#arm();
      return;
    }
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
        this.#refuse({ kind: awaitsBody(this.#exchange) ? "request-timeout" : "overloaded" });
        break;
      case "settling":
        // What the client has not taken by now it won't take.
        if (this.#outbox.pending > 0) return this.#terminate();
        if (this.#exchange !== undefined) this.#exchange.persist = false;
        this.#last();
        break;
      case "lingering":
        // What the kernel still holds for the client is delivered after a close, not after a reset.
        this.#close("ended");
        return;
      default:
        this.#terminate();
        return;
    }
    this.#run();
  }

  /** Whether it is the client's reading that is waited for. */
  #awaitsReader(): boolean {
    const { unsent } = this.#delivery;
    return unsent > 0 && this.#state !== "head" && this.#state !== "handling";
  }

  /** Goes on, for whoever calls back. */
  readonly #go = (): void => this.#run();

  #run(): void {
    if (this.#advance()) this.leave();
  }

  /** Steps as far as it goes; false when there is nothing to be done after that. */
  #advance(): boolean {
    if (this.#running || this.#state === "closed") return false;
    this.#running = true;
    while (this.#step());
    this.#running = false;
    return true;
  }

  /** Writes once, and says what it waits for. */
  leave(): void {
    if (this.#state === "closed" || this.#flush() === "gone") return;
    this.#intake.steer(this.#transport, this.#state, this.#exchange, this.#outbox.blocked);
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

  #move(event: ConnectionEvent): void {
    this.#state = advance(this.#state, event);
    this.#patience.begin(this.#state, this.#context.clock.turnMs());
  }

  #readHead(): boolean {
    // What is queued has to leave before more is asked for, or a client that never reads would
    // have its answers pile up here.
    if (this.#outbox.blocked) return false;
    const full = this.#outbox.pending >= this.#context.limits.sendPieceBytes;
    if (full && this.#flush() !== "sent") return false;
    const event = this.#intake.parser.next();
    switch (event.kind) {
      case "head":
        this.#ask(event.head);
        return true;
      case "error":
        this.#refuse(event.error);
        return true;
      default:
        return this.#awaitHead();
    }
  }

  /** Nothing whole has arrived: notes whether a request has begun, and what its end means. */
  #awaitHead(): boolean {
    if (this.#intake.parser.place === "between") {
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
    const { clock, moments, witness } = this.#context;
    const { remoteAddress } = this;
    const startedMs = witness.wanted ? clock.monotonicMs() : 0;
    const exchange = this.#intake.begin(head, startedMs, this.#go);
    this.#exchange = exchange;
    const receivedMs = clock.epochMs();
    moments.begin(this.#arrival.take(), receivedMs);
    try {
      const request = { head, body: exchange.body ?? noBody, remoteAddress, receivedMs };
      const answer = this.#context.handler(request);
      if (answer instanceof Promise) this.#await(exchange, answer).catch(this.#context.failed);
      else this.#answer(exchange, answer);
    } catch (error) {
      this.#handlerFailed(exchange, error);
    } finally {
      moments.end();
    }
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
    this.#answer(exchange, this.#context.refusal({ kind: "handler-failed" }, exchange.head));
  }

  /** Queues a handler's response, or drops it when nobody waits for it any more. */
  #answer(exchange: Exchange, response: Response): void {
    if (this.#exchange !== exchange || this.#state !== "handling" || exchange.head === undefined) {
      disposeResponse(response);
      return;
    }
    const { head } = exchange;
    exchange.response = response;
    exchange.persist = this.#delivery.begin(response, {
      minorVersion: head.minorVersion,
      bodiless: head.method === "HEAD",
      persist: head.persist && !this.#stopping && !this.#intake.leavesTooMuch(exchange),
      date: this.#context.date.now(),
    });
    this.#move("answered");
  }

  /** Sends what there is of the response; true when all of it is on its way. */
  #send(): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    switch (this.#delivery.advance()) {
      case "sent":
        this.#report(true);
        this.#move("sent");
        return true;
      case "blocked":
        // A client that sends all before it reads anything must not wait for us for ever.
        if (!exchange.requestRead && !this.#intake.discard(exchange)) exchange.persist = false;
        return false;
      case "later":
        this.#context.scheduler.defer(this.#go);
        return false;
      case "waiting":
        return this.#feedBody();
      case "broken":
        this.#terminate();
        return false;
    }
  }

  /** The response is out: reads the rest of the request, then goes on or ends. */
  #settle(): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    if (!exchange.requestRead && !this.#intake.discard(exchange)) exchange.persist = false;
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
    if (exchange === undefined) return false;
    const outcome = this.#intake.feed(exchange);
    switch (outcome.kind) {
      case "fed":
        this.#patience.fed(this.#context.clock.turnMs());
        return true;
      case "broken":
        return this.#brokenBody(outcome.error);
      case "starved":
        if (this.#peerEnded) return this.#brokenBody({ kind: "incomplete" });
        // In a stream that is made of the body, an interim response would be content.
        if (exchange.continueDue && this.#state === "handling") {
          this.#outbox.addText(continueHead);
          exchange.continueDue = false;
        }
        return false;
      case "unwanted":
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

  /** Answers with a refusal of the server's own; nothing more is read for good. */
  #refuse(error: ProtocolError): void {
    // The answer to HEAD has no content, whole or not as the request may be (RFC 9110 §9.3.2).
    const method = this.#exchange?.head?.method ?? this.#intake.parser.method;
    const now = this.#context.clock.turnMs();
    const exchange = this.#exchange ?? new Exchange(undefined, undefined, now);
    exchange.body?.fail(error.kind);
    exchange.response = this.#context.refusal(error, exchange.head);
    this.#delivery.begin(exchange.response, {
      minorVersion: exchange.head?.minorVersion ?? 1,
      bodiless: method === "HEAD",
      persist: false,
      date: this.#context.date.now(),
    });
    this.#exchange = exchange;
    this.#report(true, error.kind, method);
    this.#exchange = undefined;
    this.#move("refused");
  }

  #report(whole: boolean, refusal?: ProtocolErrorKind, method?: string): void {
    const { witness, clock } = this.#context;
    const report = witness.wanted
      ? this.#exchange?.report(this.#delivery.octets, clock.monotonicMs(), whole)
      : undefined;
    if (report === undefined) return;
    const { remoteAddress } = this;
    witness.note({ ...report, remoteAddress, refusal, method: report.method ?? method });
  }

  #flush(): FlushOutcome {
    const outcome = this.#outbox.flush();
    if (outcome === "gone") this.#terminate();
    return outcome;
  }

  #arm(): void {
    const { unsent, streaming } = this.#delivery;
    const exchange = this.#exchange;
    const settling = this.#state === "settling" && exchange?.persist === true;
    const deadline = this.#patience.deadline(
      {
        state: this.#state,
        waitsFor: streaming && unsent === 0 ? "producer" : "client",
        unsent,
        bodyOctets: settling || awaitsBody(this.#exchange) ? exchange?.bodyOctets : undefined,
      },
      this.#context.clock.turnMs(),
    );
    const looksFirst = this.#awaitsReader() && deadline !== Infinity;
    this.#context.deadlines.set(this, looksFirst ? this.#patience.lookAt(deadline) : deadline);
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
    this.#delivery.release();
    this.#context.closed(this);
  }
}
