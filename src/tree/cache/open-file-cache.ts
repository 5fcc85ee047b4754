/**
 * Large files that are remembered. One is opened when it is asked for, and stays open for whoever
 * asks next: as long as somebody is sent it, and until nobody has asked for it in a while. All of
 * them share the descriptor, and as every read says where it reads, nobody is in another's way.
 *
 * What is opened has to be what was remembered, to the nanosecond of its last change; so it doesn't
 * matter by which way it is found again.
 */

import type { Alarm } from "../../schedule/scheduler.ts";
import { systemCalls } from "../../system/system-choice.ts";
import { FoundFile } from "../disk/open-file.ts";
import type { FileUse, OpenFile } from "../tree.ts";
import { closeDescriptor, lookInto, openForReading, readAt } from "../../system/file-system.ts";
import { FileStat } from "../../system/system-calls.ts";

/** One for all looks. */
const seen = new FileStat();

/** A file that may be given out again and again, for as long as it is what it was. */
export class SharedFile extends FoundFile implements OpenFile {
  readonly content = undefined;
  readonly recurs = true;
  readonly #path: string;
  readonly #openFiles: OpenFileCache;
  #fd = -1;
  /** How many are being sent it. */
  #uses = 0;
  /** Whether anybody has asked for it since that was last looked at. */
  #isWanted = false;

  /** The file that was `seen` at `path`, when its last change was long enough ago. */
  constructor(name: string, identity: FileStat, path: string, openFiles: OpenFileCache) {
    super(name, identity, true);
    this.#path = path;
    this.#openFiles = openFiles;
  }

  get fd(): number {
    return this.#fd;
  }

  /** Opens it, unless it is open; false when that fails, or when it is not what it was. */
  open(): boolean {
    this.#isWanted = true;
    if (this.#fd !== -1) return true;
    const opened = openForReading(this.#path);
    if (!opened.ok) return false;
    const now = lookInto(opened.value);
    if (!now.ok || !now.value.seen.isSame(this.identity)) {
      closeDescriptor(opened.value);
      return false;
    }
    this.#fd = opened.value;
    this.#openFiles.add(this);
    return true;
  }

  share(): FileUse {
    this.open();
    this.#uses++;
    return new Use(this);
  }

  /** One less is being sent it. */
  leave(): void {
    this.#uses--;
  }

  /** Closes it if nobody is being sent it, and nobody has asked for it since the last time. */
  rest(): boolean {
    const isWanted = this.#isWanted;
    this.#isWanted = false;
    return !isWanted && this.shut();
  }

  /** Closes it if nobody is being sent it. */
  shut(): boolean {
    if (this.#uses > 0) return false;
    closeDescriptor(this.#fd);
    this.#fd = -1;
    return true;
  }

  isUnchanged(): boolean {
    return this.#look() && seen.isSame(this.identity);
  }

  isIntact(): boolean {
    return this.#look() && seen.hasSameContent(this.identity);
  }

  #look(): boolean {
    return this.open() && systemCalls().lookInto(this.#fd, seen) === 0;
  }

  close(): void {
    // It is for others, too.
  }

  read(into: Uint8Array, position: number): number {
    return this.open() ? readAt(this.#fd, into, position) : 0;
  }
}

/** Somebody's use of a file, which keeps it open. */
class Use implements FileUse {
  #file: SharedFile | undefined;

  constructor(file: SharedFile) {
    this.#file = file;
  }

  get fd(): number {
    return this.#file?.fd ?? -1;
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

/** How many are asked whether they can be closed, when there are too many; they take turns. */
const askedMax = 32;

/** The files that are open, so that there are never too many, and none for too long. */
export class OpenFileCache {
  readonly #filesMax: number;
  readonly #restMs: number;
  readonly #files = new Set<SharedFile>();
  readonly #alarm: Alarm;
  #isAlarmSet = false;

  /**
   * Keeps `filesMax` open. `alarm` rings every `restMs`, so a file that no request asks for stays
   * open for one to two times that.
   */
  constructor(filesMax: number, restMs: number, alarm: Alarm) {
    this.#filesMax = filesMax;
    this.#restMs = restMs;
    this.#alarm = alarm;
  }

  /** How many there are. */
  get size(): number {
    return this.#files.size;
  }

  /** Takes in `file`, which has been opened; another one may be closed for it. */
  add(file: SharedFile): void {
    if (this.#files.size >= this.#filesMax) this.#makeRoom();
    this.#files.add(file);
    this.#setAlarm();
  }

  /** Closes the first that nobody wants or, if all are wanted, that nobody is being sent. */
  #makeRoom(): void {
    const asked = [...this.#files.values().take(askedMax)];
    const closed = asked.find((file) => file.rest()) ?? asked.find((file) => file.shut());
    for (const file of asked) {
      this.#files.delete(file);
      if (file !== closed) this.#files.add(file);
    }
  }

  #setAlarm(): void {
    if (this.#isAlarmSet || this.#files.size === 0) return;
    this.#isAlarmSet = true;
    this.#alarm.set(this.#restMs, () => {
      this.#isAlarmSet = false;
      this.rest();
    });
  }

  /** Closes those that nobody has asked for since the last time. */
  rest(): void {
    for (const file of this.#files) if (file.rest()) this.#files.delete(file);
    this.#setAlarm();
  }

  /** Closes all that nobody is being sent; the others follow when they are done with. */
  close(): void {
    for (const file of this.#files) if (file.shut()) this.#files.delete(file);
    this.#alarm.clear();
    this.#isAlarmSet = false;
    this.#setAlarm();
  }
}
