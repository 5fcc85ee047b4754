/**
 * Calls that write, each of which answers in time. A disk may take minutes to sync what it was
 * given, or may never answer: the client is told so then, and what had no name gets none.
 *
 * The call itself can't be taken back. A file is closed only when its calls have ended, so that no
 * late one writes into a file that has its descriptor by then.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import type { Scheduler } from "../../../schedule/scheduler.ts";
import type {
  ReopenedFile,
  WritingCalls,
  WrittenFile,
} from "../../../system/writing/writing-calls.ts";

/** The error of a call that has not been done in time: errno(3). */
const late = "ETIMEDOUT";

/** The same of a call that changes names, and may still do so. */
const unsure = "EINPROGRESS";

/** `calls` with the name of an error for each that takes longer than `timeMs`. */
export function timedCalls(
  calls: WritingCalls,
  scheduler: Pick<Scheduler, "alarm">,
  timeMs: number,
): WritingCalls {
  /** What `made` resolves to, or `instead` when it takes too long. */
  function inTime<Value>(made: Promise<Value>, instead: Value): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const alarm = scheduler.alarm();
    alarm.set(timeMs, () => resolve(instead));
    const settle = (act: () => void): void => {
      alarm.clear();
      act();
    };
    made.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
    return promise;
  }

  function timedFile(file: WrittenFile): WrittenFile {
    let last: Promise<unknown> = Promise.resolve();
    const run = (made: Promise<string | undefined>): Promise<string | undefined> => {
      last = made;
      return inTime(made, late);
    };
    return {
      write: (octets) => run(file.write(octets)),
      sync: () => run(file.sync()),
      finish: (mode) => run(file.finish(mode)),
      close: () =>
        inTime(
          last.then(() => file.close()),
          undefined,
        ),
    };
  }

  return {
    ...calls,
    async create(path) {
      const made = calls.create(path);
      const file: Result<WrittenFile, string> = await inTime(made, failure(late));
      if (file.ok) return success(timedFile(file.value));
      if (file.error === late) void removeLate(made, () => calls.remove(path));
      return file;
    },
    async reopen(path) {
      const made = calls.reopen(path);
      const found: Result<ReopenedFile, string> = await inTime(made, failure(late));
      if (found.ok) return success({ ...found.value, file: timedFile(found.value.file) });
      if (found.error === late) void closeLate(made);
      return found;
    },
    read: (path, octetsMax) => inTime(calls.read(path, octetsMax), failure(late)),
    bootId: () => inTime(calls.bootId(), undefined),
    renameNew: (from, to) => inTime(calls.renameNew(from, to), unsure),
    remove: (path) => inTime(calls.remove(path), unsure),
    touch: (path, atMs) => inTime(calls.touch(path, atMs), late),
    makeFolder: (path, mode) => inTime(calls.makeFolder(path, mode), unsure),
    syncFolder: (path) => inTime(calls.syncFolder(path), unsure),
    freeBytes: (path) => inTime(calls.freeBytes(path), undefined),
    names: (path) => inTime(calls.names(path), failure(late)),
    isAbandoned: (path, beforeMs) => inTime(calls.isAbandoned(path, beforeMs), false),
  };
}

/** Removes a file that was made too late. */
async function removeLate(
  made: Promise<Result<WrittenFile, string>>,
  remove: () => Promise<string | undefined>,
): Promise<void> {
  const file = await made;
  if (!file.ok) return;
  await file.value.close();
  await remove();
}

/** Closes a file that was opened too late. */
async function closeLate(made: Promise<Result<ReopenedFile, string>>): Promise<void> {
  const found = await made;
  if (found.ok) await found.value.file.close();
}
