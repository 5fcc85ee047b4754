/**
 * Whether a server that already runs is still there, and answers. One that crashes, is stopped or
 * hangs in the middle of a check would fail everything after it, or make it wait. It is reported
 * once, with the scripts that were being played, one of which may have ended it; these and all
 * later ones are not played.
 *
 * A server hangs when several scripts in a row met nothing but silence, and a plain request does,
 * too. One that is only slow answers some of them, or that request.
 */

import { latin1Bytes } from "../../http/octets/bytes.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Traits } from "../blame/traits.ts";
import type { Endpoint } from "../play/connection.ts";
import { Connection } from "../play/connection.ts";
import type { Watch } from "../play/stage.ts";
import type { Gone, ScriptOutcome } from "../report/column.ts";
import type { Script } from "../script/script.ts";
import { hasFailed } from "./course.ts";
import { checkLimits } from "../limits.ts";

const { presenceTries: triesMax, betweenTriesMs, silentScriptsMax, lastAskTimeMs } = checkLimits;

/** The column of a server, as far as its end is noted there. */
interface WatchedColumn {
  readonly outcomes: Map<Script, ScriptOutcome>;
  readonly traits: Traits;
  gone?: Gone;
}

const goneReason = "the server went away before it was played";
const goneDuringReason = "the server went away while it was played";
const hungReason = "the server answered nothing any more before it was played";
const hungDuringReason = "the server answered nothing any more while it was played";

export class Presence implements Watch {
  readonly #column: WatchedColumn;
  readonly #endpoint: Endpoint;
  readonly #askTimeMs: number;
  readonly #playing = new Set<Script>();
  /** Scripts that met silence since the last answer, each with the first line that did. */
  readonly #silent = new Map<Script, number>();
  #answers = 0;
  #asking: Promise<boolean> | undefined;

  /** A server that seems to hang is asked for `askTimeMs` before it is said to. */
  constructor(column: WatchedColumn, endpoint: Endpoint, askTimeMs: number = lastAskTimeMs) {
    this.#column = column;
    this.#endpoint = endpoint;
    this.#askTimeMs = askTimeMs;
  }

  get reasonToStop(): string | undefined {
    const { gone } = this.#column;
    if (gone === undefined) return undefined;
    return gone.hangs === true ? hungReason : goneReason;
  }

  /** Notes silence. Enough of it in a row may be a server that hangs. */
  async ended(script: Script, phases: readonly PhaseOutcome[]): Promise<void> {
    const { traits } = this.#column;
    if (traits.answers > this.#answers) this.#silent.clear();
    this.#answers = traits.answers;
    for (const outcome of phases) {
      if (outcome.kind !== "failed" || outcome.failure.silent !== true) continue;
      if (!this.#silent.has(script)) this.#silent.set(script, outcome.failure.line);
    }
    if (this.#silent.size < silentScriptsMax || this.#column.gone !== undefined) return;
    this.#asking ??= this.#answersAtAll();
    const answers = await this.#asking;
    this.#asking = undefined;
    if (answers) this.#silent.clear();
    else this.#noteHang();
  }

  /** Plays a script, unless the server is gone. What failed because it went isn't counted. */
  async during(script: Script, play: () => Promise<void>): Promise<void> {
    const { outcomes } = this.#column;
    const reason = this.reasonToStop;
    if (reason !== undefined) {
      if (!outcomes.has(script)) outcomes.set(script, { kind: "not-played", reason });
      return;
    }
    this.#playing.add(script);
    await play();
    if (hasFailed(outcomes.get(script)) && (await this.#isGone())) {
      outcomes.set(script, { kind: "not-played", reason: this.#reasonDuring() });
    }
    this.#playing.delete(script);
  }

  #reasonDuring(): string {
    return this.#column.gone?.hangs === true ? hungDuringReason : goneDuringReason;
  }

  async #isGone(): Promise<boolean> {
    if (this.#column.gone !== undefined) return true;
    let error: string | undefined;
    for (let tries = 0; tries < triesMax; tries++) {
      if (tries > 0) await Bun.sleep(betweenTriesMs);
      const connection = await Connection.open(this.#endpoint);
      if (connection.ok) {
        connection.value.abort();
        return false;
      }
      // Silence may be a full backlog.
      if (connection.error.startsWith("no connection within")) return false;
      error = connection.error;
    }
    const during = [...this.#playing].map(({ file }) => file).toSorted();
    this.#column.gone ??= { error: error ?? "no connection", during };
    return true;
  }

  /** Whether the server reacts to a plain request: with a byte, or by closing the connection. */
  async #answersAtAll(): Promise<boolean> {
    const opened = await Connection.open(this.#endpoint);
    if (!opened.ok) return !opened.error.startsWith("no connection within");
    const connection = opened.value;
    connection.send(latin1Bytes("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    const deadline = performance.now() + this.#askTimeMs;
    const isSilent = (): boolean => connection.pendingBytes === 0 && connection.peer === "open";
    while (isSilent()) if ((await connection.changed(deadline)) === "late") break;
    const silent = isSilent();
    connection.abort();
    return !silent;
  }

  /** The scripts that met the silence are counted neither as held nor as failed. */
  #noteHang(): void {
    const { outcomes } = this.#column;
    const [first] = this.#silent;
    if (first === undefined || this.#column.gone !== undefined) return;
    const [{ file }, line] = first;
    const during = [...this.#silent.keys()].map((script) => script.file).toSorted();
    const error = `answers nothing any more since ${file}:${line}`;
    this.#column.gone = { error, during, hangs: true };
    for (const script of this.#silent.keys()) {
      if (outcomes.has(script)) {
        outcomes.set(script, { kind: "not-played", reason: hungDuringReason });
      }
    }
  }
}
