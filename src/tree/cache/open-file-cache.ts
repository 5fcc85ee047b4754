/**
 * Keeps large files open between requests. A file is opened for a request and stays open while it
 * is being sent, and until no request has used it for a while. All responses share the descriptor.
 * Every read passes its position, so they don't interfere.
 *
 * A file that is removed or replaced takes up its space on the disk until it is closed. It is
 * closed with the lookup that it belongs to, and when a look, once a second, shows the change,
 * because no request may ask for it again. A response that is being sent keeps it open to its end.
 *
 * A file that is opened again must have the stat of the lookup, to the nanosecond of its last
 * change. So it is the same file even though it is opened by its path.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import { Slot } from "../../base/slot.ts";
import type { FileHandle, FileSource } from "../../http/message/response.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { closeDescriptor, lookInto, openForReading, readAt } from "../../system/file-system.ts";
import { FileStat } from "../../system/file-stat.ts";
import { errorNumber } from "../../system/system-calls.ts";
import { systemCalls } from "../../system/system-choice.ts";
import { FoundFile } from "../disk/open-file.ts";
import type { OpenFile } from "../tree.ts";

/** How often all files that are kept open are looked at: for 1,000 files that takes 1 ms. */
const lookEachMs = 1000;

/** Written by every look. */
const seen = new FileStat();

/** A file that the cache returns again while it is unchanged. */
export class SharedFile extends FoundFile implements OpenFile, StoreEntry {
  readonly content = undefined;
  readonly slot = new Slot();
  /** The store counts open files, so each costs 1. */
  bytes = 1;
  isUsed = false;
  readonly #path: string;
  readonly #openFiles: OpenFileCache;
  #fd = -1;
  /** How many responses are sending it. */
  #uses = 0;

  /** The file at `path`, whose look saw `stat` and was settled. */
  constructor(name: string, stat: FileStat, path: string, openFiles: OpenFileCache) {
    super(name, stat, true);
    this.#path = path;
    this.#openFiles = openFiles;
  }

  get handle(): FileHandle | undefined {
    return this.#fd === -1 ? undefined : (this.#fd as unknown as FileHandle);
  }

  /** Opens it if it isn't open; false when that fails or the file has changed. */
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

  /** Called when a response that sends it ends. */
  leave(): void {
    this.#uses--;
    if (!this.#openFiles.holds(this)) this.evicted();
  }

  /** Called when it is no longer kept open: closes it if no response is sending it. */
  evicted(): void {
    if (this.#uses > 0 || this.#fd === -1) return;
    closeDescriptor(this.#fd);
    this.#fd = -1;
  }

  /** Called when its lookup is no longer cached: closes it if no response is sending it. */
  forget(): void {
    this.#openFiles.forget(this);
  }

  /** Whether it is open, and has not been changed, removed or replaced since. */
  get isUpToDate(): boolean {
    return this.#fd !== -1 && this.isUnchanged();
  }

  isUnchanged(): boolean {
    return this.#look() && seen.isSame(this.stat);
  }

  isIntact(): boolean {
    return this.#look() && seen.hasSameContent(this.stat);
  }

  hasGrown(): boolean {
    return this.#look() && seen.size > this.stat.size;
  }

  #look(): boolean {
    return this.#isOpen() && systemCalls().lookInto(this.#fd, seen) === 0;
  }

  /**
   * Opens it if it isn't open. Unlike `open`, this records no request if it is: a response that
   * continues to read is not a request.
   */
  #isOpen(): boolean {
    return this.#fd !== -1 || this.open();
  }

  close(): void {
    // Other requests share it; the cache closes it.
  }

  /** A file that has been closed, and can't be opened again, fails with ESTALE. */
  read(into: Uint8Array, position: number): number {
    return this.#isOpen() ? readAt(this.#fd, into, position) : -errorNumber.ESTALE;
  }
}

/** One response's reference to an open file. It keeps the file open. */
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

  /** This is the share of one response already. */
  share(): FileSource {
    return this;
  }

  isIntact(): boolean {
    return this.#file?.isIntact() ?? false;
  }

  hasGrown(): boolean {
    return this.#file?.hasGrown() ?? false;
  }

  close(): void {
    this.#file?.leave();
    this.#file = undefined;
  }
}

/** The files that are kept open, limited in number and time. */
export class OpenFileCache {
  readonly #files: BoundedStore<SharedFile, SharedFile>;
  readonly #restMs: number;
  readonly #alarm: Alarm;
  readonly #lookAlarm: Alarm | undefined;
  #isAlarmSet = false;
  #isLookAlarmSet = false;

  /**
   * Keeps at most `filesMax` open. `alarm` rings every `restMs`, so a file stays open for one to
   * two times `restMs` after its last request. `lookAlarm` rings for the looks at all files.
   */
  constructor(filesMax: number, restMs: number, alarm: Alarm, lookAlarm?: Alarm) {
    const bytesMax = Math.max(1, filesMax);
    this.#files = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
    this.#restMs = restMs;
    this.#alarm = alarm;
    this.#lookAlarm = lookAlarm;
  }

  /** How many files are kept open. */
  get size(): number {
    return this.#files.size;
  }

  /** Whether `file` is kept open. */
  holds(file: SharedFile): boolean {
    return this.#files.holds(file, file);
  }

  /** Records a request for `file`, which is open. Another file may be closed for it. */
  use(file: SharedFile): void {
    if (this.#files.get(file) !== undefined) return;
    this.#files.set(file, file);
    file.isUsed = true;
    this.#setAlarm();
    this.#setLookAlarm();
  }

  /** Keeps `file` open no longer than its responses need it. */
  forget(file: SharedFile): void {
    this.#files.delete(file);
  }

  #setAlarm(): void {
    if (this.#isAlarmSet || this.#files.size === 0) return;
    this.#isAlarmSet = true;
    this.#alarm.set(this.#restMs, () => {
      this.#isAlarmSet = false;
      this.rest();
    });
  }

  #setLookAlarm(): void {
    if (this.#isLookAlarmSet || this.#files.size === 0) return;
    this.#isLookAlarmSet = this.#lookAlarm !== undefined;
    this.#lookAlarm?.set(lookEachMs, () => {
      this.#isLookAlarmSet = false;
      this.#files.removeEach((file) => !file.isUpToDate);
      this.#setLookAlarm();
    });
  }

  /** Closes the files that no request has used since the previous call. */
  rest(): void {
    this.#files.sweep();
    this.#setAlarm();
  }

  /** Closes all files; those being sent are closed afterwards. */
  close(): void {
    this.#files.clear();
    this.#alarm.clear();
    this.#lookAlarm?.clear();
    this.#isAlarmSet = false;
    this.#isLookAlarmSet = false;
  }
}
