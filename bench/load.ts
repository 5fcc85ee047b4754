/**
 * The load generator, a process of its own. A fixed number of connections are closed loops: each
 * sends requests, waits for all the answers, and sends again.
 *
 * The parent sends orders over the channel that `Bun.spawn` opens. On a plan, the connections of
 * the plan before are closed, new ones are opened, the first answer on each is compared byte by
 * byte, and "ready" is answered. Each "go" runs one phase and is answered with its figures. No
 * connection is opened or closed in a phase. The process is kept for all plans, so that its code is
 * compiled from the second phase on.
 */

import type { Socket } from "bun";

import { BodyCheck, Contents } from "./body-check.ts";
import type { Exchange } from "./cases.ts";
import { ResponseFramer } from "./framer.ts";
import { siteBytes, uploadBlock } from "./site.ts";

/** What a generator is to do. */
export interface Plan {
  readonly port: number;
  /** Whether to use TLS. The certificate isn't verified; the version must be 1.3. */
  readonly tls: boolean;
  /** The served folder, whose files bodies are compared with. */
  readonly root: string;
  readonly connections: number;
  /** All connections together send these in turn, repeatedly. */
  readonly exchanges: readonly Exchange[];
  readonly pipelineDepth: number;
  /** Whether the time of each request is measured, which costs the generator some. */
  readonly watchesLatency?: boolean;
}

/** Milliseconds from sending requests to the end of their answers. */
export interface Latency {
  readonly median: number;
  /** The 99th percentile. */
  readonly tail: number;
}

/** When a phase ends: the first of the two. Answers to sent requests are still awaited. */
export interface PhaseEnd {
  readonly requests: number;
  readonly milliseconds: number;
}

/** A message from the parent. */
export type Order =
  { readonly kind: "plan"; readonly plan: Plan } | ({ readonly kind: "go" } & PhaseEnd);

/** The figures of a phase. */
interface Done {
  readonly requests: number;
  readonly milliseconds: number;
  readonly latency?: Latency;
}

/** A message to the parent. */
export type Answer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "done" } & Done)
  | { readonly kind: "fault"; readonly reason: string };

/** One connection. */
interface Lane {
  readonly framer: ResponseFramer;
  socket: Socket<Lane> | undefined;
  /** When the requests were sent whose answers are awaited. */
  sentMs: number;
  /** The number of answers still to come. */
  awaited: number;
  /** The part of the request's text that the socket has not taken. */
  unsent: Uint8Array | undefined;
  /** The numbers of bytes of the upload that the socket has taken, and has not. */
  uploadSent: number;
  uploadLeft: number;
}

const BLOCK = siteBytes(uploadBlock);

/** All connections of one plan, and the running phase. */
export class Load {
  readonly #plan: Plan;
  /** The bytes to send, by the index of the first exchange. */
  readonly #batches: readonly Uint8Array[];
  readonly #lanes: readonly Lane[];
  /** The index of the next exchange. */
  #turn = 0;
  #phase = Promise.withResolvers<void>();
  /** Of the phase, if they are measured. */
  #latenciesMs: number[] = [];
  #sendable = 0;
  #deadline = 0;
  #busy = 0;
  #isClosed = false;

  constructor(plan: Plan) {
    const { exchanges, connections, pipelineDepth } = plan;
    this.#plan = plan;
    this.#batches = exchanges.map((_, first) => batch(exchanges, first, pipelineDepth));
    this.#lanes = Array.from({ length: connections }, () => {
      const framer = new ResponseFramer(exchanges);
      const upload = { uploadSent: 0, uploadLeft: 0 };
      return { framer, socket: undefined, sentMs: 0, awaited: 0, unsent: undefined, ...upload };
    });
  }

  /** Opens the connections and compares the first bodies on each. Throws if one is wrong. */
  async open(): Promise<void> {
    const { pipelineDepth, connections, exchanges, root } = this.#plan;
    const contents = new Contents(root);
    for (const lane of this.#lanes) {
      lane.socket = await this.#connect(lane);
      lane.framer.watcher = new BodyCheck(exchanges, contents);
    }
    await this.run({ requests: connections * pipelineDepth, milliseconds: Infinity });
    for (const lane of this.#lanes) lane.framer.watcher = undefined;
  }

  /** Runs one phase. Throws if an answer is wrong or a connection is lost. */
  async run(end: PhaseEnd): Promise<Done> {
    const started = performance.now();
    this.#latenciesMs = [];
    this.#phase = Promise.withResolvers();
    this.#sendable = end.requests;
    this.#deadline = started + end.milliseconds;
    this.#busy = this.#lanes.length;
    for (const lane of this.#lanes) this.#send(lane);
    await this.#phase.promise;
    const milliseconds = performance.now() - started;
    const done = { requests: end.requests - this.#sendable, milliseconds };
    if (!this.#plan.watchesLatency) return done;
    const sorted = Float64Array.from(this.#latenciesMs).toSorted();
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    return { ...done, latency: { median: at(0.5), tail: at(0.99) } };
  }

  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#lanes) socket?.terminate();
  }

  async #connect(lane: Lane): Promise<Socket<Lane>> {
    const { port, tls } = this.#plan;
    const ready = Promise.withResolvers<void>();
    const fail = (reason: string): void => {
      ready.reject(new Error(reason));
      this.#fail(lane, reason);
    };
    const socket = await Bun.connect<Lane>({
      hostname: "127.0.0.1",
      port,
      ...(tls ? { tls: { rejectUnauthorized: false } } : {}),
      data: lane,
      socket: {
        handshake: (secured) => {
          const version = secured.getTLSVersion();
          if (version === "TLSv1.3") ready.resolve();
          else fail(`expected TLSv1.3, got ${version}`);
        },
        data: (_, received) => this.#receive(lane, received),
        drain: () => this.#flush(lane),
        close: () => fail("the server closed a connection"),
        error: (_, error) => fail(error.message),
      },
    });
    if (!tls) ready.resolve();
    await ready.promise;
    return socket;
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
    if (this.#plan.watchesLatency) lane.sentMs = performance.now();
    lane.unsent = this.#batches[this.#turn];
    lane.uploadSent = 0;
    lane.uploadLeft = exchanges[this.#turn]?.uploadBytes ?? 0;
    lane.framer.expect(this.#turn);
    this.#turn = (this.#turn + pipelineDepth) % exchanges.length;
    this.#flush(lane);
  }

  #flush(lane: Lane): void {
    const { socket } = lane;
    if (socket === undefined) return;
    if (lane.unsent !== undefined) {
      const taken = this.#write(socket, lane.unsent);
      lane.unsent = taken < lane.unsent.length ? lane.unsent.subarray(taken) : undefined;
      if (lane.unsent !== undefined) return;
    }
    while (lane.uploadLeft > 0) {
      const from = lane.uploadSent % BLOCK.length;
      const piece = BLOCK.subarray(from, from + lane.uploadLeft);
      const taken = this.#write(socket, piece);
      lane.uploadSent += taken;
      lane.uploadLeft -= taken;
      if (taken < piece.length) return;
    }
  }

  #write(socket: Socket<Lane>, bytes: Uint8Array): number {
    const taken = socket.write(bytes);
    if (taken < 0) this.#fail(socket.data, "the server closed a connection");
    return Math.max(0, taken);
  }

  #receive(lane: Lane, received: Buffer): void {
    const completed = lane.framer.push(received);
    lane.awaited -= completed;
    if (lane.framer.fault !== undefined) this.#fail(lane, lane.framer.fault);
    else if (lane.awaited < 0) this.#fail(lane, "more responses than requests");
    else if (lane.awaited === 0 && completed > 0) {
      if (this.#plan.watchesLatency) this.#latenciesMs.push(performance.now() - lane.sentMs);
      this.#send(lane);
    }
  }

  #fail(lane: Lane, reason: string): void {
    if (!this.#isClosed) this.#phase.reject(new Error(lane.framer.fault ?? reason));
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
        load?.close();
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
