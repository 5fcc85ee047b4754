/**
 * Plays the scripts, and again whenever one of them changes, until the process is interrupted. A
 * change during a play is played afterwards; changes shortly after one another are played once.
 */

import type { FSWatcher } from "node:fs";
import { watch } from "node:fs";

/** Editors write a file in several steps. */
const settleMs = 100;

/** Runs `play` until `stopped` is settled. Resolves with the last status. */
export async function playOnChange<Status>(
  paths: readonly string[],
  play: () => Promise<Status>,
  stopped: Promise<unknown>,
): Promise<Status> {
  const changes = new Changes();
  const watchers: FSWatcher[] = paths.map((path) =>
    watch(path, { recursive: true }, (_, name) => {
      if (name === null || name.endsWith(".wire")) changes.note();
    }),
  );
  const stop = stopped.then(() => "stopped" as const);
  try {
    for (;;) {
      changes.clear();
      const status = await play();
      if ((await Promise.race([stop, changes.next()])) === "stopped") return status;
      await Bun.sleep(settleMs);
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** Whether something has changed, and who waits for it. */
class Changes {
  #changed = Promise.withResolvers<"changed">();

  note(): void {
    this.#changed.resolve("changed");
  }

  clear(): void {
    this.#changed = Promise.withResolvers<"changed">();
  }

  next(): Promise<"changed"> {
    return this.#changed.promise;
  }
}
