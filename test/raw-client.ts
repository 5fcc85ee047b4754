/**
 * A TCP client that sends exactly the octets it is given and keeps exactly the octets that come: for
 * tests that have to be rude, slow or precise. What it waits for either comes or rejects with what
 * came instead; the deadline is generous and only fails what is broken.
 */

import { concatBytes, latin1Bytes, latin1Text } from "../src/http/octets/bytes.ts";

type Socket = Awaited<ReturnType<typeof Bun.connect<undefined>>>;

/** How a connection ended: the server's FIN, or a reset. */
export type Ending = "end" | "reset";

const deadlineMs = 60_000;

export class RawClient {
  readonly #pieces: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();
  #socket: Socket | undefined;
  #unsent: Uint8Array[] = [];
  #ending: Ending | undefined;
  /** Octets that have come. */
  received = 0;

  /** With `tls` the octets are those within it, from when the handshake is over. */
  static async connect(
    port: number,
    hostname = "127.0.0.1",
    tls?: Bun.TLSOptions,
  ): Promise<RawClient> {
    const client = new RawClient();
    await Bun.connect({
      hostname,
      port,
      allowHalfOpen: true,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        open: (socket) => {
          client.#socket = socket;
          client.#wake();
        },
        data: (_socket, octets) => {
          client.#pieces.push(octets);
          client.received += octets.length;
          client.#wake();
        },
        drain: () => client.#flush(),
        end: () => client.#end("end"),
        close: (_socket, error) => client.#end(error === undefined ? "end" : "reset"),
        error: () => client.#end("reset"),
      },
    });
    await client.#wait(() => client.#socket !== undefined || client.#ending !== undefined);
    return client;
  }

  /** All octets so far. */
  get octets(): Uint8Array {
    return concatBytes(this.#pieces);
  }

  /** The same as Latin-1 text. */
  get text(): string {
    return latin1Text(this.octets);
  }

  /** The final statuses so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map((match) => Number(match[1]));
  }

  send(octets: string | Uint8Array): void {
    this.#unsent.push(typeof octets === "string" ? latin1Bytes(octets) : octets);
    this.#flush();
  }

  /** Shuts our side; reading goes on. */
  shut(): void {
    this.#socket?.shutdown();
  }

  /** Resets the connection. */
  abort(): void {
    this.#socket?.terminate();
  }

  /** Closes both ways. */
  close(): void {
    this.#socket?.end();
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Waits until `holds`; rejects when the connection ends first. */
  async until(holds: () => boolean): Promise<void> {
    await this.#wait(() => holds() || this.#ending !== undefined);
    if (!holds()) throw new Error(`it ended with ${JSON.stringify(this.text.slice(-500))}`);
  }

  /** Waits for so many final responses' heads. */
  async responses(count: number): Promise<void> {
    await this.until(() => this.statuses.length >= count);
  }

  /** Waits for the end of the connection and says how it ended. */
  async ending(): Promise<Ending> {
    await this.#wait(() => this.#ending !== undefined);
    return this.#ending ?? "end";
  }

  #flush(): void {
    while (this.#socket !== undefined) {
      const [first] = this.#unsent;
      if (first === undefined) return;
      const taken = this.#socket.write(first);
      if (taken < 0) return;
      if (taken < first.length) {
        this.#unsent[0] = first.subarray(taken);
        return;
      }
      this.#unsent.shift();
    }
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  async #wait(holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
    };
    this.#waiting.add(look);
    const timer = setTimeout(() => {
      reject(new Error(`nothing more came after ${JSON.stringify(this.text.slice(-500))}`));
    }, deadlineMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
