/**
 * Whether the file of a program is still the one that it was. A process that starts others by it
 * then gets none of another version.
 */

import type { FileStat } from "../../system/file-stat.ts";
import { lookAt } from "../../system/file-system.ts";

function statOf(path: string): FileStat | undefined {
  const found = lookAt(path);
  return found.ok ? found.value : undefined;
}

/** The file of a program, as it is when this is made. */
export class StartedProgram {
  readonly #path: string;
  readonly #stat: FileStat | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#stat = statOf(path);
  }

  /** Whether it was replaced, written to, or removed meanwhile. */
  isReplaced(): boolean {
    const now = statOf(this.#path);
    if (now === undefined || this.#stat === undefined) return now !== this.#stat;
    // The time when the inode last changed doesn't count: another link to the file changes it.
    return now.identity !== this.#stat.identity || !now.hasSameContent(this.#stat);
  }
}
