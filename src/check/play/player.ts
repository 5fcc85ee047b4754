/**
 * Plays phases against a server over TCP: performs each step in order, and stops a phase at the
 * first expectation that does not hold.
 *
 * The player waits for events and not for time, with two exceptions: the script's pauses, and the
 * short settling time after which a connection counts as quiet. Bytes that no expectation covers
 * fail the phase in which they arrive, so that a server can't pass by sending more than was asked
 * for. Connections are ended with a reset, which leaves no port in TIME_WAIT: a replay opens
 * thousands of them.
 */

import type { Cut } from "./exchange/block.ts";
import { chosenCuts, resolveBlock } from "./exchange/block.ts";
import type { ConnectionTap, Endpoint } from "./connection.ts";
import { Connection } from "./connection.ts";
import type { ExchangePart } from "./exchange/exchange.ts";
import { ExchangeLog } from "./exchange/exchange.ts";
import { HeadEnding } from "./exchange/head-ending.ts";
import type { Failure, Memory } from "./judgement.ts";
import { judgeResponse } from "./judgement.ts";
import { ended, late, left, malformed, stray } from "./exchange/mishap.ts";
import type { Progress } from "./response-reader.ts";
import { ResponseReader } from "./response-reader.ts";
import type {
  Content,
  Phase,
  ResponseStep,
  Script,
  SendPart,
  Step,
  TreeChange,
} from "../script/script.ts";
import { changeTree } from "./script-tree.ts";

/** The server to play against, and the bounds of a play. */
export interface Play {
  readonly endpoint: Endpoint;
  /** The folder that the server serves, if the player may change it. */
  readonly root: string | undefined;
  /** How long nothing must arrive before a connection counts as quiet. */
  readonly settleMs: number;
  /** How long a response may take. In a replay it replaces a shorter `within` of the script. */
  readonly responseMs: number;
  readonly cut: Cut;
  /** Whether outcomes come with what passed on the connections. */
  readonly record?: boolean;
}

export type PhaseOutcome =
  | { readonly kind: "held"; readonly exchange?: readonly ExchangePart[] }
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      /** What passed on the connections when the phase was played uncut. */
      readonly exchange?: readonly ExchangePart[];
      /** The cut, in words, with which the phase failed after it had held uncut. */
      readonly replay?: string;
    };

/** The pause between two pieces, so that the server reads them separately. */
const pieceGapMs = 1;

/** The memory of a script before its first phase. */
export function freshMemory(script: Script): Memory {
  const files = new Map<string, Content>();
  for (const entry of script.tree) if (entry.kind === "file") files.set(entry.path, entry.content);
  return { captures: new Map(), files, script: script.file };
}

/** Plays a run of phases that share connections. Returns an outcome for each phase, in order. */
export async function playRun(
  run: readonly Phase[],
  play: Play,
  memory: Memory,
): Promise<readonly PhaseOutcome[]> {
  const player = new Player(play, memory);
  const outcomes: PhaseOutcome[] = [];
  try {
    for (const [index, phase] of run.entries()) {
      const last = index === run.length - 1;
      const failure = player.broken
        ? brokenBefore(phase)
        : await player.phase(phase.steps, phase.line, last);
      const taken = play.record === true ? { exchange: player.takeExchange() } : {};
      outcomes.push(
        failure === undefined ? { kind: "held", ...taken } : { kind: "failed", failure, ...taken },
      );
    }
  } finally {
    player.end();
  }
  return outcomes;
}

function brokenBefore({ line }: Phase): Failure {
  return {
    line,
    expected: "the connections of the phase before, which this one continues",
    came: "that phase failed",
  };
}

/** A connection, and whether its last expectation covered all bytes that arrived. */
interface PlayedConnection {
  readonly connection: Connection;
  readonly ending: HeadEnding;
  quiet: boolean;
}

class Player {
  readonly #play: Play;
  readonly #memory: Memory;
  readonly #connections = new Map<string, PlayedConnection>();
  #current = "main";
  #broken = false;
  readonly #log = new ExchangeLog();

  constructor(play: Play, memory: Memory) {
    this.#play = play;
    this.#memory = memory;
  }

  /** Whether a phase failed, so that the next one can't continue on its connections. */
  get broken(): boolean {
    return this.#broken;
  }

  /** What passed on the connections since the last call, if the play is recorded. */
  takeExchange(): readonly ExchangePart[] {
    return this.#log.take();
  }

  async phase(steps: readonly Step[], line: number, last: boolean): Promise<Failure | undefined> {
    let failure: Failure | undefined;
    for (const step of steps) {
      failure = await this.#step(step);
      if (failure !== undefined) break;
    }
    if (failure === undefined && last) failure = await this.#leftovers(line);
    this.#broken = failure !== undefined;
    return failure;
  }

  end(): void {
    for (const { connection } of this.#connections.values()) connection.abort();
    this.#connections.clear();
  }

  async #step(step: Step): Promise<Failure | undefined> {
    if (step.kind === "pause") {
      await Bun.sleep(step.ms);
      return undefined;
    }
    if (step.kind === "change") return this.#change(step.change);
    if (step.kind === "on") this.#current = step.connection;
    const played = await this.#connect(step.line);
    if (!("connection" in played)) return played;
    if (step.kind === "on") return undefined;
    played.quiet = step.kind === "open" || step.kind === "end" || step.kind === "silence";
    const { connection } = played;
    switch (step.kind) {
      case "send":
        return this.#send(played, step.parts, step.line);
      case "half-close":
        this.#log.event(this.#current, "the client half-closes");
        connection.halfClose();
        return undefined;
      case "close":
      case "abort":
        return this.#leave(connection, step.kind);
      case "maybe":
        return this.#interim(played, step);
      case "response":
        return this.#response(played, step);
      case "open":
        return this.#quiet(connection, step.line, this.#play.settleMs);
      case "silence":
        return this.#quiet(connection, step.line, step.ms);
      case "end":
        return this.#ended(connection, step);
    }
  }

  /** The current connection. It is opened on first use. */
  async #connect(line: number): Promise<PlayedConnection | Failure> {
    const known = this.#connections.get(this.#current);
    if (known !== undefined) return known;
    const { endpoint } = this.#play;
    const connection = await Connection.open(endpoint, this.#tap(this.#current));
    if (!connection.ok) {
      const expected = `a connection to ${endpoint.host} port ${endpoint.port}`;
      return { line, expected, came: connection.error };
    }
    const opened = { connection: connection.value, ending: new HeadEnding(), quiet: false };
    this.#connections.set(this.#current, opened);
    return opened;
  }

  #tap(name: string): ConnectionTap | undefined {
    if (this.#play.record !== true) return undefined;
    const log = this.#log;
    return {
      sent: (octets) => log.bytes(name, "client", octets),
      received: (octets) => log.bytes(name, "server", octets),
      left: (end) => log.event(name, left(end)),
    };
  }

  #change(change: TreeChange): Failure | undefined {
    const { root } = this.#play;
    const { line } = change;
    if (root === undefined) return { line, expected: "a tree that may be changed", came: "none" };
    try {
      changeTree(root, change);
    } catch (error) {
      const came = error instanceof Error ? error.message : "an error";
      return { line, expected: `${change.kind} ${change.path} to be possible`, came };
    }
    if (change.kind === "file") this.#memory.files.set(change.path, change.content);
    else if (change.kind === "remove") this.#memory.files.delete(change.path);
    this.#log.event(this.#current, `the tree changes: ${change.kind} ${change.path}`);
    return undefined;
  }

  async #send(
    { connection, ending }: PlayedConnection,
    parts: readonly SendPart[],
    line: number,
  ): Promise<Failure | undefined> {
    const block = resolveBlock(parts, this.#memory, line);
    if (!("octets" in block)) return block;
    const { octets } = block;
    ending.sent(octets);
    let from = 0;
    for (const to of [...chosenCuts(block, line, this.#play.cut), octets.length]) {
      if (from > 0) {
        await this.#sent(connection);
        await gap();
        if (connection.peer !== "open") return undefined;
      }
      connection.send(octets.subarray(from, to));
      from = to;
    }
    return undefined;
  }

  /** Waits until the system has taken all bytes, the server has ended its side, or time is up. */
  async #sent(connection: Connection): Promise<void> {
    const deadline = performance.now() + this.#play.responseMs;
    while (!connection.sent && connection.peer === "open") {
      if ((await connection.changed(deadline)) === "late") return;
    }
  }

  async #leave(connection: Connection, how: "close" | "abort"): Promise<undefined> {
    await this.#sent(connection);
    this.#log.event(this.#current, `the client ${how}s the connection`.replace("aborts", "resets"));
    if (how === "close") connection.close();
    else connection.abort();
    this.#connections.delete(this.#current);
  }

  /** Takes an interim response of that status if it comes next; otherwise takes nothing. */
  async #interim(
    played: PlayedConnection,
    step: Step & { kind: "maybe" },
  ): Promise<Failure | undefined> {
    const { connection } = played;
    const start = `HTTP/1.1 ${step.status}`;
    const deadline = performance.now() + this.#play.responseMs;
    for (;;) {
      const octets = connection.take();
      connection.giveBack(octets);
      const came = String.fromCharCode(...octets.subarray(0, start.length));
      if (!start.startsWith(came)) return undefined;
      if (came.length === start.length) break;
      if (connection.peer !== "open") return undefined;
      if ((await connection.changed(deadline)) === "late") return undefined;
    }
    const choices = [{ kind: "status", status: step.status }] as const;
    const plain = { framing: "own", decoded: false, fields: [], body: [], saves: [] } as const;
    return this.#response(played, { kind: "response", line: step.line, choices, ...plain });
  }

  async #response(
    { connection, ending }: PlayedConnection,
    step: ResponseStep,
  ): Promise<Failure | undefined> {
    const reader = new ResponseReader(step.framing);
    const bound = this.#bound(step.withinMs);
    const deadline = performance.now() + bound;
    let begun = false;
    for (;;) {
      let progress: Progress = { kind: "need-data" };
      if (connection.pendingBytes > 0) {
        begun = true;
        progress = reader.push(connection.take());
      } else if (connection.peer !== "open") {
        const { peer } = connection;
        const permitted = step.choices.some(
          (choice) => choice.kind === "end" && choice.end === peer,
        );
        if (!begun && permitted) return undefined;
        if (peer === "reset") return ended(step, reader, "reset");
        progress = reader.end();
        if (progress.kind === "fault") return ended(step, reader, "closed");
      } else if ((await connection.changed(deadline)) === "late" && connection.pendingBytes === 0) {
        if (connection.peer === "open") return late(step, reader, bound, ending.missing);
      }
      if (progress.kind === "fault") return malformed(step, reader, progress);
      if (progress.kind !== "response") continue;
      connection.giveBack(progress.rest);
      ending.answered();
      return judgeResponse(step, progress.response, this.#memory);
    }
  }

  #bound(withinMs: number | undefined): number {
    const { responseMs, cut } = this.#play;
    if (withinMs === undefined) return responseMs;
    return cut.kind === "none" ? withinMs : Math.max(withinMs, responseMs);
  }

  /** Expects that for `ms` nothing arrives and the server keeps the connection open. */
  async #quiet(connection: Connection, line: number, ms: number): Promise<Failure | undefined> {
    const deadline = performance.now() + ms;
    const expected = `an open connection, and nothing on it for ${ms} ms`;
    do {
      if (connection.pendingBytes > 0) return stray(connection, line, expected);
      if (connection.peer !== "open") return { line, expected, came: left(connection.peer) };
    } while ((await connection.changed(deadline)) === "changed");
    return undefined;
  }

  async #ended(connection: Connection, step: Step & { kind: "end" }): Promise<Failure | undefined> {
    const { line, ends } = step;
    const bound = this.#bound(step.withinMs);
    const deadline = performance.now() + bound;
    const expected = `the connection ${ends.join(" or ")} by the server`;
    for (;;) {
      if (connection.pendingBytes > 0)
        return stray(connection, line, `${expected}, nothing before`);
      const { peer } = connection;
      if (peer !== "open")
        return ends.includes(peer) ? undefined : { line, expected, came: left(peer) };
      if ((await connection.changed(deadline)) === "late" && connection.peer === "open") {
        return { line, expected, came: `still open after ${bound} ms` };
      }
    }
  }

  /** After the last step of a run, fails if bytes arrived that no expectation covers. */
  async #leftovers(line: number): Promise<Failure | undefined> {
    const unsettled = [...this.#connections.values()].filter(({ quiet }) => !quiet);
    if (unsettled.length > 0) await Bun.sleep(this.#play.settleMs);
    for (const { connection } of unsettled) {
      if (connection.pendingBytes === 0) continue;
      return stray(connection, line, "nothing after what the phase expects");
    }
    return undefined;
  }
}

/** Waits, then lets the event loop turn, so that a server in this process has read the piece. */
async function gap(): Promise<void> {
  await Bun.sleep(pieceGapMs);
  await new Promise((resolveTurn) => {
    setImmediate(resolveTurn);
  });
}
