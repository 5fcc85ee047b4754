/**
 * Calls that write, of which one fails as a disk may.
 */

import { defaultLimits } from "../../../../src/base/limits.ts";
import { failure } from "../../../../src/base/result.ts";
import { SystemClock } from "../../../../src/schedule/clock.ts";
import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import type { WritingCalls, WrittenFile } from "../../../../src/system/writing/writing-calls.ts";
import { writingCalls } from "../../../../src/system/writing/writing-calls.ts";

const scheduler = new EventLoop();

/** What a tree is opened with, besides what a test is about. */
export const treeOptions = {
  permissions: "other",
  limits: defaultLimits,
  clock: new SystemClock(scheduler),
  scheduler,
} as const;

/** What fails, and with which error. */
export interface Faults {
  create?: string;
  write?: string;
  sync?: string;
  finish?: string;
  rename?: string;
  syncFolder?: string;
  freeBytes?: number;
}

/** The calls of the system, but for the faults that `faults` has when they are made. */
export function faultyCalls(faults: Faults): WritingCalls {
  const faulty = (file: WrittenFile): WrittenFile => ({
    write: (octets) =>
      faults.write === undefined ? file.write(octets) : Promise.resolve(faults.write),
    sync: () => (faults.sync === undefined ? file.sync() : Promise.resolve(faults.sync)),
    finish: (mode) =>
      faults.finish === undefined ? file.finish(mode) : Promise.resolve(faults.finish),
    close: () => file.close(),
  });
  return {
    ...writingCalls,
    async reopen(path) {
      const found = await writingCalls.reopen(path);
      return found.ok
        ? { ok: true, value: { ...found.value, file: faulty(found.value.file) } }
        : found;
    },
    async create(path) {
      if (faults.create !== undefined) return failure(faults.create);
      const file = await writingCalls.create(path);
      return file.ok ? { ok: true, value: faulty(file.value) } : file;
    },
    renameNew: (from, to) =>
      faults.rename === undefined
        ? writingCalls.renameNew(from, to)
        : Promise.resolve(faults.rename),
    renameOver: (from, to) => faults.rename ?? writingCalls.renameOver(from, to),
    syncFolder: (path) =>
      faults.syncFolder === undefined
        ? writingCalls.syncFolder(path)
        : Promise.resolve(faults.syncFolder),
    freeBytes: (path) =>
      faults.freeBytes === undefined
        ? writingCalls.freeBytes(path)
        : Promise.resolve(faults.freeBytes),
  };
}

/** What is waited for before a step of the disk is done. */
export interface Waits {
  readonly finish?: Promise<void>;
  readonly syncFolder?: Promise<void>;
  /** Called when the disk has been asked for a step that waits. */
  readonly reached: () => void;
}

/** The calls of the system, some of which take as long as `waits` says. */
export function slowCalls(waits: Waits): WritingCalls {
  return {
    ...writingCalls,
    async create(path) {
      const file = await writingCalls.create(path);
      if (!file.ok) return file;
      const finish = async (mode: number): Promise<string | undefined> => {
        if (waits.finish !== undefined) waits.reached();
        await waits.finish;
        return file.value.finish(mode);
      };
      return { ok: true, value: { ...file.value, finish } };
    },
    async syncFolder(path) {
      if (waits.syncFolder !== undefined) waits.reached();
      await waits.syncFolder;
      return writingCalls.syncFolder(path);
    },
  };
}
