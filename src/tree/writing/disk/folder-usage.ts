/**
 * How much lies in a folder and all below it, hidden or not, whoever may read it.
 */

import type { Scheduler } from "../../../schedule/scheduler.ts";
import { lookAtEach } from "../../../system/file-system.ts";
import type { WritingCalls } from "../../../system/writing/writing-calls.ts";
import { countedBytes } from "../upload-quota.ts";

/** Entries that are looked at in one turn of the event loop: some 200 µs. */
const lookedAtOnce = 256;

/** How a folder is gone through. */
interface UsageOptions {
  readonly calls: Pick<WritingCalls, "names">;
  readonly scheduler: Pick<Scheduler, "nextTurn">;
  readonly entriesMax: number;
  /** Whether an entry called `name` is counted elsewhere. */
  readonly isLeftOut: (name: string) => boolean;
}

/**
 * What all that is in the folder at the absolute path `top` counts. Undefined when it has more than
 * `entriesMax` entries, or can't be read. A folder below that can't be read counts as empty.
 */
export async function folderUsage(
  top: string,
  { calls, scheduler, entriesMax, isLeftOut }: UsageOptions,
): Promise<number | undefined> {
  const folders = [top];
  let bytes = 0;
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = await calls.names(folder);
    if (!names.ok && folder === top) return undefined;
    const counted = names.ok ? names.value.filter((name) => !isLeftOut(name)) : [];
    entries += counted.length;
    if (entries > entriesMax) return undefined;
    for (let at = 0; at < counted.length; at += lookedAtOnce) {
      const some = counted.slice(at, at + lookedAtOnce);
      for (const [i, facts] of lookAtEach(`${folder}/`, some).entries()) {
        if (facts?.type === "directory") folders.push(`${folder}/${some[i]}`);
        bytes += countedBytes(facts?.type === "file" ? facts.size : 0);
      }
      await scheduler.nextTurn();
    }
  }
  return bytes;
}
