/**
 * Clients that ask a server without a pause, as browsers and proxies do: some on one connection for
 * all requests, for as long as the server keeps it, and some on a new one for each. A request has
 * failed when its connection is refused or reset, or ends before the whole response is there.
 */

import type { Socket, SocketHandler } from "bun";

/** What came of the requests. */
export interface LoadResult {
  answered: number;
  failed: number;
  /** How many connections were made. */
  connections: number;
  /** Why the first of them failed. */
  readonly reasons: Set<string>;
}

const empty = new Uint8Array(0);

/** A client with one connection at a time. */
class LoadClient {
  readonly #load: SteadyLoad;
  readonly #request: string;
  readonly #isFresh: boolean;
  #socket: Socket | undefined;
  #came: Uint8Array = empty;
  /** Whether the server has said that the response was the last one. */
  #isLast = false;
  #settle: ((failure: string | undefined) => void) | undefined;

  constructor(load: SteadyLoad, path: string, isFresh: boolean) {
    this.#load = load;
    this.#isFresh = isFresh;
    const field = isFresh ? "Connection: close\r\n" : "";
    this.#request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${field}\r\n`;
  }

  async run(): Promise<void> {
    while (this.#load.takesOne()) {
      this.#load.count(await this.#ask());
      if (this.#load.pauseMs > 0) await Bun.sleep(this.#load.pauseMs);
    }
    this.#socket?.end();
  }

  /** Sends a request. Resolves with why it failed, or undefined. */
  async #ask(): Promise<string | undefined> {
    try {
      if (this.#socket === undefined) {
        this.#load.result.connections++;
        this.#socket = await this.#connect();
      }
    } catch (error) {
      return `not connected: ${error instanceof Error ? error.message : String(error)}`;
    }
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#settle = resolve;
    this.#came = empty;
    this.#socket.write(this.#request);
    return promise;
  }

  #connect(): Promise<Socket> {
    const lost = (socket: Socket, why: string): void => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#done(why);
    };
    const { at } = this.#load;
    const handler: SocketHandler<undefined> = {
      data: (socket, octets) => this.#receive(socket, octets),
      end: (socket) => {
        lost(socket, "closed before the response");
        socket.end();
      },
      close: (socket) => lost(socket, "closed before the response"),
      error: (socket, error) => lost(socket, error.message),
    };
    return typeof at === "string"
      ? Bun.connect({ unix: at, socket: handler })
      : Bun.connect({ hostname: "127.0.0.1", port: at, socket: handler });
  }

  #receive(socket: Socket, octets: Uint8Array): void {
    this.#came = this.#came.length === 0 ? octets.slice() : Buffer.concat([this.#came, octets]);
    const text = Buffer.from(this.#came).toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = /\r\nContent-Length: (\d+)\r\n/i.exec(text)?.[1];
    if (length === undefined || text.length < end + 4 + Number(length)) return;
    this.#isLast = this.#isFresh || /\r\nConnection: close\r\n/i.test(text);
    if (this.#isLast) {
      this.#socket = undefined;
      socket.end();
    }
    this.#done(text.startsWith("HTTP/1.1 200 ") ? undefined : text.slice(0, 16));
  }

  #done(failure: string | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(failure);
  }
}

/** The clients and their count. */
export class SteadyLoad {
  readonly at: number | string;
  readonly pauseMs: number;
  readonly result: LoadResult = { answered: 0, failed: 0, connections: 0, reasons: new Set() };
  readonly #clients: Promise<unknown>;
  #left: number;

  /**
   * Sends `total` requests for `path` to a port or a Unix socket, on `kept` connections and on
   * `fresh` series of new ones, each after a pause.
   */
  constructor(
    at: number | string,
    path: string,
    total: number,
    { kept = 8, fresh = 8, pauseMs = 0 } = {},
  ) {
    this.at = at;
    this.pauseMs = pauseMs;
    this.#left = total;
    const all = Array.from({ length: kept + fresh }, (_, i) =>
      new LoadClient(this, path, i >= kept).run(),
    );
    this.#clients = Promise.all(all);
  }

  /** Whether a client is to send one more request. */
  takesOne(): boolean {
    return this.#left-- > 0;
  }

  count(failure: string | undefined): void {
    if (failure === undefined) {
      this.result.answered++;
      return;
    }
    this.result.failed++;
    if (this.result.reasons.size < 5) this.result.reasons.add(failure);
  }

  /** No more requests are sent; those under way are waited for. */
  async stop(): Promise<LoadResult> {
    this.#left = 0;
    return this.finish();
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** Resolves when all requests have been answered, or have failed. */
  async finish(): Promise<LoadResult> {
    await this.#clients;
    return this.result;
  }
}
