/**
 * One client's HTTP/1.1 connection, from accept to close (RFC 9112 §9). It hands octets to the
 * parser, requests to the handler and responses to the writer, and moves through the states of
 * `http1/connection-state.ts`. It knows no socket, no timer and no file, only their interfaces.
 *
 * There is one loop: it steps for as long as a step changes anything, then flushes the output, then
 * pauses or resumes reading, then sets the deadline. Every callback (the socket, the promise of a
 * handler, a stream, a reader of the body) runs the loop, so there is one order of things, and no
 * state is left half changed between two callbacks. One response is in flight; the requests that a
 * client pipelines behind it wait in the socket.
 */

import type { RefusalReason } from "../../site/observer.ts";
import type { Request, RequestConnection } from "../../site/request.ts";
import { BodyError } from "../../site/request.ts";
import type { ConnectionEvent, ConnectionState } from "../../http1/connection-state.ts";
import { advance } from "../../http1/connection-state.ts";
import { http1Refusals } from "../../http1/error.ts";
import type { Refusal } from "../../http/message/error.ts";
import { refusals } from "../../http/message/error.ts";
import type { Http1RequestHead as Head } from "../../http1/request-head.ts";
import { asksFor } from "../../http1/request-head.ts";
import type { Response, ResponseField } from "../../http/message/response.ts";
import { continueHead, interimHead, wireContext } from "../../http1/response-encoder.ts";
import { RequestFreshness } from "./request-freshness.ts";
import type { Http1Shared } from "./http1-shared.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import { ResponseWriter } from "./response-writer.ts";
import { arrivedRequest, disposeResponse, Exchange } from "../connection/exchange.ts";
import { RequestReader } from "./request-reader.ts";
import type { Batched } from "../../schedule/write-batcher.ts";
import type { WriteOutcome } from "../connection/write-outcome.ts";
import { WriteQueue } from "../connection/write-queue.ts";
import type { Waiting } from "./timeouts.ts";
import { Timeouts, whenLate } from "./timeouts.ts";
import { noBody } from "../connection/request-body.ts";
import type { Transport } from "../connection/transport.ts";

/** A connection that speaks HTTP/1.1. */
export class Http1Connection implements ProtocolConnection, Batched, RequestConnection {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly #context: ConnectionContext;
  readonly #reader: RequestReader;
  readonly #queue: WriteQueue;
  readonly #writer: ResponseWriter;
  readonly #timeouts: Timeouts;
  readonly #freshness: RequestFreshness;
  readonly #shared: Http1Shared;
  #state: ConnectionState = "idle";
  #exchange: Exchange<Head> | undefined;
  /**
   * Whether a step of the loop is running. Some steps run code from outside, which may wake the
   * connection: a handler that reads its body before it returns, a stream that is told to stop.
   * Such a call doesn't enter the loop a second time. Nothing is lost by that: a step that runs
   * code from outside answers true, unless it has closed the connection, so the loop steps once
   * more and finds what has changed.
   */
  #isStepping = false;
  #hasPeerEnded = false;
  #stopping: "no" | "patiently" | "now" = "no";

  constructor(
    context: ConnectionContext,
    transport: Transport,
    remoteAddress: string,
    shared: Http1Shared,
  ) {
    this.#context = context;
    this.remoteAddress = remoteAddress;
    this.#shared = shared;
    this.#reader = new RequestReader(context.limits, shared.heads, shared.bodies, this.#run);
    this.#queue = new WriteQueue(transport, shared.queued);
    this.#writer = new ResponseWriter(this.#queue, context.limits, this.#run, context.failed);
    this.#timeouts = new Timeouts(context, context.clock.turnMs());
    this.#freshness = new RequestFreshness(context.scheduler, context.logicalClock);
    this.#arm();
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#state;
  }

  receive(octets: Uint8Array): void {
    if (this.#state === "closed") return;
    if (this.#reader.isDeaf(this.#state, this.#exchange?.persist)) {
      if (!this.#reader.linger(octets)) this.#terminate();
      return;
    }
    const { parser } = this.#reader;
    this.#freshness.note(octets, parser);
    parser.push(octets);
    if (!this.#advance()) return;
    // Output waits for the end of the turn only when the connection has nothing else to do.
    const mayWait = this.#state === "idle" && this.#queue.mayWait;
    // The batcher calls `leave` in this turn, which sets the deadline.
    if (!mayWait || !this.#context.batcher.hold(this)) this.leave();
  }

  drained(): void {
    this.#timeouts.hold(0);
    this.#queue.drained();
    this.#run();
  }

  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.#exchange?.clientLeft();
    if (this.#state === "lingering") this.#close();
    else if (this.#writer.endsWithClient) this.#terminate();
    else if (this.#state !== "closed") this.#run();
  }

  closed(): void {
    if (this.#state !== "closed") this.#end("gone");
  }

  stop(isPatient: boolean): void {
    this.#stopping = isPatient ? "patiently" : "now";
    if (this.#state !== "closed") this.#run();
  }

  inform(request: Request, status: number, fields: readonly ResponseField[]): void {
    if (this.#state !== "handling" || this.#exchange?.request !== request) return;
    this.#queue.addText(interimHead(status, fields, request.head));
    this.#run();
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
    const { pending, transport } = this.#queue;
    const waiting = this.#waiting();
    if (this.#timeouts.stillReads(waiting, pending, transport, now)) return this.#arm();
    const late = whenLate(this.#state, pending, this.#awaitsBody(), this.#exchange?.request);
    if (late === "wait") this.#timeouts.fed(now);
    if (late === "wait") return this.#arm();
    if (late === "terminate") return this.#terminate();
    if (late === "close") return this.#close();
    if (late === "last") {
      if (this.#exchange !== undefined) this.#exchange.persist = false;
      this.#last();
    } else this.#refuse(refusals[late]);
    this.#run();
  }

  /** Whether a handler waits for octets of the body. */
  #awaitsBody(): boolean {
    return this.#exchange?.body.wanted === true;
  }

  /** Runs the loop. A callback, too: of a stream, of a reader of the body, of the next turn. */
  readonly #run = (): void => {
    if (this.#advance()) this.leave();
  };

  /**
   * Steps for as long as a step changes anything. False when there is nothing to flush after it.
   */
  #advance(): boolean {
    if (this.#isStepping || this.#state === "closed") return false;
    this.#isStepping = true;
    while (this.#step());
    this.#isStepping = false;
    return true;
  }

  /** Flushes the output, pauses or resumes reading, and sets the deadline. */
  leave(): void {
    if (this.#state === "closed" || this.#flush() === "gone") return;
    const { blocked, transport } = this.#queue;
    this.#reader.steer(transport, this.#state, this.#exchange?.body, blocked);
    this.#arm();
  }

  /** Does what is to be done next in this state. False when the connection has to wait. */
  #step(): boolean {
    const exchange = this.#exchange;
    switch (this.#state) {
      case "idle":
      case "head":
        return this.#readHead();
      case "handling":
        return exchange !== undefined && this.#feedBody(exchange);
      case "answering":
        return exchange !== undefined && this.#send(exchange);
      case "settling":
        return exchange !== undefined && this.#settle(exchange);
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
    this.#timeouts.begin(this.#state, this.#context.clock.turnMs());
  }

  #readHead(): boolean {
    // Queued output is flushed before the next request is read: otherwise the responses to a client
    // that pipelines and never reads would pile up in memory.
    if (this.#queue.blocked) return false;
    const full = this.#queue.pending >= this.#context.limits.sendPieceBytes;
    if (full && this.#flush() !== "sent") return false;
    const event = this.#reader.parser.next();
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

  /** No whole head has arrived: a request may have begun, and the client's end may have come. */
  #awaitHead(): boolean {
    if (this.#reader.parser.place === "between") {
      if (this.#state === "idle" && (this.#hasPeerEnded || this.#stopping === "now")) {
        if (this.#flush() === "sent") this.#close();
      }
      return false;
    }
    if (this.#state === "idle") this.#move("begun");
    if (!this.#hasPeerEnded) return false;
    this.#refuse(http1Refusals.incomplete);
    return true;
  }

  /** Asks the handler for the answer to the request with `head`. */
  #ask(head: Head): void {
    this.#move("asked");
    const body = this.#reader.bodyOf(head);
    const request = arrivedRequest(head, body, this, this.#context.clock, this.#shared.proxied);
    const exchange = new Exchange(this.#context, this.remoteAddress, body, request);
    this.#exchange = exchange;
    try {
      const answer = this.#context.answer(request, this.#freshness.take());
      if (answer instanceof Promise) this.#await(exchange, answer).catch(this.#context.failed);
      else this.#answer(exchange, answer);
    } catch (error) {
      this.#handlerFailed(exchange, error);
    }
  }

  /** Waits for a handler that could not answer at once; queueing its answer is a step, too. */
  async #await(exchange: Exchange<Head>, answer: Promise<Response>): Promise<void> {
    exchange.body.hold();
    try {
      const response = await answer;
      this.#isStepping = true;
      this.#answer(exchange, response);
    } catch (error) {
      this.#isStepping = true;
      this.#handlerFailed(exchange, error);
    } finally {
      this.#isStepping = false;
      exchange.body.release();
    }
    this.#run();
  }

  #handlerFailed(exchange: Exchange<Head>, error: unknown): void {
    if (this.#exchange !== exchange || this.#state !== "handling") return;
    if (error instanceof BodyError) {
      if (error.refusal === undefined) this.#terminate();
      else this.#refuse(error.refusal);
      return;
    }
    this.#context.failed(error, exchange.request);
    this.#answer(exchange, this.#context.refuse(refusals["handler-failed"], exchange.request));
  }

  /** Queues a handler's response, or disposes of it when the exchange is over already. */
  #answer(exchange: Exchange<Head>, response: Response): void {
    const head = exchange.request?.head;
    if (this.#exchange !== exchange || this.#state !== "handling" || head === undefined) {
      return disposeResponse(response);
    }
    if (response.body.kind === "tunnel") return this.#switch(exchange, head, response);
    exchange.answer(response);
    const mayGoOn = head.persist && this.#stopping === "no";
    const persist = mayGoOn && !this.#reader.leavesTooMuch(exchange.body);
    exchange.persist = this.#queueResponse(response, head, persist);
    this.#move("answered");
  }

  /** Queues `response`. Answers whether the connection goes on after it. */
  #queueResponse(response: Response, head: Head | undefined, persist: boolean): boolean {
    const method = head?.method ?? this.#reader.parser.method;
    const { keepAlive } = this.#shared;
    const context = wireContext(head, method, persist, keepAlive, this.#context.date.now());
    return this.#writer.begin(response, context);
  }

  /** Gives the connection to the tunnel of a 101, as the client has asked (RFC 9110 §7.8). */
  #switch(exchange: Exchange<Head>, head: Head, response: Response): void {
    if (!asksFor(head, response.upgrade) || !this.#reader.hasRead(exchange.body)) {
      disposeResponse(response);
      return this.#handlerFailed(exchange, new TypeError("a 101 that no request asked for"));
    }
    const { Http1Tunnel } = require("./http1-tunnel.ts") as typeof import("./http1-tunnel.ts");
    exchange.answer(response);
    this.#queueResponse(response, head, true);
    this.#move("switched");
    this.#exchange = undefined;
    this.#context.timers.remove(this);
    this.#timeouts.hold(0);
    Http1Tunnel.begin(
      {
        context: this.#context,
        transport: this.#queue.transport,
        shared: this.#shared,
        queue: this.#queue,
        exchange,
        rest: this.#reader.leave(this.#queue.transport),
        isStopping: this.#stopping !== "no",
        hasPeerEnded: this.#hasPeerEnded,
      },
      response.body,
      this,
    );
  }

  /** Sends as much of the response as can be sent now; true when that was all. */
  #send(exchange: Exchange<Head>): boolean {
    switch (this.#writer.advance()) {
      case "sent":
        exchange.end(this.#writer.octets, true);
        this.#move("sent");
        return true;
      case "blocked":
        // A client that sends its whole request before it reads would wait for ever otherwise.
        if (!this.#reader.discard(exchange.body)) exchange.persist = false;
        return false;
      case "later":
        this.#context.scheduler.defer(this.#run);
        return false;
      case "waiting":
        return this.#feedBody(exchange);
      default:
        // The response can't be finished: the client must see that it isn't whole.
        this.#terminate();
        return false;
    }
  }

  /** The response is sent: discards the rest of the request, then goes on or ends. */
  #settle(exchange: Exchange<Head>): boolean {
    if (!this.#reader.discard(exchange.body)) exchange.persist = false;
    if (!exchange.body.isRead && exchange.persist && !this.#hasPeerEnded) return false;
    if (exchange.persist && exchange.body.isRead) {
      this.#exchange = undefined;
      this.#move("done");
      return true;
    }
    this.#last();
    return false;
  }

  /** Ends the connection after its last response. */
  #last(): void {
    if (this.#flush() !== "sent") return;
    this.#exchange = undefined;
    this.#move("last");
    this.#shut();
  }

  /** Shuts our side and waits for the client to shut its own (RFC 9112 §9.6). */
  #shut(): void {
    if (this.#hasPeerEnded) this.#close();
    else this.#queue.transport.shutdown();
  }

  /** Gives a waiting handler the next octets of the body. */
  #feedBody(exchange: Exchange<Head>): boolean {
    const outcome = this.#reader.feed(exchange.body);
    switch (outcome.kind) {
      case "fed":
        this.#timeouts.fed(this.#context.clock.turnMs());
        return true;
      case "broken":
        return this.#brokenBody(outcome.refusal);
      case "starved":
        if (this.#hasPeerEnded) return this.#brokenBody(http1Refusals.incomplete);
        // Once the final response has begun, an interim one would be taken for its content.
        if (exchange.body.continueDue && this.#state === "handling") {
          this.#queue.addText(continueHead);
          exchange.body.continueDue = false;
        }
        return false;
      case "unwanted":
        return false;
    }
  }

  /** The rest of the body can't be read, for the reason that `refusal` gives. */
  #brokenBody(refusal: Refusal): boolean {
    if (this.#state === "handling") {
      this.#refuse(refusal);
      return true;
    }
    this.#exchange?.body.fail(refusal);
    this.#terminate();
    return false;
  }

  /** Answers with a refusal of the server's own; no request is read after it. */
  #refuse(refusal: Refusal): void {
    const head = this.#exchange?.request?.head;
    const method = head?.method ?? this.#reader.parser.method;
    const exchange = this.#exchange ?? new Exchange(this.#context, this.remoteAddress, noBody);
    exchange.body.fail(refusal);
    const response = this.#context.refuse(refusal, exchange.request);
    exchange.answer(response);
    this.#queueResponse(response, head, false);
    exchange.end(this.#writer.octets, true, refusal.kind, method);
    this.#exchange = undefined;
    this.#move("refused");
  }

  #flush(): WriteOutcome {
    const outcome = this.#queue.flush();
    if (outcome === "gone") this.#terminate();
    return outcome;
  }

  #arm(): void {
    const deadline = this.#timeouts.next(this.#waiting(), this.#context.clock.turnMs());
    this.#context.timers.set(this, deadline);
  }

  #waiting(): Waiting {
    const { unsent, waitsFor } = this.#writer;
    const exchange = this.#exchange;
    const settles = this.#state === "settling" && exchange?.persist === true;
    return {
      state: this.#state,
      waitsFor,
      unsent,
      bodyOctets: settles || this.#awaitsBody() ? exchange?.body.octets : undefined,
    };
  }

  #close(): void {
    this.#end("ended");
    this.#queue.transport.close();
  }

  #terminate(): void {
    if (this.#state === "closed") return;
    this.#end("gone");
    this.#queue.transport.terminate();
  }

  /** Releases everything the connection holds, but for the socket. */
  #end(event: "ended" | "gone"): void {
    const { dropped } = this.#context.observers;
    if (this.#state === "head") dropped.tell(this.remoteAddress, "reset within a request's head");
    this.#exchange?.cutOff(this.#writer.octets, this.#stopping === "now");
    this.#state = advance(this.#state, event);
    this.#context.timers.remove(this);
    this.#timeouts.hold(0);
    this.#exchange?.body.fail("gone");
    this.#exchange = undefined;
    this.#writer.release();
    this.#context.closed(this);
  }
}
