/**
 * Calls that write, of which one fails as a disk may.
 */

import { failure } from "../../../src/base/result.ts";
import type { WritingCalls, WrittenFile } from "../../../src/system/writing/writing-calls.ts";
import { writingCalls } from "../../../src/system/writing/writing-calls.ts";

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
