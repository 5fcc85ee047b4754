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

import type { RefusalReason } from "../../site/observer.ts";
import { BodyError } from "../../site/request.ts";
import type { ConnectionEvent, ConnectionState } from "../../http1/connection-state.ts";
import { advance } from "../../http1/connection-state.ts";
import { http1Refusals } from "../../http1/error.ts";
import type { Refusal } from "../../http/error.ts";
import { refusals } from "../../http/error.ts";
import type { Http1RequestHead } from "../../http1/request-head.ts";
import type { Response } from "../../http/response.ts";
import { continueHead } from "../../http1/response-encoder.ts";
import { RequestFreshness } from "./request-freshness.ts";
import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import { ResponseWriter } from "./response-writer.ts";
import { disposeResponse, Exchange } from "../connection/exchange.ts";
import { RequestReader } from "./request-reader.ts";
import type { Batched } from "../../schedule/write-batcher.ts";
import type { WriteOutcome } from "../connection/write-outcome.ts";
import { WriteQueue } from "../connection/write-queue.ts";
import { Timeouts } from "./timeouts.ts";
import { noBody } from "../connection/request-body.ts";
import type { Transport } from "../connection/transport.ts";

/** A connection. */
export class Http1Connection implements ProtocolConnection, Batched {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly #context: ConnectionContext;
  readonly #transport: Transport;
  readonly #intake: RequestReader;
  readonly #outbox: WriteQueue;
  readonly #delivery: ResponseWriter;
  readonly #patience: Timeouts;
  readonly #freshness: RequestFreshness;
  #state: ConnectionState = "idle";
  #exchange: Exchange<Http1RequestHead> | undefined;
  /**
   * Whether code of the loop is running. A handler that reads its body before it returns, and a
   * response's stream that is told to stop, run inside a step and may wake the connection from
   * there. They don't enter the loop a second time: a step that runs foreign code answers true
   * unless it has closed the connection, so the loop steps again and finds what has changed.
   */
  #running = false;
  #peerEnded = false;
  #stopping = false;
  #lingeredOctets = 0;

  constructor(
    context: ConnectionContext,
    transport: Transport,
    remoteAddress: string,
    heads: RequestHeadCache,
  ) {
    this.#context = context;
    this.#transport = transport;
    this.remoteAddress = remoteAddress;
    this.#intake = new RequestReader(context.limits, heads, this.#go);
    this.#outbox = new WriteQueue(transport);
    this.#delivery = new ResponseWriter(this.#outbox, context.limits, {
      changed: this.#go,
      failed: context.failed,
    });
    this.#patience = new Timeouts(context.limits, context.clock.turnMs());
    this.#freshness = new RequestFreshness(context.scheduler, context.logicalClock);
    this.#arm();
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#state;
  }

  receive(octets: Uint8Array): void {
    if (this.#state === "closed") return;
    if (this.#isDeaf()) {
      this.#lingeredOctets += octets.length;
      if (this.#lingeredOctets > this.#context.limits.lingerBytesMax) this.#terminate();
      return;
    }
    const { parser } = this.#intake;
    this.#freshness.note(octets, parser);
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

  drained(): void {
    this.#outbox.drained();
    this.#run();
  }

  peerEnded(): void {
    this.#peerEnded = true;
    if (this.#state === "lingering") this.#close("ended");
    else if (this.#state !== "closed") this.#run();
  }

  closed(): void {
    if (this.#state !== "closed") this.#end("gone");
  }

  stop(): void {
    this.#stopping = true;
    if (this.#state !== "closed") this.#run();
  }

  turnAway(reason: RefusalReason): void {
    if (this.#state !== "idle") return;
    this.#refuse(refusals[reason]);
    this.#run();
  }

  abort(): void {
    if (this.#state !== "closed") this.#terminate();
  }

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
        this.#refuse(refusals["request-timeout"]);
        break;
      case "handling":
        this.#refuse(
          refusals[this.#exchange?.body.wanted === true ? "request-timeout" : "overloaded"],
        );
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
    this.#intake.steer(this.#transport, this.#state, this.#exchange?.body, this.#outbox.blocked);
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
        this.#refuse(event.refusal);
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
    this.#refuse(http1Refusals.incomplete);
    return true;
  }

  #ask(head: Http1RequestHead): void {
    this.#move("asked");
    const { clock } = this.#context;
    const { remoteAddress } = this;
    const body = this.#intake.bodyOf(head);
    const receivedMs = clock.epochMs();
    const request = { head, body, remoteAddress, receivedMs };
    const exchange = new Exchange(this.#context, remoteAddress, body, request);
    this.#exchange = exchange;
    try {
      const answer = this.#context.answer(request, this.#freshness.take());
      if (answer instanceof Promise) this.#await(exchange, answer).catch(this.#context.failed);
      else this.#answer(exchange, answer);
    } catch (error) {
      this.#handlerFailed(exchange, error);
    }
  }

  /** Waits for a handler that could not answer at once. */
  async #await(exchange: Exchange<Http1RequestHead>, answer: Promise<Response>): Promise<void> {
    try {
      const response = await answer;
      this.#running = true;
      this.#answer(exchange, response);
    } catch (error) {
      this.#running = true;
      this.#handlerFailed(exchange, error);
    } finally {
      this.#running = false;
    }
    this.#run();
  }

  #handlerFailed(exchange: Exchange<Http1RequestHead>, error: unknown): void {
    if (this.#exchange !== exchange || this.#state !== "handling") return;
    if (error instanceof BodyError) {
      if (error.refusal === undefined) this.#terminate();
      else this.#refuse(error.refusal);
      return;
    }
    this.#context.failed(error);
    const response = this.#context.refuse(refusals["handler-failed"], exchange.request);
    this.#answer(exchange, response);
  }

  /** Queues a handler's response, or drops it when nobody waits for it any more. */
  #answer(exchange: Exchange<Http1RequestHead>, response: Response): void {
    const head = exchange.request?.head;
    if (this.#exchange !== exchange || this.#state !== "handling" || head === undefined) {
      disposeResponse(response);
      return;
    }
    exchange.answer(response);
    exchange.persist = this.#delivery.begin(response, {
      minorVersion: head.minorVersion,
      bodiless: head.method === "HEAD",
      persist: head.persist && !this.#stopping && !this.#intake.leavesTooMuch(exchange.body),
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
        exchange.end(this.#delivery.octets, true);
        this.#move("sent");
        return true;
      case "blocked":
        // A client that sends all before it reads anything must not wait for us for ever.
        if (!this.#intake.discard(exchange.body)) exchange.persist = false;
        return false;
      case "later":
        this.#context.scheduler.defer(this.#go);
        return false;
      case "waiting":
        return this.#feedBody();
      case "gone":
      case "short":
      case "changed":
      case "failed":
        this.#terminate();
        return false;
    }
  }

  /** The response is out: reads the rest of the request, then goes on or ends. */
  #settle(): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    if (!this.#intake.discard(exchange.body)) exchange.persist = false;
    if (!exchange.body.isRead && exchange.persist && !this.#peerEnded) return false;
    if (exchange.persist && exchange.body.isRead) {
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
    const outcome = this.#intake.feed(exchange.body);
    switch (outcome.kind) {
      case "fed":
        this.#patience.fed(this.#context.clock.turnMs());
        return true;
      case "broken":
        return this.#brokenBody(outcome.refusal);
      case "starved":
        if (this.#peerEnded) return this.#brokenBody(http1Refusals.incomplete);
        // In a stream that is made of the body, an interim response would be content.
        if (exchange.body.continueDue && this.#state === "handling") {
          this.#outbox.addText(continueHead);
          exchange.body.continueDue = false;
        }
        return false;
      case "unwanted":
        return false;
    }
  }

  #brokenBody(refusal: Refusal): boolean {
    if (this.#state === "handling") {
      this.#refuse(refusal);
      return true;
    }
    this.#exchange?.body.fail(refusal);
    this.#terminate();
    return false;
  }

  /** Answers with a refusal of the server's own; nothing more is read for good. */
  #refuse(refusal: Refusal): void {
    // The answer to HEAD has no content, whole or not as the request may be (RFC 9110 §9.3.2).
    const head = this.#exchange?.request?.head;
    const method = head?.method ?? this.#intake.parser.method;
    const exchange =
      this.#exchange ?? new Exchange(this.#context, this.remoteAddress, noBody, undefined);
    exchange.body.fail(refusal);
    const response = this.#context.refuse(refusal, exchange.request);
    exchange.answer(response);
    this.#delivery.begin(response, {
      minorVersion: head?.minorVersion ?? 1,
      bodiless: method === "HEAD",
      persist: false,
      date: this.#context.date.now(),
    });
    exchange.end(this.#delivery.octets, true, refusal.kind, method);
    this.#exchange = undefined;
    this.#move("refused");
  }

  #flush(): WriteOutcome {
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
        bodyOctets: settling || exchange?.body.wanted === true ? exchange?.body.octets : undefined,
      },
      this.#context.clock.turnMs(),
    );
    const checksFirst = this.#awaitsReader() && deadline !== Infinity;
    this.#context.deadlines.set(this, checksFirst ? this.#patience.checkAt(deadline) : deadline);
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
    this.#exchange?.end(this.#delivery.octets, false);
    this.#state = advance(this.#state, event);
    this.#context.deadlines.remove(this);
    this.#exchange?.body.fail("gone");
    this.#exchange = undefined;
    this.#delivery.release();
    this.#context.closed(this);
  }
}
