/**
 * A WebSocket in its tunnel, from the 101 to its end: messages for the handler, the answers to Ping
 * and Close, and the deadlines.
 *
 * What comes is read only while its handler keeps up and the client takes what is sent to it, so
 * that neither fills the memory. Messages wait in an inbox up to a bound, behind which control
 * frames are still answered; beyond it the client's octets stay in the kernel.
 *
 * Absent on purpose: permessage-deflate (RFC 7692). It would compress in a turn of the event loop,
 * with up to 300 KB of state for each client, to save octets on the way to the same machine.
 */

import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { Tunnel, TunnelUser } from "../../http/message/tunnel.ts";
import type { CloseReason, WebSocketFault } from "../../websocket/close-code.ts";
import { closeCodes, encodeClose, readClose } from "../../websocket/close-code.ts";
import { encodeFrame, encodeText, opcodes } from "../../websocket/frame.ts";
import type { WebSocketMessage } from "../../websocket/message-reader.ts";
import { MessageReader } from "../../websocket/message-reader.ts";
import type { RouteParams, RouteRequest } from "../library/route-request.ts";
import { MessageInbox } from "./message-inbox.ts";
import type { ServerWebSocket, WebSocketHooks } from "./server-web-socket.ts";

type Pull = (result: IteratorResult<WebSocketMessage, undefined>) => void;

const done: IteratorResult<WebSocketMessage, undefined> = { done: true, value: undefined };

const nothing = new Uint8Array(0);

/** The octets of what a handler sends. */
function octetsOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

/** What a session is made with. */
interface SessionParts {
  readonly request: RouteRequest;
  readonly protocol: string;
  readonly hooks: WebSocketHooks;
  /** The sockets of the route: it is in there while it isn't closed. */
  readonly sockets: Set<ServerWebSocket>;
}

/** The WebSocket of one client. */
export class WebSocketSession implements ServerWebSocket, TunnelUser {
  readonly request: RouteRequest;
  readonly protocol: string;
  readonly #hooks: WebSocketHooks;
  readonly #sockets: Set<ServerWebSocket>;
  readonly #tunnel: Tunnel;
  readonly #reader: MessageReader;
  readonly #inbox: MessageInbox;
  #state: ServerWebSocket["state"] = "open";
  /** Whether a promise of a hook is pending that the next message waits for. */
  #isBusy = false;
  #isReading = false;
  #isPaused = false;
  /** Iterators that wait for a message. */
  #pulls: Pull[] = [];
  /** What waits for the client to read. */
  #drains: (() => void)[] = [];
  /** How it ended, and whether the handler has been told. */
  #end: CloseReason | undefined;
  #isEndTold = false;
  /** When a silent client is pinged; once it was, when it is given up. */
  #idleDueMs: number;
  #isPinged = false;
  /** When the message that has begun has to be whole. */
  #messageDueMs = Infinity;
  /** When the client has to have answered a Close. */
  #closeDueMs = Infinity;

  constructor({ request, protocol, hooks, sockets }: SessionParts, tunnel: Tunnel) {
    const { limits } = tunnel;
    this.request = request;
    this.protocol = protocol;
    this.#hooks = hooks;
    this.#sockets = sockets;
    this.#tunnel = tunnel;
    const hold = (octets: number, before: number): boolean => tunnel.hold(octets, before);
    this.#reader = new MessageReader(limits, hold);
    this.#inbox = new MessageInbox(limits.webSocketInboxBytesMax, hold);
    this.#idleDueMs = tunnel.nowMs + limits.webSocketIdleTimeMs;
  }

  /** Tells the handler that the socket is open. */
  begin(): void {
    this.#sockets.add(this);
    const { open, message } = this.#hooks;
    // Without `message` it may be `open` itself that reads.
    if (open !== undefined) this.#call(() => open(this), message !== undefined);
    this.#arm();
  }

  get params(): RouteParams {
    return this.request.params;
  }

  get state(): ServerWebSocket["state"] {
    return this.#state;
  }

  get pending(): number {
    return this.#state === "closed" ? 0 : this.#tunnel.pending;
  }

  send(message: string | ArrayBuffer | ArrayBufferView): boolean {
    if (this.#state !== "open") return false;
    return this.#write(
      typeof message === "string"
        ? encodeText(message)
        : encodeFrame(opcodes.binary, octetsOf(message)),
    );
  }

  sendOctets(octets: Uint8Array): boolean {
    return this.#state === "open" && this.#write(octets.slice());
  }

  /** Writes `octets` unless too many wait already. False when the client is slow. */
  #write(octets: Uint8Array): boolean {
    const { pending, limits } = this.#tunnel;
    if (pending > limits.webSocketQueueBytesMax) {
      this.#tunnel.abort();
      return false;
    }
    this.#tunnel.write(octets);
    return !this.#tunnel.isFull;
  }

  drained(): Promise<void> {
    if (this.#state === "closed" || !this.#tunnel.isFull) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drains.push(resolve);
    });
  }

  ping(payload: string | Uint8Array = nothing): void {
    const octets = typeof payload === "string" ? utf8Bytes(payload) : payload;
    const frame = encodeFrame(opcodes.ping, octets);
    if (this.#state === "open") this.#write(frame);
  }

  close(code: number = closeCodes.normal, reason = ""): void {
    const frame = encodeClose(code, reason);
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#tunnel.write(frame);
    this.#closeDueMs = this.#tunnel.nowMs + this.#tunnel.limits.webSocketCloseTimeMs;
    // What comes from now on is read only to find the client's Close.
    this.#inbox.clear();
    this.#endPulls();
    this.#read();
  }

  abort(): void {
    this.#tunnel.abort();
  }

  [Symbol.asyncIterator](): AsyncIterator<WebSocketMessage, undefined> {
    if (this.#hooks.message !== undefined) {
      throw new TypeError("the messages of this socket go to `message`");
    }
    return { next: () => this.#nextMessage() };
  }

  #nextMessage(): Promise<IteratorResult<WebSocketMessage, undefined>> {
    const message = this.#inbox.take();
    if (message !== undefined) {
      this.#read();
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#state !== "open") return Promise.resolve(done);
    return new Promise((resolve) => {
      this.#pulls.push(resolve);
    });
  }

  received(octets: Uint8Array): void {
    this.#isPinged = false;
    this.#idleDueMs = this.#tunnel.nowMs + this.#tunnel.limits.webSocketIdleTimeMs;
    this.#reader.push(octets);
    this.#read();
  }

  hasDrained(): void {
    for (const resolve of this.#drains.splice(0)) resolve();
    this.#read();
  }

  clientEnded(): void {
    // There is no end but a Close (RFC 6455 §7.1.5): what isn't one looks like a lost connection.
    if (this.#state !== "closed") this.#tunnel.abort();
  }

  closed(): void {
    this.#conclude({ code: closeCodes.abnormal, reason: "" });
  }

  expired(): void {
    if (this.#state === "closing") {
      this.#tunnel.close();
      this.#conclude({ code: closeCodes.abnormal, reason: "" });
      return;
    }
    const { nowMs, limits } = this.#tunnel;
    if (nowMs >= this.#messageDueMs) {
      const text = `a message takes at most ${limits.webSocketMessageTimeMs} ms`;
      this.#fail({ code: closeCodes.policyViolation, text });
      return;
    }
    if (nowMs >= this.#idleDueMs) {
      if (this.#isPinged) return this.#tunnel.abort();
      this.#isPinged = true;
      this.#idleDueMs = nowMs + limits.webSocketPongTimeMs;
      this.ping();
    }
    this.#arm();
  }

  stop(): void {
    this.close(closeCodes.goingAway);
  }

  /** Reads on, as far as that may be done now. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#readOne());
    this.#isReading = false;
    this.#arm();
  }

  /** Reads what comes next; false when nothing does. */
  #readOne(): boolean {
    if (this.#state === "closed") return false;
    if (this.#state === "open" && (this.#inbox.isFull || this.#tunnel.isFull)) {
      this.#isPaused = true;
      this.#tunnel.pause();
      return false;
    }
    const event = this.#reader.next();
    switch (event.kind) {
      case "need-data":
        this.#resume();
        return false;
      case "message":
        if (this.#state === "open") this.#took(event.message);
        return true;
      case "error":
        this.#fail(event.fault);
        return false;
      case "control":
        this.#control(event.opcode, event.payload);
        return true;
    }
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#messageDueMs = Infinity;
    this.#idleDueMs = this.#tunnel.nowMs + this.#tunnel.limits.webSocketIdleTimeMs;
    this.#tunnel.resume();
  }

  #took(message: WebSocketMessage): void {
    this.#tunnel.tookMessage(message);
    const pull = this.#pulls.shift();
    if (pull !== undefined) pull({ done: false, value: message });
    else if (this.#hooks.message === undefined || this.#isBusy) this.#inbox.add(message);
    else this.#handle(message);
  }

  /** Gives `message` to the handler. */
  #handle(message: WebSocketMessage): void {
    this.#call(() => this.#hooks.message?.(this, message), true);
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === opcodes.close) this.#clientCloses(payload);
    else if (this.#state !== "open") return;
    else if (opcode === opcodes.ping) this.#tunnel.write(encodeFrame(opcodes.pong, payload));
    else {
      const { pong } = this.#hooks;
      if (pong !== undefined) this.#call(() => pong(this, payload), false);
    }
  }

  /** Answers a Close, or takes it for the answer to this side's own (RFC 6455 §5.5.1). */
  #clientCloses(payload: Uint8Array): void {
    const read = readClose(payload);
    if (!read.ok) return this.#fail(read.error);
    if (this.#state === "open") this.#tunnel.write(encodeClose(read.value.code, ""));
    // RFC 6455 §7.1.1: the server closes the connection first.
    this.#tunnel.close();
    this.#conclude(read.value);
  }

  /** Fails the connection (RFC 6455 §7.1.7): nothing more is read. */
  #fail({ code, text }: WebSocketFault): void {
    if (this.#state === "open") this.#tunnel.write(encodeClose(code, text));
    this.#tunnel.close();
    this.#conclude({ code, reason: text });
  }

  /** The socket is closed; the handler is told when it has had all messages. */
  #conclude(end: CloseReason): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end = end;
    this.#sockets.delete(this);
    this.#reader.release();
    this.#inbox.settle();
    for (const resolve of this.#drains.splice(0)) resolve();
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#end === undefined || this.#isEndTold) return;
    const { message, close } = this.#hooks;
    if (message !== undefined && (this.#isBusy || !this.#inbox.isEmpty)) return;
    this.#isEndTold = true;
    this.#endPulls();
    const { code, reason } = this.#end;
    if (close !== undefined) this.#call(() => close(this, code, reason), false);
  }

  #endPulls(): void {
    for (const pull of this.#pulls.splice(0)) pull(done);
  }

  /** Runs a hook. With `isAwaited` messages wait until its promise is fulfilled. */
  #call(hook: () => unknown, isAwaited: boolean): void {
    try {
      const result = hook();
      if (!(result instanceof Promise)) return;
      this.#isBusy ||= isAwaited;
      void this.#await(result, isAwaited);
    } catch (error) {
      this.#hookFailed(error);
    }
  }

  async #await(result: Promise<unknown>, isAwaited: boolean): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.#hookFailed(error);
    }
    if (!isAwaited) return;
    this.#isBusy = false;
    while (!this.#isBusy) {
      const message = this.#inbox.take();
      if (message === undefined) break;
      this.#handle(message);
    }
    this.#tellEnd();
    this.#read();
  }

  #hookFailed(error: unknown): void {
    this.#tunnel.failed(error);
    this.close(closeCodes.internalError);
  }

  /** Sets the next deadline. While this side doesn't read, the client can't be late. */
  #arm(): void {
    if (this.#state === "closed") return this.#tunnel.wakeAt(Infinity);
    const { nowMs, limits } = this.#tunnel;
    if (!this.#reader.isWithin) this.#messageDueMs = Infinity;
    else if (this.#messageDueMs === Infinity) {
      this.#messageDueMs = nowMs + limits.webSocketMessageTimeMs;
    }
    const dueMs = Math.min(this.#idleDueMs, this.#messageDueMs);
    if (this.#state === "closing") this.#tunnel.wakeAt(this.#closeDueMs);
    else this.#tunnel.wakeAt(this.#isPaused ? Infinity : dueMs);
  }
}
