/**
 * A proxy between a browser and a server that passes octets on, and can lose its connections as a
 * network does: all at once, and in the middle of what a client sends.
 */

import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { once } from "node:events";

/** One on a port of its own. */
export class CutProxy implements AsyncDisposable {
  /** How many octets more of clients are passed on before all connections are cut, once. */
  cutAfter = Infinity;
  /** How many octets of a client are passed on, and then none of that connection until `flow`. */
  holdAfter = Infinity;
  /** How many octets of a client make that the server's answer is cut off, once. */
  loseAnswerAfter = Infinity;
  /** Whether new connections are refused once there was a cut. */
  isDownAfterCut = false;
  /** Octets of clients that have been passed on. */
  passed = 0;
  /** Whether new connections are refused. */
  isDown = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #flows = Promise.withResolvers<void>();

  private constructor(to: URL) {
    this.#server = createServer((client) => {
      if (this.isDown) return void client.resetAndDestroy();
      const server = connect(Number(to.port), to.hostname);
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
      const { passed } = this;
      server.on("data", (octets: Buffer) => {
        if (this.passed - passed < this.loseAnswerAfter) return void client.write(octets);
        this.loseAnswerAfter = Infinity;
        this.cut();
      });
      server.on("end", () => client.end());
      void this.#pass(client, server);
    });
  }

  static async to(server: URL): Promise<CutProxy> {
    const proxy = new CutProxy(server);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): URL {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it doesn't listen");
    return new URL(`http://127.0.0.1:${address.port}/`);
  }

  /** Nothing is held any more. */
  flow(): void {
    this.holdAfter = Infinity;
    this.#flows.resolve();
  }

  /** Ends all connections, as when a cable is pulled and both sides notice. */
  cut(): void {
    this.isDown = this.isDownAfterCut;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #pass(client: Socket, server: Socket): Promise<void> {
    let own = 0;
    try {
      for await (const octets of client as AsyncIterable<Buffer>) {
        if (own > this.holdAfter) await this.#flows.promise;
        own += octets.length;
        this.passed += octets.length;
        this.cutAfter -= octets.length;
        if (this.cutAfter < 0) {
          this.cutAfter = Infinity;
          return this.cut();
        }
        if (!server.write(octets)) await once(server, "drain");
      }
      server.end();
    } catch {
      // A side has gone; the other one is ended by its listener.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flow();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
