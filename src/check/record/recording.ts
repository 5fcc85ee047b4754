/**
 * Records connections as wire scripts in a folder: a script for connections that are open at one
 * time, or for one alone, written when the last of them is closed.
 *
 * What comes after a request that may have changed something on the server may depend on it. From
 * then on all goes into one script, whose phases are played in their order. A script that has as
 * many phases as it may have, or holds as much memory, is written, and the next one goes on. Beyond
 * what the folder may hold nothing more is recorded.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { TappedConnection, Wiretap } from "../../base/wiretap.ts";
import { checkLimits } from "../limits.ts";
import { Secrets } from "./blanking.ts";
import type { ConversationHost } from "./conversation.ts";
import { Conversation } from "./conversation.ts";
import type { RecordedPhase } from "./recorded.ts";
import { ScriptFolder } from "./script-folder.ts";
import { fileName, isSafe, writeScript } from "./script-writer.ts";

interface RecordingOptions {
  /** The folder of the scripts. */
  readonly folder: string;
  /** Whose answers are recorded, in words. */
  readonly source: string;
  readonly limits: Pick<
    Limits,
    | "recordBodyBytesMax"
    | "recordHeldBytesMax"
    | "recordPhasesMax"
    | "recordScriptsMax"
    | "recordFolderBytesMax"
  >;
  /** Is told in a line what went wrong, and what was left out. */
  readonly say: (line: string) => void;
}

const { secretsMax, leftOutToldMax } = checkLimits;

/** A connection of which nothing is recorded. */
const unheard: TappedConnection = {
  received: () => undefined,
  sent: () => undefined,
  clientEnded: () => undefined,
  serverEnded: () => undefined,
  closed: () => undefined,
};

/** The recording into a folder. */
export class Recording implements Wiretap, ConversationHost {
  readonly #folder: ScriptFolder;
  readonly #options: RecordingOptions;
  readonly #secrets = new Secrets(secretsMax);
  readonly #open = new Set<Conversation>();
  #phases: RecordedPhase[] = [];
  #leftOut: string[] = [];
  #connections = 0;
  #order = 0;
  #heldBytes = 0;
  /** What the phases that are over hold. */
  #phasesBytes = 0;
  #writtenBytes = 0;
  #scripts = 0;
  #writtenPhases = 0;
  /** Whether a request may have changed something on the server. */
  #isChanged = false;
  #isOver = false;

  private constructor(folder: ScriptFolder, options: RecordingOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Begins a recording. Fails with what is wrong with the folder. */
  static open(options: RecordingOptions): Result<Recording, string> {
    const folder = ScriptFolder.open(options.folder);
    return folder.ok ? success(new Recording(folder.value, options)) : folder;
  }

  get bodyBytesMax(): number {
    return this.#options.limits.recordBodyBytesMax;
  }

  /** How much was written. */
  get counts(): { readonly scripts: number; readonly phases: number } {
    return { scripts: this.#scripts, phases: this.#writtenPhases };
  }

  connected(): TappedConnection {
    if (this.#isOver) return unheard;
    const conversation = new Conversation(++this.#connections, this);
    this.#open.add(conversation);
    return conversation;
  }

  ended(): void {
    if (this.#isOver) return;
    for (const conversation of this.#open) conversation.closed("the recording ended before that");
    this.#write();
    this.#isOver = true;
    const told = this.#leftOut.slice(0, leftOutToldMax);
    for (const what of told) this.#options.say(`not recorded, ${what}`);
    const more = this.#leftOut.length - told.length;
    if (more > 0) this.#options.say(`not recorded, ${more} more`);
    this.#leftOut = [];
  }

  hold(bytes: number): boolean {
    const { recordHeldBytesMax } = this.#options.limits;
    if (this.#heldBytes + bytes > recordHeldBytesMax && this.#phasesBytes > 0) this.#write();
    if (this.#heldBytes + bytes > recordHeldBytesMax || this.#isOver) return false;
    this.#heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  nextOrder(): number {
    return ++this.#order;
  }

  nowMs(): number {
    return performance.now();
  }

  recorded(phase: RecordedPhase, heldBytes: number): void {
    if (this.#isOver) return this.release(heldBytes);
    this.#phases.push(phase);
    this.#phasesBytes += heldBytes;
    this.#isChanged ||= phase.messages.some(({ head }) => !isSafe(head?.method ?? "GET"));
    if (this.#phases.length >= this.#options.limits.recordPhasesMax) this.#write();
  }

  closed(conversation: Conversation): void {
    this.#open.delete(conversation);
    if (this.#open.size === 0 && !this.#isChanged) this.#write();
  }

  /** Writes the phases that are over as a script. */
  #write(): void {
    const phases = this.#phases;
    this.#phases = [];
    this.release(this.#phasesBytes);
    this.#phasesBytes = 0;
    const number = this.#folder.next;
    if (phases.length === 0 || this.#isOver) return;
    const { source, limits } = this.#options;
    const bodies = `${number}-bodies`;
    const {
      text,
      files,
      leftOut,
      phases: count,
    } = writeScript(phases, {
      source,
      date: new Date(),
      bodies,
      secrets: this.#secrets,
      leftOut: this.#leftOut,
    });
    this.#leftOut = [...leftOut];
    if (text === undefined) return;
    let bytes = Buffer.byteLength(text);
    for (const octets of files.values()) bytes += octets.length;
    const isFull =
      number === undefined ||
      this.#scripts >= limits.recordScriptsMax ||
      this.#writtenBytes + bytes > limits.recordFolderBytesMax;
    if (isFull) return this.#give("the folder has as much as it may have");
    const head = phases[0]?.messages[0]?.head;
    const name = `${head?.method.toLowerCase() ?? "other"}-${fileName(head?.target ?? "")}`;
    const written = this.#folder.write(name.replace(/[^A-Za-z0-9._-]/gu, "-"), text, files);
    if (!written.ok) return this.#give(written.error);
    this.#scripts++;
    this.#writtenPhases += count;
    this.#writtenBytes += bytes;
  }

  /** Records nothing more. */
  #give(reason: string): void {
    this.#isOver = true;
    this.#open.clear();
    this.#options.say(`nothing more is recorded: ${reason}`);
  }
}
