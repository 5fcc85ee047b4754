/**
 * Keeps large files open between requests. A file is opened for a request and stays open while it
 * is being sent, and until no request has used it for a while. All responses share the descriptor.
 * Every read passes its position, so they don't interfere.
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
import { systemCalls } from "../../system/system-choice.ts";
import { FoundFile } from "../disk/open-file.ts";
import type { OpenFile } from "../tree.ts";

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

  isUnchanged(): boolean {
    return this.#look() && seen.isSame(this.stat);
  }

  isIntact(): boolean {
    return this.#look() && seen.hasSameContent(this.stat);
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

  read(into: Uint8Array, position: number): number {
    return this.#isOpen() ? readAt(this.#fd, into, position) : 0;
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

  isIntact(): boolean {
    return this.#file?.isIntact() ?? false;
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
  #isAlarmSet = false;

  /**
   * Keeps at most `filesMax` open. `alarm` rings every `restMs`, so a file stays open for one to
   * two times `restMs` after its last request.
   */
  constructor(filesMax: number, restMs: number, alarm: Alarm) {
    const bytesMax = Math.max(1, filesMax);
    this.#files = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
    this.#restMs = restMs;
    this.#alarm = alarm;
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
  }

  #setAlarm(): void {
    if (this.#isAlarmSet || this.#files.size === 0) return;
    this.#isAlarmSet = true;
    this.#alarm.set(this.#restMs, () => {
      this.#isAlarmSet = false;
      this.rest();
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
    this.#isAlarmSet = false;
  }
}
