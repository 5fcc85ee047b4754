/**
 * The transport of one response with faults. What the connection writes to it are the octets of a
 * proper response; they are turned into steps, which are done one after the other: octets for the
 * client, pauses, the end of the connection.
 *
 * Octets count as taken when all that was made of them has been written. So the connection waits
 * while a fault waits, keeps its bounds of memory, and is told by the outcome of a write when the
 * connection is over. Until then it presents the octets that weren't taken again.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Alarm, Scheduler } from "../../../schedule/scheduler.ts";
import type { FaultyResponse, FaultyTransport } from "./faulty-transport.ts";
import type { Transport } from "../../connection/transport.ts";
import type { FaultEnding, FaultStep } from "./fault-step.ts";

/** Makes the steps of a response of its proper octets, which come piece by piece. */
export interface FaultScript {
  /** Whether it goes on until the client leaves. */
  readonly isEndless: boolean;
  /** The steps that follow from `octets`; all of them are done before more octets come. */
  steps(octets: Uint8Array): Iterator<FaultStep, void>;
}

/** What the outputs of one server share. */
export interface FaultSurroundings {
  readonly limits: () => Limits;
  readonly scheduler: Scheduler;
  /** Those that are being sent, and those that are closing. */
  readonly open: Set<FaultOutput>;
  /** Set when the server stops, which waits for no fault. */
  isStopping: boolean;
}

/** Octets are turned into steps so many at a time. */
const pieceBytes = 64 * 1024;

/** A rate is kept by so many writes in a second, or by one for each octet where those are fewer. */
const writesPerSecond = 20;

/** How often the client's system is asked whether it has what is to precede a reset. */
const deliveryLookMs = 5;
/** Looks after which the connection is reset anyway. */
const deliveryLooksMax = 200;

/** The octets of one response, made faulty. */
export class FaultOutput implements FaultyTransport {
  readonly #transport: Transport;
  readonly #script: FaultScript;
  readonly #surroundings: FaultSurroundings;
  readonly #alarm: Alarm;
  readonly #goOn: () => void;
  #octetsBefore: number;
  #steps: Iterator<FaultStep, void> | undefined;
  #step: FaultStep | undefined;
  /** How many octets of the step have been written. */
  #written = 0;
  /** Octets of the response that are being turned into steps, and don't count as taken yet. */
  #turned = 0;
  #isWaiting = false;
  #isStalled = false;
  #waitedMs = 0;
  #deliveryLooks = 0;
  #contentOctets = 0;
  /** How the connection ends, once it does. */
  #ending: FaultEnding | undefined;
  /** How it ends behind the whole response. */
  #lastly: FaultEnding | undefined;

  constructor(
    transport: Transport,
    script: FaultScript,
    { octetsBefore, goOn }: Pick<FaultyResponse, "octetsBefore" | "goOn">,
    surroundings: FaultSurroundings,
  ) {
    this.#transport = transport;
    this.#script = script;
    this.#octetsBefore = octetsBefore;
    this.#goOn = goOn;
    this.#surroundings = surroundings;
    this.#alarm = surroundings.scheduler.alarm();
    surroundings.open.add(this);
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  get contentOctets(): number {
    return this.#contentOctets;
  }

  write(octets: Uint8Array): number {
    if (this.#ending !== undefined) return -1;
    if (this.#octetsBefore > 0) return this.#writeBefore(octets);
    let taken = 0;
    for (;;) {
      const outcome = this.#doSteps();
      if (outcome === "over") return -1;
      if (outcome === "blocked") return taken;
      const turned = Math.min(this.#turned, octets.length - taken);
      this.#turned -= turned;
      taken += turned;
      if (taken === octets.length) return taken;
      // A copy: it may wait, and the buffer isn't ours when this has returned.
      const piece = new Uint8Array(octets.subarray(taken, taken + pieceBytes));
      this.#turned = piece.length;
      this.#steps = this.#script.steps(piece);
    }
  }

  /** Writes octets of earlier responses as they are, then what follows them. */
  #writeBefore(octets: Uint8Array): number {
    const before = octets.subarray(0, this.#octetsBefore);
    const taken = this.#transport.write(before);
    if (taken < 0) return taken;
    this.#octetsBefore -= taken;
    if (taken < before.length || taken === octets.length) return taken;
    const more = this.write(octets.subarray(taken));
    return more < 0 ? more : taken + more;
  }

  writeMore(octets: Uint8Array): number {
    return this.write(octets);
  }

  /** The file has to be read: its octets are to be changed. */
  sendFile(): undefined {
    return undefined;
  }

  /** Does steps while there are any; "blocked" when the socket is full or a fault waits. */
  #doSteps(): "done" | "blocked" | "over" {
    while (!this.#isWaiting) {
      if (this.#script.isEndless && this.#surroundings.isStopping) return this.#end("reset");
      const step = (this.#step ??= this.#next());
      if (step === undefined) return "done";
      switch (step.kind) {
        case "octets": {
          const outcome = this.#writeStep(step);
          if (outcome !== "done") return outcome;
          this.#finishStep();
          break;
        }
        case "wait":
          this.#finishStep();
          if (!this.#wait(step.ms)) return "over";
          break;
        case "stall":
          if (this.#surroundings.isStopping) return this.#end("reset");
          this.#isStalled = true;
          this.#wait(this.#surroundings.limits().faultWaitTimeMs - this.#waitedMs);
          this.#step = { kind: "end", by: "reset" };
          break;
        case "end":
          if (step.by === "reset" && !this.#isDelivered()) break;
          if (step.isWhole !== true) return this.#end(step.by);
          this.#lastly = step.by;
          this.#finishStep();
          break;
      }
    }
    return "blocked";
  }

  #next(): FaultStep | undefined {
    const next = this.#steps?.next();
    return next === undefined || next.done === true ? undefined : next.value;
  }

  #finishStep(): void {
    this.#step = undefined;
    this.#written = 0;
  }

  /** Writes what the socket takes and the rate allows of the octets of `step`. */
  #writeStep(step: Extract<FaultStep, { kind: "octets" }>): "done" | "blocked" | "over" {
    const { octets, isContent = false, bytesPerSecond = Infinity } = step;
    if (octets.length === this.#written) return "done";
    const share = Math.max(1, Math.floor(bytesPerSecond / writesPerSecond));
    const end = this.#surroundings.isStopping ? octets.length : this.#written + share;
    const piece = octets.subarray(this.#written, end);
    const taken = this.#transport.write(piece);
    if (taken < 0) {
      this.#ending = "reset";
      return "over";
    }
    this.#written += taken;
    if (isContent) this.#contentOctets += taken;
    if (taken < piece.length) return "blocked";
    const pauseMs = (taken * 1000) / bytesPerSecond;
    if (pauseMs > 0 && !this.#wait(pauseMs)) return "over";
    return this.#written === octets.length ? "done" : "blocked";
  }

  /** Waits `ms`. False when all waiting of this response together is too long: it is cut off. */
  #wait(ms: number): boolean {
    if (this.#surroundings.isStopping || ms <= 0) return true;
    this.#waitedMs += ms;
    if (this.#waitedMs > this.#surroundings.limits().faultWaitTimeMs) {
      this.#end("reset");
      return false;
    }
    this.#isWaiting = true;
    this.#alarm.set(ms, this.#goesOn);
    return true;
  }

  readonly #goesOn = (): void => {
    this.#isWaiting = false;
    this.#goOn();
  };

  /** Whether the client's system has all octets, which a reset would take back; else waits. */
  #isDelivered(): boolean {
    const queued = this.#transport.queued() ?? 0;
    const looks = this.#deliveryLooks++;
    // After the first look the client has time to read what has arrived.
    if (looks >= deliveryLooksMax || (looks > 0 && queued === 0)) return true;
    this.#isWaiting = true;
    this.#alarm.set(deliveryLookMs, this.#goesOn);
    return false;
  }

  #end(by: FaultEnding): "over" {
    this.#ending = by;
    return "over";
  }

  /** The server stops: what faults hold back is sent at once, and what has no end is reset. */
  stop(): void {
    if (this.#ending !== "fin") {
      this.#alarm.clear();
      return this.#goesOn();
    }
    // The connection is over, but for its client.
    this.release();
    this.#transport.close();
  }

  release(): Transport {
    this.#alarm.clear();
    this.#isWaiting = false;
    this.#steps?.return?.();
    this.#surroundings.open.delete(this);
    const lastly = this.#lastly;
    this.#lastly = undefined;
    if (lastly === "fin") this.#transport.shutdown();
    if (lastly !== "reset") return this.#transport;
    // The connection is in the midst of a step. What it writes until then is not sent.
    this.#ending = "reset";
    this.#surroundings.scheduler.defer(() => this.#transport.terminate());
    return this;
  }

  queued(): number | undefined {
    return this.#transport.queued();
  }

  segmentOctets(): number | undefined {
    return this.#transport.segmentOctets?.();
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  shutdown(): void {
    this.#transport.shutdown();
  }

  close(): void {
    this.#transport.close();
  }

  handTo(owner: unknown): void {
    this.#transport.handTo(owner);
  }

  /** The connection is given up: because a fault has ended it, or for a reason of its own. */
  terminate(): void {
    if (this.#ending !== "fin") return this.#transport.terminate();
    if (this.#surroundings.isStopping) return this.#transport.close();
    // A close at once would reset a client that is still sending (RFC 9112 §9.6).
    this.#transport.shutdown();
    this.#transport.resume();
    this.#surroundings.open.add(this);
    this.#alarm.set(this.#surroundings.limits().lingerTimeMs, () => {
      this.#surroundings.open.delete(this);
      this.#transport.close();
    });
  }
}
