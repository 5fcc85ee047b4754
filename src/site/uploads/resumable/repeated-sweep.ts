/**
 * The look for what is left of uploads, at the start and again from time to time, so that resumable
 * uploads which are never finished don't stay until the next start.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { Alarm, Scheduler } from "../../../schedule/scheduler.ts";
import type { ContainedPath } from "../../../tree/path.ts";
import type { UploadTree } from "../../../tree/writing/upload-tree.ts";

/** What repeats it. */
interface SweepService {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly limits: Pick<Limits, "uploadUnfinishedTimeMs">;
}

/** An upload stays longer than it may by this share of its time. */
const share = 1 / 24;

async function repeat(
  tree: WeakRef<UploadTree>,
  folder: ContainedPath,
  service: SweepService,
  alarm: Alarm,
): Promise<void> {
  // A site isn't told when a reload has put another in its place: then it is collected.
  const swept = tree.deref()?.sweep(folder, service.clock.epochMs());
  if (swept === undefined) return;
  await swept;
  const afterMs = Math.max(1, service.limits.uploadUnfinishedTimeMs * share);
  alarm.set(afterMs, () => void repeat(tree, folder, service, alarm));
}

/** Sweeps `folder` of `uploads` now and again, as long as something else has `uploads`. */
export function sweepAgain(
  uploads: UploadTree,
  folder: ContainedPath,
  service: SweepService,
): void {
  void repeat(new WeakRef(uploads), folder, service, service.scheduler.alarm());
}
