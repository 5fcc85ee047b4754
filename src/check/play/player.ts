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

import type { PhaseNotes } from "../blame/notes.ts";
import { Notes } from "../blame/notes.ts";
import type { Obstacle, PhaseOutcome } from "../blame/outcome.ts";
import { brokenBefore, closedEarly, outcomeOf } from "../blame/outcome.ts";
import type { Subject } from "../blame/subject.ts";
import { asksForDate, strictly, subjectOf } from "../blame/subject.ts";
import type { Traits } from "../blame/traits.ts";
import type { Cut } from "./exchange/block.ts";
import { chosenCuts, resolveBlock } from "./exchange/block.ts";
import type { ConnectionTap, Endpoint } from "./connection.ts";
import { Connection } from "./connection.ts";
import { answerOf, isRefusal } from "./exchange/answer.ts";
import type { ExchangePart } from "./exchange/exchange.ts";
import { ExchangeLog } from "./exchange/exchange.ts";
import { PlayedConnection } from "./exchange/played-connection.ts";
import type { Failure, Memory, Weigh } from "./judgement.ts";
import { judgeResponse } from "./judgement.ts";
import { ended, late, left, malformed, stray, unopened } from "./exchange/mishap.ts";
import type { HttpResponse, Progress } from "./response-reader.ts";
import { fieldValues, ResponseReader } from "./response-reader.ts";
import type {
  ConnectionEnd,
  ConnectionStep,
  Phase,
  ResponseStep,
  SendPart,
  Step,
  TreeChange,
} from "../script/script.ts";
import { isConnectionStep, permits, permittedEnds } from "../script/script.ts";
import { changeTree } from "./script-tree.ts";
import { checkLimits } from "../limits.ts";

const { pieceGapMs } = checkLimits;

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
  /**
   * Whether the server is one of others: that it closes a connection, or sends no Date, is only
   * noted in phases that aren't about it.
   */
  readonly foreign?: boolean;
  /** Is told of each answer. */
  readonly traits?: Traits;
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
      const end = player.broken ? brokenBefore : await player.phase(phase, last);
      const taken = play.record === true ? { exchange: player.takeExchange() } : {};
      outcomes.push({ ...outcomeOf(end), ...taken, ...player.takeNotes() });
    }
  } finally {
    player.end();
  }
  return outcomes;
}

class Player {
  readonly #play: Play;
  readonly #memory: Memory;
  readonly #connections = new Map<string, PlayedConnection>();
  #current = "main";
  #broken = false;
  readonly #log = new ExchangeLog();
  readonly #notes = new Notes();
  #subject: Subject = strictly;
  /** The ends of the connection that the next expectation takes. */
  #permittedEnds: readonly ConnectionEnd[] = [];

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

  /** What was noted in the phase that was played last. */
  takeNotes(): PhaseNotes {
    return this.#notes.take();
  }

  async phase(phase: Phase, last: boolean): Promise<Failure | Obstacle | undefined> {
    const { foreign = false } = this.#play;
    this.#subject = foreign ? subjectOf(phase) : strictly;
    let end: Failure | Obstacle | undefined;
    for (const [index, step] of phase.steps.entries()) {
      this.#permittedEnds = permittedEnds(phase.steps.slice(index + 1));
      end = await this.#weighed(step);
      if (end !== undefined) break;
    }
    if (end === undefined && last) end = await this.#leftovers(phase.line);
    this.#broken = end !== undefined;
    return end;
  }

  /** Plays a step. With a strength of its own it doesn't decide whether its phase holds. */
  async #weighed(step: Step): Promise<Failure | Obstacle | undefined> {
    const end = await this.#step(step);
    const own = isConnectionStep(step) ? step.own : undefined;
    if (own === undefined || (end !== undefined && "obstacle" in end)) return end;
    this.#notes.aside(step.line, own, end);
    return undefined;
  }

  end(): void {
    for (const { connection } of this.#connections.values()) connection.abort();
    this.#connections.clear();
  }

  async #step(step: Step): Promise<Failure | Obstacle | undefined> {
    if (step.kind === "pause") {
      await Bun.sleep(step.ms);
      return undefined;
    }
    if (step.kind === "change") return this.#change(step.change);
    if (step.kind === "on") this.#current = step.connection;
    const played = await this.#connect(step.line);
    if (!(played instanceof PlayedConnection)) return played;
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
        return this.#quiet(played, step, this.#play.settleMs);
      case "silence":
        return this.#quiet(played, step, step.ms);
      case "end":
        return this.#ended(played, step);
    }
  }

  /** The current connection. It is opened on first use. */
  async #connect(line: number): Promise<PlayedConnection | Failure> {
    const known = this.#connections.get(this.#current);
    if (known !== undefined) return known;
    const connection = await this.#open(line);
    if (!(connection instanceof Connection)) return connection;
    const opened = new PlayedConnection(connection, this.#play.foreign === true);
    this.#connections.set(this.#current, opened);
    return opened;
  }

  async #open(line: number): Promise<Connection | Failure> {
    const { endpoint } = this.#play;
    const connection = await Connection.open(endpoint, this.#tap(this.#current));
    if (connection.ok) return connection.value;
    return unopened(endpoint, connection.error, line);
  }

  /** Whether the server closed the connection behind an answer, and the phase isn't about that. */
  #isLetOff(played: PlayedConnection): boolean {
    return played.isOver && !this.#subject.persistence;
  }

  /** Whether requests that had no answer can be sent again, on a new connection. */
  #mayAskAgain(played: PlayedConnection): boolean {
    if (!this.#isLetOff(played) || !played.isAsking || this.#subject.pipelining) return false;
    return played.canBeReplaced && played.isRepeatable;
  }

  /** Goes on with a new connection under the same name. What had no answer is sent again. */
  async #reopen(played: PlayedConnection, line: number): Promise<Failure | undefined> {
    this.#noteBehind(played, line, true);
    const connection = await this.#open(line);
    if (!(connection instanceof Connection)) return connection;
    this.#log.event(this.#current, "the client goes on with a new connection");
    played.replace(connection);
    return undefined;
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
    played: PlayedConnection,
    parts: readonly SendPart[],
    line: number,
  ): Promise<Failure | undefined> {
    const block = resolveBlock(parts, this.#memory, line);
    if (!("octets" in block)) return block;
    if (!this.#subject.persistence) await this.#awaitEnd(played);
    if (this.#isLetOff(played) && played.canBeReplaced && this.#permittedEnds.length === 0) {
      const failure = await this.#reopen(played, line);
      if (failure !== undefined) return failure;
    }
    const { connection } = played;
    const { octets } = block;
    played.sent(octets);
    let from = 0;
    for (const to of [...chosenCuts(block, line, this.#play.cut), octets.length]) {
      if (from > 0) {
        await connection.allSent(this.#play.responseMs);
        await gap();
        if (connection.peer !== "open") return undefined;
      }
      connection.send(octets.subarray(from, to));
      from = to;
    }
    return undefined;
  }

  /** A client sends nothing more behind an answer that ends the connection (RFC 9112 §9.6). */
  async #awaitEnd({ answer, connection, isAsking }: PlayedConnection): Promise<void> {
    const deadline = performance.now() + this.#play.settleMs;
    if (answer?.announced !== true || isAsking) return;
    while (connection.peer === "open" && connection.pendingBytes === 0) {
      if ((await connection.changed(deadline)) === "late") return;
    }
  }

  async #leave(connection: Connection, how: "close" | "abort"): Promise<undefined> {
    await connection.allSent(this.#play.responseMs);
    this.#log.event(this.#current, `the client ${how}s the connection`.replace("aborts", "resets"));
    if (how === "close") connection.close();
    else connection.abort();
    this.#connections.delete(this.#current);
  }

  /** Takes an interim response of that status if it comes next; otherwise takes nothing. */
  async #interim(
    played: PlayedConnection,
    step: Step & { kind: "maybe" },
  ): Promise<Failure | Obstacle | undefined> {
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
    played: PlayedConnection,
    step: ResponseStep,
  ): Promise<Failure | Obstacle | undefined> {
    const bound = this.#bound(step.withinMs);
    let reader = new ResponseReader(step.framing);
    let deadline = performance.now() + bound;
    let begun = false;
    for (;;) {
      const { connection } = played;
      let progress: Progress = { kind: "need-data" };
      if (connection.pendingBytes > 0) {
        begun = true;
        progress = reader.push(connection.take());
      } else if (!begun && connection.peer !== "open" && permits(step, connection.peer)) {
        return undefined;
      } else if (!begun && this.#mayAskAgain(played)) {
        const failure = await this.#reopen(played, step.line);
        if (failure !== undefined) return failure;
        reader = new ResponseReader(step.framing);
        deadline = performance.now() + bound;
      } else if (connection.peer !== "open") {
        const { peer } = connection;
        if (!begun && this.#isLetOff(played)) return this.#closedEarly(played, step.line);
        const ends = peer === "closed" || isRefusal(step, this.#permittedEnds, reader.head);
        if (ends) progress = reader.end();
        if (progress.kind !== "response") return this.#cutShort(played, step, reader, begun);
      } else if ((await connection.changed(deadline)) === "late" && connection.pendingBytes === 0) {
        if (connection.peer === "open") return late(step, reader, bound, played.ending.missing);
      }
      if (progress.kind === "fault") return malformed(step, reader, progress);
      if (progress.kind !== "response") continue;
      connection.giveBack(progress.rest);
      return this.#judge(played, step, progress.response);
    }
  }

  #cutShort(
    played: PlayedConnection,
    step: ResponseStep,
    reader: ResponseReader,
    begun: boolean,
  ): Failure {
    const { peer } = played.connection;
    const failure = ended(step, reader, peer === "reset" ? "reset" : "closed");
    if (begun || played.answer === undefined || peer === "reset") return failure;
    this.#noteBehind(played, step.line, true);
    return { ...failure, closedBehind: true };
  }

  /** Notes of a server of others whether it kept the connection open behind its last answer. */
  #noteBehind(played: PlayedConnection, line: number, closed: boolean): void {
    const { answer } = played;
    if (answer === undefined || played.endIsNoted || this.#play.foreign !== true) return;
    this.#notes.behind(line, answer, closed);
    played.endIsNoted = closed;
  }

  /** What has no answer can't be sent again. */
  #closedEarly(played: PlayedConnection, line: number): Obstacle {
    this.#noteBehind(played, line, true);
    return closedEarly;
  }

  #judge(
    played: PlayedConnection,
    step: ResponseStep,
    response: HttpResponse,
  ): Failure | undefined {
    this.#play.traits?.note(response);
    played.answered(answerOf(step, response));
    return judgeResponse(step, response, this.#memory, this.#weigh);
  }

  /** A check with a strength of its own, or for a Date elsewhere, doesn't fail the phase. */
  readonly #weigh: Weigh = (check, failure, response) => {
    if (check.own !== undefined) {
      this.#notes.aside(check.line, check.own, failure);
      return undefined;
    }
    if (failure === undefined || this.#subject.date || !("name" in check)) return failure;
    if (!asksForDate(check) || fieldValues(response.fields, "Date").length > 0) return failure;
    this.#notes.dateless(check.line);
    return undefined;
  };

  #bound(withinMs: number | undefined): number {
    const { responseMs, cut } = this.#play;
    if (withinMs === undefined) return responseMs;
    return cut.kind === "none" ? withinMs : Math.max(withinMs, responseMs);
  }

  /** Expects that for `ms` nothing arrives and the server keeps the connection open. */
  async #quiet(
    played: PlayedConnection,
    { line }: ConnectionStep,
    ms: number,
  ): Promise<Failure | Obstacle | undefined> {
    const { connection } = played;
    const deadline = performance.now() + ms;
    const expected = `an open connection, and nothing on it for ${ms} ms`;
    do {
      if (connection.pendingBytes > 0) return stray(connection, line, expected);
      const { peer } = connection;
      if (peer === "open") continue;
      if (!this.#isLetOff(played) || peer === "reset") {
        const behind = played.isOver && peer === "closed" ? { closedBehind: true as const } : {};
        this.#noteBehind(played, line, true);
        return { line, expected, came: left(peer), ...behind };
      }
      if (played.isAsking) return this.#closedEarly(played, line);
      this.#noteBehind(played, line, true);
      return undefined;
    } while ((await connection.changed(deadline)) === "changed");
    if (!played.isAsking) this.#noteBehind(played, line, false);
    return undefined;
  }

  async #ended(
    { connection }: PlayedConnection,
    step: Step & { kind: "end" },
  ): Promise<Failure | undefined> {
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
