/**
 * The tunnel that an HTTP/1.1 connection becomes with a 101 (RFC 9110 §7.8): it has the socket from
 * then on, and what the connection has queued goes out before anything else. Loaded with the first
 * tunnel, so that a connection that stays HTTP has nothing of it.
 *
 * Reading and writing end one by one. Our side ends when its user says so and all is written; the
 * client's when it ends it, or at once after `close`. When both have ended, the socket is closed.
 * What ends in another way was cut off, and the record of the request says so.
 */

import type { Limits } from "../../base/limits.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Body } from "../../http/message/response.ts";
import type { Tunnel, TunnelUser } from "../../http/message/tunnel.ts";
import type { Exchange } from "../connection/exchange.ts";
import { Outbox } from "../connection/outbox.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Transport } from "../connection/transport.ts";
import type { WriteQueue } from "../connection/write-queue.ts";
import type { Http1Shared } from "./http1-shared.ts";
import type { Waiting } from "./timeouts.ts";
import { Timeouts } from "./timeouts.ts";

/** What the connection hands over. */
interface TunnelParts {
  readonly context: ConnectionContext;
  readonly transport: Transport;
  readonly shared: Http1Shared;
  /** With the 101 in it. */
  readonly queue: WriteQueue;
  readonly exchange: Exchange<RequestHead>;
  /** What the client has sent behind its request. */
  readonly rest: Uint8Array;
  readonly isStopping: boolean;
  readonly hasPeerEnded: boolean;
}

/** A connection that has left HTTP. */
export class Http1Tunnel implements ProtocolConnection, Tunnel {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly limits: Limits;
  readonly #context: ConnectionContext;
  readonly #transport: Transport;
  readonly #shared: Http1Shared;
  readonly #queue: WriteQueue;
  readonly #exchange: Exchange<RequestHead>;
  readonly #timeouts: Timeouts;
  readonly #outbox = new Outbox();
  /** The octets of the outbox for which memory was taken. */
  #heldOctets = 0;
  #user: TunnelUser | undefined;
  /** Our side: it is ended when all was written, or was. */
  #output: "open" | "ending" | "ended" = "open";
  #hasPeerEnded: boolean;
  /** Whether what the client sends is thrown away, and how much of it was. */
  #isDeaf = false;
  #lingeredOctets = 0;
  #isClosed = false;
  #isPaused = false;
  /** Whether a step runs that writes what was queued when it is over. */
  #isStepping = false;
  #isFlushDue = false;
  /** Whether the client was slow, so that `hasDrained` is owed. */
  #wasFull = false;
  /** Whether the least rate is demanded of the client, which hasn't taken all there is. */
  #isTimed = false;
  #wakeMs = Infinity;
  #lingerMs = Infinity;
  /** Octets that were written. */
  #octets = 0;

  constructor(parts: TunnelParts, before: ProtocolConnection) {
    const { context, transport, shared, queue, exchange, hasPeerEnded } = parts;
    this.remoteAddress = before.remoteAddress;
    this.limits = context.limits;
    this.#context = context;
    this.#transport = transport;
    this.#shared = shared;
    this.#queue = queue;
    this.#exchange = exchange;
    this.#hasPeerEnded = hasPeerEnded;
    this.#timeouts = new Timeouts(context, context.clock.turnMs());
  }

  /** Begins the tunnel of `body`, which is of that kind, with the socket of `before`. */
  static begin(parts: TunnelParts, body: Body, before: ProtocolConnection): void {
    if (body.kind !== "tunnel") return;
    const tunnel = new Http1Tunnel(parts, before);
    parts.transport.handTo(tunnel);
    parts.context.replaced(before, tunnel);
    tunnel.#step(() => {
      const user = body.open(tunnel);
      tunnel.#user = user;
      // It may have been given up already by its user.
      if (tunnel.#isClosed) return user.closed();
      if (parts.rest.length > 0) tunnel.receive(parts.rest);
      if (parts.hasPeerEnded) tunnel.peerEnded();
      if (parts.isStopping) tunnel.stop();
    });
  }

  get pending(): number {
    return this.#queue.pending + this.#outbox.octets;
  }

  get isFull(): boolean {
    return this.#queue.blocked && this.pending >= this.limits.sendPieceBytes;
  }

  get nowMs(): number {
    return this.#context.clock.turnMs();
  }

  write(octets: Uint8Array): void {
    if (this.#isClosed || this.#output !== "open") return;
    this.#octets += octets.length;
    if (!this.#queue.blocked) {
      this.#queue.addBytes(octets);
      if (this.#queue.pending >= this.limits.sendPieceBytes) this.#flush();
    } else {
      this.#outbox.add(octets);
      this.#holdOutbox();
    }
    this.#wasFull ||= this.isFull;
    this.#flushLater();
  }

  /** Writes at the end of the step, or of the code that runs now. */
  #flushLater(): void {
    if (this.#isStepping || this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#isFlushDue = false;
    this.#step(() => undefined);
  };

  pause(): void {
    if (this.#isPaused || this.#isClosed) return;
    this.#isPaused = true;
    this.#transport.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    this.#transport.resume();
  }

  end(): void {
    if (this.#output === "open") this.#output = "ending";
    this.#flushLater();
  }

  close(): void {
    this.#isDeaf = true;
    this.resume();
    this.end();
  }

  abort(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#transport.terminate();
  }

  wakeAt(atMs: number): void {
    this.#wakeMs = atMs;
    if (!this.#isStepping) this.#arm();
  }

  hold(octets: number, before: number): boolean {
    const { bodies } = this.#shared;
    if (octets > before) return bodies.take(octets, before, this.limits.bodiesBytesMax);
    bodies.hold(octets, before);
    return true;
  }

  tookMessage(message: string | Uint8Array): void {
    this.#exchange.request?.tookMessage?.(message);
  }

  failed(error: unknown): void {
    this.#context.failed(error);
  }

  receive(octets: Uint8Array): void {
    if (this.#isDeaf) {
      this.#lingeredOctets += octets.length;
      if (this.#lingeredOctets > this.limits.lingerBytesMax) this.abort();
      return;
    }
    this.#step((user) => user.received(octets));
  }

  drained(): void {
    this.#timeouts.hold(0);
    this.#queue.drained();
    this.#step(() => undefined);
  }

  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.#step((user) => {
      if (!this.#isDeaf) user.clientEnded();
    });
  }

  closed(): void {
    this.#end();
  }

  expire(nowMs: number): void {
    const { pending } = this;
    if (nowMs >= this.#lingerMs) {
      // What the kernel still holds for the client is delivered after a close, not after a reset.
      this.#end();
      this.#transport.close();
      return;
    }
    const isSlow = this.#queue.blocked && pending > 0;
    const waiting = this.#waiting();
    if (isSlow && !this.#timeouts.stillReads(waiting, pending, this.#transport, nowMs)) {
      this.abort();
      return;
    }
    this.#step((user) => {
      if (nowMs < this.#wakeMs) return;
      this.#wakeMs = Infinity;
      user.expired();
    });
  }

  stop(): void {
    this.#step((user) => user.stop());
  }

  turnAway(): void {
    this.abort();
  }

  /**
   * Runs `step`, which is code from outside, writes what it has queued, and sets the deadline. A
   * step within another one only runs.
   */
  #step(step: (user: TunnelUser) => void): void {
    if (this.#isClosed) return;
    const isOuter = !this.#isStepping;
    this.#isStepping = true;
    try {
      step(this.#user as TunnelUser);
    } catch (error) {
      this.#context.failed(error);
      this.abort();
    }
    if (!isOuter) return;
    this.#isStepping = false;
    this.#flush();
    this.#arm();
  }

  /** Writes what the socket takes, and ends our side after the last of it. */
  #flush(): void {
    for (;;) {
      if (this.#isClosed) return;
      this.#fill();
      const outcome = this.#queue.flush();
      if (outcome === "gone") return this.abort();
      if (outcome === "blocked") break;
      if (this.#outbox.octets === 0) break;
    }
    this.#holdOutbox();
    if (this.pending > 0 || this.#isClosed) return;
    this.#isTimed = false;
    if (this.#output === "ending") this.#endOutput();
    else this.#tellDrained();
  }

  /** Moves what has waited into the queue, as much as one flush writes. */
  #fill(): void {
    while (this.#queue.pending < this.limits.sendPieceBytes) {
      const piece = this.#outbox.take();
      if (piece === undefined) return;
      this.#queue.addBytes(piece);
    }
  }

  /** Takes memory for what waits; resets the connection when there is none. */
  #holdOutbox(): void {
    const { octets } = this.#outbox;
    if (octets === this.#heldOctets) return;
    const { queued } = this.#shared;
    queued.release(this.#heldOctets);
    const isHeld = queued.take(octets);
    this.#heldOctets = isHeld ? octets : 0;
    if (!isHeld) this.abort();
  }

  #tellDrained(): void {
    if (!this.#wasFull) return;
    this.#wasFull = false;
    this.#step((user) => user.hasDrained());
  }

  #endOutput(): void {
    this.#output = "ended";
    if (this.#hasPeerEnded) {
      this.#end();
      this.#transport.close();
      return;
    }
    this.#transport.shutdown();
    if (this.#isDeaf) this.#lingerMs = this.nowMs + this.limits.lingerTimeMs;
  }

  #waiting(): Waiting {
    return { state: "answering", waitsFor: "client", unsent: this.pending, bodyOctets: undefined };
  }

  #arm(): void {
    if (this.#isClosed) return;
    if (this.#output === "ended" && this.#hasPeerEnded) {
      this.#end();
      this.#transport.close();
      return;
    }
    let deadline = Math.min(this.#wakeMs, this.#lingerMs);
    if (this.#queue.blocked && this.pending > 0) {
      const { nowMs } = this;
      if (!this.#isTimed) this.#timeouts.begin("answering", nowMs);
      this.#isTimed = true;
      deadline = Math.min(deadline, this.#timeouts.next(this.#waiting(), nowMs));
    }
    this.#context.timers.set(this, deadline);
  }

  /** Releases everything that the tunnel holds, but for the socket, and tells its user. */
  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What is pending may be the 101 itself.
    const octets = Math.max(0, this.#octets - this.pending);
    this.#exchange.end(octets, this.#output === "ended");
    this.#context.timers.remove(this);
    this.#timeouts.hold(0);
    this.#queue.release();
    this.#outbox.clear();
    this.#shared.queued.release(this.#heldOctets);
    this.#heldOctets = 0;
    this.#context.closed(this);
    try {
      this.#user?.closed();
    } catch (error) {
      this.#context.failed(error);
    }
  }
}
