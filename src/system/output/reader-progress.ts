/** Whether the reader of an output still takes something, for those who wait for its end. */

import type { Milliseconds } from "../../base/units.ts";

/** The progress of one reader. */
export class ReaderProgress {
  /** Writes that were begun: one more when the reader has taken the one before. */
  #taken = 0;
  /** What `#taken` was when a wait found that the reader takes nothing. */
  #stalledAt = -1;

  /** The next write is about to begin. */
  note(): void {
    this.#taken++;
  }

  /**
   * Resolves when `done` does, or when the reader takes nothing for `stallMs` though `isWaiting`
   * says that something is left; at once when it has taken nothing since an earlier wait that ended
   * so.
   */
  async waitFor(
    done: Promise<unknown>,
    stallMs: Milliseconds,
    isWaiting: () => boolean,
  ): Promise<void> {
    let isDone = false;
    const end = (async () => {
      await done;
      isDone = true;
    })();
    for (;;) {
      const taken = this.#taken;
      if (isWaiting() && this.#stalledAt === taken) return;
      await Promise.race([end, Bun.sleep(stallMs)]);
      if (isDone) return;
      if (isWaiting() && this.#taken === taken) this.#stalledAt = taken;
    }
  }
}
