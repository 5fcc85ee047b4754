/**
 * Plays the server's part of phases against a client: has it make requests, expects them, sends
 * what the script sends, and compares what the client made of it. A phase stops at the first
 * expectation that does not hold.
 *
 * Each run of phases has a port and a client process of its own. A request is taken from whichever
 * connection it comes on, unless the script names one, because it is the client's choice whether it
 * uses a connection again. Bytes that no expectation covers fail the phase, so that a client can't
 * pass by asking more often than it may.
 */

import { checkLimits } from "../limits.ts";
import type { Connection } from "../play/connection.ts";
import { chosenCuts, resolveBlock } from "../play/exchange/block.ts";
import type { Cut } from "../play/exchange/block.ts";
import { ExchangeLog } from "../play/exchange/exchange.ts";
import { stray } from "../play/exchange/mishap.ts";
import type { Failure, Memory } from "../play/judgement.ts";
import { resolve } from "../play/judgement.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import { visibleText } from "../script/escape.ts";
import { givenCaptures } from "../script/client/client-step-parser.ts";
import type {
  AskStep,
  ClientStep,
  Phase,
  RequestStep,
  ResultStep,
  SharedStep,
} from "../script/script.ts";
import { latin1Text, utf8Bytes } from "../../http/octets/bytes.ts";
import type { ClientCommand } from "./client-command.ts";
import { clientStepsOf } from "./client-command.ts";
import { judgeRequest, judgeResult, resultChoices, resultText } from "./client-judgement.ts";
import type { ClientConnection } from "./client-port.ts";
import { ClientPort, leftText } from "./client-port.ts";
import { ClientProcess } from "./client-process.ts";
import { requestReader } from "./request-reader.ts";

/** The client to play with, and the bounds of a play. */
export interface ClientPlay {
  readonly command: ClientCommand;
  /** How long nothing must arrive before a connection counts as quiet. */
  readonly settleMs: number;
  /** How long a request, or the client's conclusion, may take. */
  readonly responseMs: number;
  /** How much longer its first connection may take, since the program has to start. */
  readonly startMs: number;
  readonly cut: Cut;
  /** Called at the end of a run in which an adapter opened no connection and wrote no line. */
  readonly saidNothing?: (how: string) => void;
}

/** Plays a run of phases that share a client. Returns an outcome for each phase, in order. */
export async function playClientRun(
  run: readonly Phase[],
  play: ClientPlay,
  memory: Memory,
): Promise<readonly PhaseOutcome[]> {
  const player = new ClientPlayer(play, memory);
  const outcomes: PhaseOutcome[] = [];
  try {
    for (const phase of run) {
      if (outcomes.some(({ kind }) => kind === "failed")) {
        outcomes.push({ kind: "not-played", reason: brokenBefore });
        continue;
      }
      const failure = await player.phase(phase);
      const exchange = player.takeExchange();
      outcomes.push(
        failure === undefined ? { kind: "held", exchange } : { kind: "failed", failure, exchange },
      );
    }
  } finally {
    await player.end();
  }
  return outcomes;
}

const brokenBefore = "the phase before, which it continues, did not hold";

/** What a step came to: nothing to tell, a failure, or that an optional request did not come. */
type StepOutcome = Failure | "left-out" | undefined;

class ClientPlayer {
  readonly #play: ClientPlay;
  readonly #memory: Memory;
  readonly #log = new ExchangeLog();
  readonly #port = new ClientPort(this.#log);
  readonly #client: ClientProcess;
  #current: ClientConnection | undefined;
  /** The connection that `on` named, until a request came on it. */
  #wanted: string | undefined;

  constructor(play: ClientPlay, memory: Memory) {
    this.#play = play;
    this.#memory = memory;
    this.#client = new ClientProcess(play.command, () => this.#port.notify());
    memory.captures.set(givenCaptures.host, utf8Bytes(this.#port.host));
    memory.captures.set(givenCaptures.otherHost, utf8Bytes(this.#port.otherHost));
  }

  takeExchange(): ReturnType<ExchangeLog["take"]> {
    return this.#log.take();
  }

  async end(): Promise<void> {
    this.#port.stop();
    const { result, hasSpoken } = this.#client;
    await this.#client.end();
    if (hasSpoken || this.#port.connections.length > 0) return;
    this.#play.saidNothing?.(result?.kind === "ended" ? result.reason : "it is still running");
  }

  async phase(phase: Phase): Promise<Failure | undefined> {
    const steps = clientStepsOf(phase);
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at];
      const outcome = step === undefined ? undefined : await this.#step(step);
      if (outcome === undefined) continue;
      if (outcome !== "left-out") return outcome;
      // The result follows in every phase.
      at = steps.findIndex(({ kind }, index) => index > at && kind === "result") - 1;
    }
    return this.#leftovers(phase.line);
  }

  async #step(step: ClientStep): Promise<StepOutcome> {
    switch (step.kind) {
      case "ask":
        return this.#ask(step);
      case "request":
        return this.#request(step);
      case "result":
        return this.#result(step);
      case "repeat":
        return this.#repeat(step);
      case "pause":
        await Bun.sleep(step.ms);
        return undefined;
      case "on":
        this.#wanted = step.connection;
        return undefined;
      default:
        return this.#act(step);
    }
  }

  async #ask(step: AskStep): Promise<Failure | undefined> {
    const target = resolve(step.target, this.#memory, step.line);
    if (!(target instanceof Uint8Array)) return target;
    const fields: (readonly [string, string])[] = [];
    for (const { name, value } of step.fields) {
      const octets = resolve(value, this.#memory, step.line);
      if (!(octets instanceof Uint8Array)) return octets;
      fields.push([name, latin1Text(octets)]);
    }
    const content = resolve(step.content ?? [], this.#memory, step.line);
    if (!(content instanceof Uint8Array)) return content;
    const url = `http://${this.#port.host}${latin1Text(target)}`;
    this.#log.event("main", `the client is asked: ${step.method} ${latin1Text(target)}`);
    const body = step.content === undefined ? {} : { content };
    await this.#client.ask({ method: step.method, url, fields, ...body });
    return undefined;
  }

  async #request(step: RequestStep): Promise<StepOutcome> {
    const { line, requestLine } = step;
    const bound = this.#started(this.#bound(step.withinMs));
    const deadline = performance.now() + bound;
    const expected = `a request, ${requestLine.methods.join(" or ")}`;
    const found = await this.#port.until(deadline, () => {
      if (this.#client.result !== undefined) return this.#asking() ?? "concluded";
      return this.#asking() ?? (this.#port.connections.some(isUnread) ? "elsewhere" : undefined);
    });
    if (found === "late") return { line, expected, came: `nothing within ${bound} ms` };
    if (found === "elsewhere") {
      return {
        line,
        expected: `${expected}, on ${this.#wanted}`,
        came: "one on another connection",
      };
    }
    if (found === "concluded") {
      if (step.optional) return "left-out";
      const { result } = this.#client;
      return { line, expected, came: result === undefined ? "nothing" : resultText(result) };
    }
    this.#use(found);
    const reader = requestReader();
    for (;;) {
      const progress = reader.push(found.connection.take());
      if (progress.kind === "message") {
        found.connection.giveBack(progress.rest);
        return judgeRequest(step, progress.message, this.#memory);
      }
      if (progress.kind === "fault") {
        const near = visibleText(progress.came);
        return { line, expected: `a well-formed request: ${progress.expected}`, came: near };
      }
      const more = await this.#port.until(deadline, () => {
        const { connection } = found;
        return connection.pendingBytes > 0 || connection.peer !== "open" ? "more" : undefined;
      });
      const { peer, pendingBytes } = found.connection;
      if (more === "more" && pendingBytes > 0) continue;
      const end = peer === "open" ? `nothing more within ${bound} ms` : leftText(peer);
      return { line, expected, came: `a part of one, and ${end}: ${reader.describeMissing()}` };
    }
  }

  /** The connection on which a request has come that may be taken now. */
  #asking(): ClientConnection | undefined {
    const { connections } = this.#port;
    const wanted = this.#wanted;
    if (wanted === undefined) {
      const current = this.#current;
      return current !== undefined && isUnread(current) ? current : connections.find(isUnread);
    }
    const known = connections.find(({ name }) => name === wanted);
    if (known !== undefined) return isUnread(known) ? known : undefined;
    return connections.find((one) => one.name === undefined && isUnread(one));
  }

  /** Makes a connection the current one. It gets the name that was asked for, or that is next. */
  #use(one: ClientConnection): void {
    const isFirst = this.#port.connections.every(({ name }) => name === undefined);
    one.name ??= this.#wanted ?? (isFirst ? "main" : undefined);
    one.quiet = false;
    this.#wanted = undefined;
    this.#current = one;
  }

  /** The connection for what doesn't begin with a request. A server may speak first. */
  async #connection(line: number): Promise<ClientConnection | Failure> {
    if (this.#wanted === undefined && this.#current !== undefined) return this.#current;
    const { connections } = this.#port;
    const wanted = this.#wanted;
    const bound = this.#started(this.#play.responseMs);
    const found = await this.#port.until(performance.now() + bound, () => {
      const known = connections.find(({ name }) => name === wanted && wanted !== undefined);
      return known ?? connections.find(({ name }) => name === undefined);
    });
    if (found !== "late") {
      this.#use(found);
      return found;
    }
    return { line, expected: "a connection from the client", came: `none within ${bound} ms` };
  }

  async #act(step: Exclude<SharedStep, { kind: "on" | "pause" }>): Promise<Failure | undefined> {
    const found = await this.#connection(step.line);
    if (!("connection" in found)) return found;
    const { connection } = found;
    found.quiet = step.kind === "open" || step.kind === "end" || step.kind === "silence";
    const name = found.name ?? "main";
    switch (step.kind) {
      case "send":
        return this.#send(connection, step);
      case "half-close":
        this.#log.event(name, "the server half-closes");
        connection.halfClose();
        return undefined;
      case "close":
      case "abort":
        await this.#sent(connection);
        this.#log.event(name, `the server ${step.kind === "close" ? "closes" : "resets"}`);
        if (step.kind === "close") connection.close();
        else connection.abort();
        this.#current = undefined;
        return undefined;
      case "open":
        return this.#quiet(connection, step.line, this.#play.settleMs);
      case "silence":
        return this.#quiet(connection, step.line, step.ms);
      case "end":
        return this.#ended(connection, step);
    }
  }

  async #send(
    connection: Connection,
    { parts, line }: SharedStep & { kind: "send" },
  ): Promise<Failure | undefined> {
    const block = resolveBlock(parts, this.#memory, line);
    if (!("octets" in block)) return block;
    const { octets } = block;
    let from = 0;
    for (const to of [...chosenCuts(block, line, this.#play.cut), octets.length]) {
      if (from > 0) {
        await this.#sent(connection);
        await Bun.sleep(checkLimits.pieceGapMs);
        if (connection.peer === "reset") return undefined;
      }
      connection.send(octets.subarray(from, to));
      from = to;
    }
    return undefined;
  }

  /** Waits until the system has taken all bytes, the client has reset, or time is up. */
  async #sent(connection: Connection): Promise<void> {
    const deadline = performance.now() + this.#play.responseMs;
    while (!connection.sent && connection.peer !== "reset") {
      if ((await connection.changed(deadline)) === "late") return;
    }
  }

  /** Waits for the client's conclusion. Another request before it is a failure. */
  async #result(step: ResultStep): Promise<Failure | undefined> {
    const { line } = step;
    const bound = this.#bound(step.withinMs);
    const expected = `a client that ${resultChoices(step)}`;
    const found = await this.#port.until(performance.now() + bound, () => {
      return this.#client.result ?? this.#port.connections.find(isUnread);
    });
    if (found === "late") return { line, expected, came: `no conclusion within ${bound} ms` };
    if (!("kind" in found)) return stray(found.connection, line, `${expected}, and asks no more`);
    this.#log.event(this.#current?.name ?? "main", `the client: ${resultText(found)}`);
    return judgeResult(step, found, this.#memory);
  }

  /** Answers more requests as the one before, until the client concludes. */
  async #repeat({ count, steps }: ClientStep & { kind: "repeat" }): Promise<StepOutcome> {
    for (let round = 0; round < count; round++) {
      for (const step of steps) {
        const outcome = await this.#step(step);
        if (outcome !== undefined) return outcome;
      }
    }
    return undefined;
  }

  /** The time for what a client does, and before its first connection for its start, too. */
  #started(bound: number): number {
    return this.#port.connections.length > 0 ? bound : bound + this.#play.startMs;
  }

  #bound(withinMs: number | undefined): number {
    const { responseMs, cut } = this.#play;
    if (withinMs === undefined) return responseMs;
    return cut.kind === "none" ? withinMs : Math.max(withinMs, responseMs);
  }

  /** Expects that for `ms` nothing arrives and the client keeps the connection open. */
  async #quiet(connection: Connection, line: number, ms: number): Promise<Failure | undefined> {
    const expected = `an open connection, and nothing on it for ${ms} ms`;
    const found = await this.#port.until(performance.now() + ms, () => {
      if (connection.pendingBytes > 0) return "bytes";
      return connection.peer === "open" ? undefined : connection.peer;
    });
    if (found === "late") return undefined;
    if (found === "bytes") return stray(connection, line, expected);
    return { line, expected, came: leftText(found) };
  }

  async #ended(
    connection: Connection,
    step: SharedStep & { kind: "end" },
  ): Promise<Failure | undefined> {
    const { line, ends } = step;
    const bound = this.#bound(step.withinMs);
    const expected = `the connection ${ends.join(" or ")} by the client`;
    const found = await this.#port.until(performance.now() + bound, () => {
      if (connection.pendingBytes > 0) return "bytes";
      return connection.peer === "open" ? undefined : connection.peer;
    });
    if (found === "late") return { line, expected, came: `still open after ${bound} ms` };
    if (found === "bytes") return stray(connection, line, `${expected}, nothing before`);
    return ends.includes(found) ? undefined : { line, expected, came: leftText(found) };
  }

  /** After the last step of a phase, fails if the client sent something that none covers. */
  async #leftovers(line: number): Promise<Failure | undefined> {
    const { connections } = this.#port;
    if (!connections.every(({ quiet }) => quiet)) await Bun.sleep(this.#play.settleMs);
    const asking = connections.find(isUnread);
    if (asking === undefined) return undefined;
    return stray(asking.connection, line, "no other request than the phase expects");
  }
}

function isUnread({ connection }: ClientConnection): boolean {
  return connection.pendingBytes > 0;
}
