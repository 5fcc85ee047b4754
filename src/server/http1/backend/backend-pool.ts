/**
 * The connections to one backend: those in use, those that are free, and the requests that wait.
 *
 * A connection that has been idle may be closed by the backend just as a request is sent on it. The
 * request can be sent again only where that does no harm: its method is idempotent, it has no
 * content, and no octet of an answer has come (RFC 9110 §9.2.2, RFC 9112 §9.3.1). Every other
 * request gets a connection of its own that is new, so it is never lost that way, and so do
 * upgrades.
 */

import type { Timed } from "../../../schedule/timers.ts";
import type {
  Backend,
  BackendAddress,
  BackendCall,
  BackendResponse,
  OutgoingRequest,
} from "../../../site/proxy/backend.ts";
import { BackendError } from "../../../site/proxy/backend.ts";
import type { BackendOwner, BackendSurroundings } from "./backend-connection.ts";
import { BackendConnection } from "./backend-connection.ts";
import { connectTo } from "./backend-socket.ts";

/** The methods that may be repeated (RFC 9110 §9.2.2). */
const idempotent: ReadonlySet<string> = new Set([
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "TRACE",
]);

/** Whether `request` may be sent again when a connection broke off unheard. */
const isRepeatable = ({ method, content, upgrade }: OutgoingRequest): boolean =>
  content === "none" && upgrade === undefined && idempotent.has(method);

/** A request on its way: it waits for a connection, then it has one. */
class Call implements BackendCall, Timed {
  deadlineMs = Infinity;
  slot = -1;
  readonly answer: Promise<BackendResponse>;
  readonly request: OutgoingRequest;
  readonly #pool: BackendPool;
  #connection: BackendConnection | undefined;
  #isAborted = false;
  #take: ((connection: BackendConnection) => void) | undefined;
  #refuse: ((error: Error) => void) | undefined;

  constructor(pool: BackendPool, request: OutgoingRequest) {
    this.#pool = pool;
    this.request = request;
    this.answer = this.#ask();
  }

  #ask(): Promise<BackendResponse> {
    if (!isRepeatable(this.request)) return this.#askOnce(true);
    return this.#askOnce(false).catch((error: unknown) => {
      const isStale = error instanceof BackendError && error.isStale;
      if (!isStale || this.#isAborted) throw error;
      return this.#askOnce(true);
    });
  }

  #askOnce(isFresh: boolean): Promise<BackendResponse> {
    const free = isFresh ? undefined : this.#pool.takeFree();
    if (free !== undefined) return this.#askOn(free);
    return this.#wait(isFresh).then((connection) => this.#askOn(connection));
  }

  #askOn(connection: BackendConnection): Promise<BackendResponse> {
    this.#connection = connection;
    return connection.ask(this.request);
  }

  #wait(isFresh: boolean): Promise<BackendConnection> {
    return new Promise((resolve, reject) => {
      this.#take = resolve;
      this.#refuse = reject;
      this.#pool.await(this, isFresh);
    });
  }

  /** Gives it a connection. */
  take(connection: BackendConnection): void {
    this.#take?.(connection);
  }

  /** There is no connection for it. */
  refuse(error: Error): void {
    this.#refuse?.(error);
  }

  abort(): void {
    this.#isAborted = true;
    if (this.#connection !== undefined) return this.#connection.giveUp(this.request);
    this.#pool.forget(this);
    this.refuse(new BackendError("aborted", "the client has left"));
  }

  expire(): void {
    this.#pool.expired(this);
  }
}

/** The connections to one backend. */
export class BackendPool implements Backend, BackendOwner {
  readonly #address: BackendAddress;
  readonly #surroundings: BackendSurroundings;
  /** Those that are free, the one that was used last at the end. */
  readonly #free: BackendConnection[] = [];
  readonly #all = new Set<BackendConnection>();
  /** Connections that are being made. */
  #connecting = 0;
  /** Requests that wait, and whether only a new connection will do, in their order. */
  readonly #waiting = new Map<Call, boolean>();
  #isClosed = false;

  constructor(address: BackendAddress, surroundings: BackendSurroundings) {
    this.#address = address;
    this.#surroundings = surroundings;
  }

  /** Connections that are open or being made. */
  get connections(): number {
    return this.#all.size + this.#connecting;
  }

  ask(request: OutgoingRequest): BackendCall {
    return new Call(this, request);
  }

  /** A free connection, if there is one. */
  takeFree(): BackendConnection | undefined {
    return this.#free.pop();
  }

  /** Has `call` wait for a connection, a new one if it `isFresh`. */
  await(call: Call, isFresh: boolean): void {
    const { limits, clock, timers } = this.#surroundings;
    // A free one makes room for a new one.
    if (this.connections >= limits.backendConnectionsMax) this.#free.shift()?.closeIfFree();
    const isFull = this.connections >= limits.backendConnectionsMax;
    if (isFull && this.#waiting.size - this.#connecting >= limits.backendQueueMax) {
      return call.refuse(new BackendError("busy", `${this.#waiting.size} requests wait already`));
    }
    this.#waiting.set(call, isFresh);
    timers.set(call, clock.turnMs() + limits.backendConnectTimeMs);
    this.#connect();
  }

  /** `call` doesn't wait any more. */
  forget(call: Call): void {
    this.#waiting.delete(call);
    this.#surroundings.timers.remove(call);
  }

  /** `call` has waited for too long. */
  expired(call: Call): void {
    if (!this.#waiting.delete(call)) return;
    const { backendConnectTimeMs } = this.#surroundings.limits;
    const detail =
      this.#connecting > 0 ? "no connection" : `all ${this.#all.size} connections are in use`;
    call.refuse(new BackendError("late", `${detail} within ${backendConnectTimeMs} ms`));
  }

  free(connection: BackendConnection): void {
    if (this.#isClosed) return connection.closeIfFree();
    for (const [call, isFresh] of this.#waiting) {
      if (isFresh) continue;
      this.forget(call);
      return call.take(connection);
    }
    // The requests that wait all need a new one.
    if (this.#waiting.size > this.#connecting) return connection.closeIfFree();
    this.#free.push(connection);
  }

  gone(connection: BackendConnection): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at !== -1) this.#free.splice(at, 1);
    this.#connect();
  }

  /** Closes what is free, now and later. */
  close(): void {
    this.#isClosed = true;
    this.closeFree();
  }

  /** Closes what is free. */
  closeFree(): void {
    for (const connection of this.#free.splice(0)) connection.closeIfFree();
  }

  /** Makes connections for requests that wait, as many as may be. */
  #connect(): void {
    const { limits } = this.#surroundings;
    while (
      this.#connecting < this.#waiting.size &&
      this.connections < limits.backendConnectionsMax
    ) {
      const isRoomy = this.connections < limits.roomyConnectionsMax;
      const unreadMax = isRoomy ? undefined : limits.backendUnreadBytesMax;
      this.#connecting++;
      connectTo(this.#address, this.#surroundings, this, unreadMax)
        .then((connection) => this.#connected(connection))
        .catch((error: unknown) => this.#notConnected(error));
    }
  }

  #connected(connection: BackendConnection): void {
    this.#connecting--;
    this.#all.add(connection);
    const [call] = this.#waiting.keys();
    if (call === undefined) return this.free(connection);
    this.forget(call);
    call.take(connection);
  }

  #notConnected(error: unknown): void {
    this.#connecting--;
    const [call] = this.#waiting.keys();
    if (call !== undefined) {
      this.forget(call);
      const detail = error instanceof Error ? error.message : String(error);
      call.refuse(error instanceof BackendError ? error : new BackendError("unreachable", detail));
    }
    this.#connect();
  }
}
