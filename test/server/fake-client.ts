/**
 * A connection with everything around it replaced: the transport, the clock, the handlers and the event
 * loop's next turn are a test's own. What is in here has no socket, no file and no real time.
 */

import type { Limits } from "../../src/base/limits.ts";
import type { Handler, Request } from "../../src/site/request.ts";
import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import type { ConnectionState } from "../../src/http1/connection-state.ts";
import type { Refusal } from "../../src/http/message/error.ts";
import { describeRefusal } from "../../src/http/message/error.ts";
import type { FileSource, Response } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { RequestHeadCache } from "../../src/http1/request-head-cache.ts";
import { keepAliveLines } from "../../src/http1/response-encoder.ts";
import type { ConnectionContext } from "../../src/server/connection/protocol-connection.ts";
import { MemoryTotal } from "../../src/server/connection/memory-total.ts";
import { WritePatience } from "../../src/server/connection/write-patience.ts";
import { Http1Connection } from "../../src/server/http1/http1-connection.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import { Timers } from "../../src/schedule/timers.ts";
import { WriteBatcher } from "../../src/schedule/write-batcher.ts";
import type { ExchangeReport } from "../../src/site/observer.ts";
import { Observers } from "../../src/server/observers.ts";
import { ResponseDate } from "../../src/server/response-date.ts";
import { limitsWith } from "../http1/transcript.ts";
import { FakeClock } from "../schedule/fake-clock.ts";
import { RestlessScheduler } from "../schedule/fake-scheduler.ts";
import { FakeTransport } from "./fake-transport.ts";

/** A file of `size` octets, each 0x66 ("f"), which counts how often it is closed. */
export class FakeFile implements FileSource {
  size: number;
  closed = 0;

  constructor(size: number) {
    this.size = size;
  }

  read(into: Uint8Array, position: number): number {
    if (this.closed > 0) throw new Error("read after it was closed");
    const count = Math.max(0, Math.min(into.length, this.size - position));
    into.fill(0x66, 0, count);
    return count;
  }

  close(): void {
    this.closed++;
  }

  /** A response with all of it. */
  response(): Response {
    const region = { start: 0, octets: this.size };
    return new ResponseBuilder(200).file(this, region, "text/plain").build();
  }
}

/** A response with `text`. */
export function answer(text: string): Response {
  return new ResponseBuilder(200).text(text, "text/plain").build();
}

/** A request that a handler was asked and has not answered yet. */
export interface Asked {
  readonly request: Request;
  readonly answer: (response: Response) => void;
  readonly fail: (error: unknown) => void;
}

/** The page of a refusal: its kind. */
function refuse(refusal: Refusal): Response {
  const { kind, status, close } = refusal;
  const builder = new ResponseBuilder(status).noting({ reason: describeRefusal(refusal) });
  if (close) builder.closing();
  return builder.text(kind, "text/plain").build();
}

/** A connection's surroundings, in which no time passes, with `changes`. */
export function contextOf(changes: Partial<ConnectionContext> = {}): ConnectionContext {
  const clock = new FakeClock();
  const scheduler = changes.scheduler ?? new RestlessScheduler();
  return {
    limits: limitsWith({}),
    scheduler,
    clock,
    timers: new Timers(clock, clock),
    logicalClock: new LogicalClock(),
    answer: () => answer(""),
    refuse,
    observers: new Observers(() => undefined),
    failed: () => undefined,
    date: new ResponseDate(clock),
    batcher: new WriteBatcher(scheduler),
    patience: new WritePatience(() => 0),
    closed: () => undefined,
    replaced: () => undefined,
    ...changes,
  };
}

export class FakeClient {
  readonly transport = new FakeTransport();
  readonly clock = new FakeClock();
  readonly #scheduler = new RestlessScheduler();
  readonly timers: Timers;
  readonly connection: Http1Connection;
  /** Of exchanges that had a response. */
  readonly reports: ExchangeReport[] = [];
  readonly failures: unknown[] = [];
  readonly observers = new Observers((error) => this.failures.push(error));
  /** Requests in the order in which a handler was asked; filled by `later`. */
  readonly asked: Asked[] = [];
  closedCount = 0;

  /** Without a `handler`, a test answers what is in `asked`. */
  constructor(
    handler?: Handler,
    limits: Partial<Record<keyof Limits, number>> = {},
    batcher?: WriteBatcher,
  ) {
    this.observers.set([
      {
        ended: (report) => {
          if (report.response !== undefined) this.reports.push(report);
        },
      },
    ]);
    this.timers = new Timers(this.clock, this.clock);
    const context = contextOf({
      limits: limitsWith(limits),
      scheduler: this.#scheduler,
      clock: this.clock,
      timers: this.timers,
      answer: handler ?? this.later,
      observers: this.observers,
      failed: (error) => this.failures.push(error),
      date: new ResponseDate(this.clock),
      closed: () => this.closedCount++,
      ...(batcher === undefined ? {} : { batcher }),
    });
    this.connection = new Http1Connection(context, this.transport, "192.0.2.1", {
      heads: new RequestHeadCache(context.limits),
      bodies: new MemoryTotal(),
      queued: { take: () => true, release: () => undefined },
      keepAlive: keepAliveLines(context.limits.idleTimeMs),
    });
  }

  /** A handler that answers when the test does. */
  readonly later: Handler = (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.asked.push({ request, answer: resolve, fail: reject });
    return promise;
  };

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** The statuses that were written, in order; interim ones among them. */
  get statuses(): number[] {
    const lines = this.transport.text.matchAll(/HTTP\/1\.1 (\d{3}) /g);
    return [...lines].map((match) => Number(match[1]));
  }

  /** What was written, without the fields that every response on the connection has alike. */
  get text(): string {
    return this.transport.text
      .replaceAll("Date: Sun, 22 Nov 2026 15:04:05 GMT\r\n", "")
      .replaceAll(/Connection: keep-alive\r\nKeep-Alive: timeout=\d+\r\n/g, "");
  }

  send(text: string): void {
    this.connection.receive(latin1Bytes(text));
  }

  /** Lets promises go on, and then what was deferred, until nothing is left of either. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 3 || this.deferred > 0; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#scheduler.endTurn();
    }
  }

  /** How many calls wait for the next turn of the event loop. */
  get deferred(): number {
    return this.#scheduler.deferred;
  }

  /** The client has read: the socket takes `octets` more. */
  drain(octets = Infinity): void {
    this.transport.room = octets;
    this.connection.drained();
  }
}
