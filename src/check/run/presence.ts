/**
 * Whether a server that already runs is still there. One that crashes, or is stopped, in the middle
 * of a check would fail everything after it. It is reported once, with the scripts that were being
 * played, one of which may have ended it; these and all later ones are not played.
 */

import type { Endpoint } from "../play/connection.ts";
import { Connection } from "../play/connection.ts";
import type { Gone, ScriptOutcome } from "../report/column.ts";
import type { Script } from "../script/script.ts";
import { hasFailed } from "./course.ts";
import { checkLimits } from "../limits.ts";

const { presenceTries: triesMax, betweenTriesMs } = checkLimits;

/** The column of a server, as far as its end is noted there. */
interface WatchedColumn {
  readonly outcomes: Map<Script, ScriptOutcome>;
  gone?: Gone;
}

const goneReason = "the server went away before it was played";
const goneDuringReason = "the server went away while it was played";

export class Presence {
  readonly #column: WatchedColumn;
  readonly #endpoint: Endpoint;
  readonly #playing = new Set<Script>();

  constructor(column: WatchedColumn, endpoint: Endpoint) {
    this.#column = column;
    this.#endpoint = endpoint;
  }

  /** Plays a script, unless the server is gone. What failed because it went isn't counted. */
  async during(script: Script, play: () => Promise<void>): Promise<void> {
    const { outcomes } = this.#column;
    if (this.#column.gone !== undefined) {
      if (!outcomes.has(script)) outcomes.set(script, { kind: "not-played", reason: goneReason });
      return;
    }
    this.#playing.add(script);
    await play();
    if (hasFailed(outcomes.get(script)) && (await this.#isGone())) {
      outcomes.set(script, { kind: "not-played", reason: goneDuringReason });
    }
    this.#playing.delete(script);
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
}
