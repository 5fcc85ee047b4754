/**
 * Large files that are given out again. One is opened when it is asked for and stays open for the
 * next request: while it is being sent, and until it was not asked for in a while. All responses
 * share the descriptor, and as every read says where it reads, none is in another's way.
 *
 * What is opened has to be what was looked up, to the nanosecond of its last change; so it doesn't
 * matter by which way it is found again.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import { Slot } from "../../base/slot.ts";
import type { FileHandle, FileSource } from "../../http/message/response.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { closeDescriptor, lookInto, openForReading, readAt } from "../../system/file-system.ts";
import { FileStat } from "../../system/file-stat.ts";
import { systemCalls } from "../../system/system-choice.ts";
import { FoundFile } from "../disk/open-file.ts";
import type { OpenFile } from "../tree.ts";

/** Filled by every look. */
const seen = new FileStat();

/** A file that may be given out again and again, for as long as it is what it was. */
export class SharedFile extends FoundFile implements OpenFile, StoreEntry {
  readonly content = undefined;
  readonly slot = new Slot();
  /** Open files are counted, one by one. */
  bytes = 1;
  isUsed = false;
  readonly #path: string;
  readonly #openFiles: OpenFileCache;
  #fd = -1;
  /** Responses that it is being sent in. */
  #uses = 0;

  /** The file that was seen as `stat` at `path`, when its last change was long enough ago. */
  constructor(name: string, stat: FileStat, path: string, openFiles: OpenFileCache) {
    super(name, stat, true);
    this.#path = path;
    this.#openFiles = openFiles;
  }

  get handle(): FileHandle | undefined {
    return this.#fd === -1 ? undefined : (this.#fd as unknown as FileHandle);
  }

  /** Opens it, unless it is open; false when that fails, or when it is not what it was. */
  open(): boolean {
    if (this.#fd === -1 && !this.#openAnew()) return false;
    this.#openFiles.use(this);
    return true;
  }

  #openAnew(): boolean {
    const opened = openForReading(this.#path);
    if (!opened.ok) return false;
    const now = lookInto(opened.value);
    if (!now.ok || !now.value.isSame(this.stat)) {
      closeDescriptor(opened.value);
      return false;
    }
    this.#fd = opened.value;
    return true;
  }

  share(): FileSource {
    this.open();
    this.#uses++;
    return new Share(this);
  }

  /** A response is over. */
  leave(): void {
    this.#uses--;
    if (!this.#openFiles.holds(this)) this.evicted();
  }

  /** It is no longer kept open: closes it once no response is being made of it. */
  evicted(): void {
    if (this.#uses > 0 || this.#fd === -1) return;
    closeDescriptor(this.#fd);
    this.#fd = -1;
  }

  isUnchanged(): boolean {
    return this.#look() && seen.isSame(this.stat);
  }

  isIntact(): boolean {
    return this.#look() && seen.hasSameContent(this.stat);
  }

  #look(): boolean {
    return this.#isOpen() && systemCalls().lookInto(this.#fd, seen) === 0;
  }

  /** Opens it, unless it is open. A response that reads on is no request, so it is no use. */
  #isOpen(): boolean {
    return this.#fd !== -1 || this.open();
  }

  close(): void {
    // It is for others, too.
  }

  read(into: Uint8Array, position: number): number {
    return this.#isOpen() ? readAt(this.#fd, into, position) : 0;
  }
}

/** A share of an open file, which keeps it open. */
class Share implements FileSource {
  #file: SharedFile | undefined;

  constructor(file: SharedFile) {
    this.#file = file;
  }

  get handle(): FileHandle | undefined {
    return this.#file?.handle;
  }

  read(into: Uint8Array, position: number): number {
    return this.#file?.read(into, position) ?? 0;
  }

  isIntact(): boolean {
    return this.#file?.isIntact() ?? false;
  }

  close(): void {
    this.#file?.leave();
    this.#file = undefined;
  }
}

/** The files that are kept open: never too many, and none for too long. */
export class OpenFileCache {
  readonly #files: BoundedStore<SharedFile, SharedFile>;
  readonly #restMs: number;
  readonly #alarm: Alarm;
  #isAlarmSet = false;

  /**
   * Keeps `filesMax` open. `alarm` rings every `restMs`, so a file that no request asks for stays
   * open for one to two times that.
   */
  constructor(filesMax: number, restMs: number, alarm: Alarm) {
    const bytesMax = Math.max(1, filesMax);
    this.#files = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
    this.#restMs = restMs;
    this.#alarm = alarm;
  }

  /** How many are kept open. */
  get size(): number {
    return this.#files.size;
  }

  /** Whether `file` is kept open. */
  holds(file: SharedFile): boolean {
    return this.#files.holds(file, file);
  }

  /** `file`, which is open, is asked for; another one may be closed for it. */
  use(file: SharedFile): void {
    if (this.#files.get(file) !== undefined) return;
    this.#files.set(file, file);
    file.isUsed = true;
    this.#setAlarm();
  }

  #setAlarm(): void {
    if (this.#isAlarmSet || this.#files.size === 0) return;
    this.#isAlarmSet = true;
    this.#alarm.set(this.#restMs, () => {
      this.#isAlarmSet = false;
      this.rest();
    });
  }

  /** Closes those that were not asked for since the last time. */
  rest(): void {
    this.#files.sweep();
    this.#setAlarm();
  }

  /** Closes all; those that are being sent follow when they have been. */
  close(): void {
    this.#files.clear();
    this.#alarm.clear();
    this.#isAlarmSet = false;
  }
}
