/**
 * The load generator, a process of its own: a fixed number of connections, each a closed loop that
 * sends, waits for all the answers, and sends again.
 *
 * Its parent talks to it over the channel that `Bun.spawn` opens. A plan comes in; connections are
 * opened, and the first answer on each is compared byte by byte; "ready" goes out; each "go" runs
 * one phase and is answered with what it did. Connections stay open until the parent hangs up, so
 * that neither opening nor closing them falls into a measured phase.
 */

import type { Socket } from "bun";
import { join } from "node:path";

import type { Exchange } from "./cases.ts";
import { ResponseFramer } from "./framer.ts";

/** Everything that a generator has to know. */
export interface Plan {
  readonly port: number;
  /** The folder that the server serves, to compare bodies with. */
  readonly root: string;
  readonly connections: number;
  readonly exchanges: readonly Exchange[];
  readonly pipelineDepth: number;
}

/** How far a phase goes; whichever comes first stops it, and what was sent is still awaited. */
export interface PhaseEnd {
  readonly requests: number;
  readonly milliseconds: number;
}

/** What the parent says. */
export type Order =
  { readonly kind: "plan"; readonly plan: Plan } | ({ readonly kind: "go" } & PhaseEnd);

/** What the generator says. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly requests: number; readonly milliseconds: number }
  | { readonly kind: "fault"; readonly reason: string };

/** One connection. */
interface Lane {
  readonly framer: ResponseFramer;
  socket: Socket<Lane> | undefined;
  /** The exchange that its next request is for. */
  turn: number;
  /** Answers that are still to come. */
  awaited: number;
  /** What the socket has not taken of the request. */
  unsent: Uint8Array | undefined;
}

/** All connections of one generator, and the phase that is running. */
export class Load {
  readonly #plan: Plan;
  /** What is sent, by the turn it starts at. */
  readonly #batches: readonly Uint8Array[];
  readonly #lanes: readonly Lane[];
  #phase = Promise.withResolvers<void>();
  #sendable = 0;
  #deadline = 0;
  #busy = 0;

  constructor(plan: Plan) {
    const { exchanges, connections, pipelineDepth } = plan;
    this.#plan = plan;
    this.#batches = exchanges.map((_, first) => batch(exchanges, first, pipelineDepth));
    this.#lanes = Array.from({ length: connections }, (_, index) => {
      const turn = Math.floor((index * exchanges.length) / connections);
      const framer = new ResponseFramer(exchanges, turn);
      return { framer, socket: undefined, turn, awaited: 0, unsent: undefined };
    });
  }

  /** Connects, and compares the first bodies on every connection. Throws on what is wrong. */
  async open(): Promise<void> {
    for (const lane of this.#lanes) {
      lane.socket = await Bun.connect<Lane>({
        hostname: "127.0.0.1",
        port: this.#plan.port,
        data: lane,
        socket: {
          data: (_, received) => this.#receive(lane, received),
          drain: () => this.#flush(lane),
          close: () => this.#fail(lane, "the server closed a connection"),
          error: (_, error) => this.#fail(lane, error.message),
        },
      });
      lane.framer.kept = [];
    }
    const turns = this.#lanes.map(({ turn }) => turn);
    const { pipelineDepth, connections } = this.#plan;
    await this.run({ requests: connections * pipelineDepth, milliseconds: Infinity });
    for (const [index, lane] of this.#lanes.entries()) {
      await this.#compare(lane, turns[index] ?? 0);
      lane.framer.kept = undefined;
    }
  }

  /** Runs one phase. Throws when an answer is wrong or a connection is lost. */
  async run(end: PhaseEnd): Promise<{ requests: number; milliseconds: number }> {
    const started = performance.now();
    this.#phase = Promise.withResolvers();
    this.#sendable = end.requests;
    this.#deadline = started + end.milliseconds;
    this.#busy = this.#lanes.length;
    for (const lane of this.#lanes) this.#send(lane);
    await this.#phase.promise;
    const milliseconds = performance.now() - started;
    return { requests: end.requests - this.#sendable, milliseconds };
  }

  #send(lane: Lane): void {
    const { exchanges, pipelineDepth } = this.#plan;
    if (this.#sendable < pipelineDepth || performance.now() >= this.#deadline) {
      this.#busy--;
      if (this.#busy === 0) this.#phase.resolve();
      return;
    }
    this.#sendable -= pipelineDepth;
    lane.awaited = pipelineDepth;
    lane.unsent = this.#batches[lane.turn];
    lane.turn = (lane.turn + pipelineDepth) % exchanges.length;
    this.#flush(lane);
  }

  #flush(lane: Lane): void {
    if (lane.unsent === undefined || lane.socket === undefined) return;
    const taken = lane.socket.write(lane.unsent);
    if (taken < 0) this.#fail(lane, "the server closed a connection");
    else lane.unsent = taken < lane.unsent.length ? lane.unsent.subarray(taken) : undefined;
  }

  #receive(lane: Lane, received: Buffer): void {
    const completed = lane.framer.push(received);
    lane.awaited -= completed;
    if (lane.framer.fault !== undefined) this.#fail(lane, lane.framer.fault);
    else if (lane.awaited < 0) this.#fail(lane, "more responses than requests");
    else if (lane.awaited === 0 && completed > 0) this.#send(lane);
  }

  #fail(lane: Lane, reason: string): void {
    this.#phase.reject(new Error(lane.framer.fault ?? reason));
  }

  async #compare(lane: Lane, firstTurn: number): Promise<void> {
    const { exchanges, pipelineDepth, root } = this.#plan;
    const kept = Buffer.concat(lane.framer.kept ?? []);
    let at = 0;
    for (let index = 0; index < pipelineDepth; index++) {
      const body = exchanges[(firstTurn + index) % exchanges.length]?.body;
      if (body?.kind === "none") continue;
      // Bodies of unknown length can't be told apart any more; their framing was checked.
      if (body?.kind !== "file") return;
      const file = await Bun.file(join(root, body.path)).bytes();
      const expected = file.subarray(body.offset, body.offset + body.length);
      if (!kept.subarray(at, at + body.length).equals(expected)) {
        throw new Error(`the body differs from ${body.path}`);
      }
      at += body.length;
    }
  }
}

function batch(exchanges: readonly Exchange[], first: number, depth: number): Uint8Array {
  const requests = Array.from(
    { length: depth },
    (_, index) => exchanges[(first + index) % exchanges.length]?.request ?? "",
  );
  return Buffer.from(requests.join(""), "latin1");
}

function tell(answer: Answer): void {
  process.send?.(answer);
}

function serveParent(): void {
  let load: Load | undefined;
  const obey = async (order: Order): Promise<void> => {
    try {
      if (order.kind === "plan") {
        load = new Load(order.plan);
        await load.open();
        tell({ kind: "ready" });
      } else if (load !== undefined) {
        tell({ kind: "done", ...(await load.run(order)) });
      }
    } catch (error) {
      tell({ kind: "fault", reason: error instanceof Error ? error.message : String(error) });
    }
  };
  process.on("message", (order) => void obey(order as Order));
  process.on("disconnect", () => process.exit(0));
}

if (import.meta.main) serveParent();
