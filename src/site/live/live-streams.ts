/**
 * The event streams of live reload (HTML §9.2, "Server-sent events"), and the latest changes.
 *
 * Each message holds all of the latest changes, with the time on this server's clock. So a client
 * that missed some, because it was loading, asleep or without a connection, finds them in the next
 * one, and a stream needs no queue: a client that reads slowly gets the latest message once.
 *
 * The first change of the list stands for all before it that are not known any more, or that were
 * made before the server began. Identifiers are times, so that those of processes that serve
 * together, and of a server that is started again, can be compared.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { ChangeKind } from "./change-kind.ts";

/** How many changes are told. A client that missed more reloads. */
const changesKeptMax = 32;

/** How soon a client that has lost its stream tries again. */
const retryMs = 1000;

/** A change: when it was told, in milliseconds since 1970, and what clients have to do. */
type Change = readonly [id: number, kinds: readonly ChangeKind[]];

/** A comment, which clients ignore. */
const beat = utf8Bytes(":\n\n");

/** One client's stream, as an iterator of its chunks. */
class LiveStream implements AsyncIterableIterator<Uint8Array, void> {
  readonly remoteAddress: string;
  readonly #streams: LiveStreams;
  #wake: (() => void) | undefined;
  /** What is to be sent next. */
  #due: "message" | "beat" | "nothing" = "message";
  #state: "new" | "open" | "ended" = "new";

  constructor(streams: LiveStreams, remoteAddress: string) {
    this.#streams = streams;
    this.remoteAddress = remoteAddress;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    if (this.#state === "new") this.#open();
    while (this.#state === "open" && this.#due === "nothing") {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#state === "ended") return { done: true, value: undefined };
    const value = this.#due === "beat" ? beat : this.#streams.message();
    this.#due = "nothing";
    return { done: false, value };
  }

  /** The answer to HEAD has no body, so its stream is never opened. */
  #open(): void {
    this.#state = "open";
    this.#streams.add(this);
  }

  /** Sends a message, or a comment if nothing else is due. */
  send(due: "message" | "beat"): void {
    if (this.#due !== "message") this.#due = due;
    this.#rouse();
  }

  end(): void {
    this.#state = "ended";
    this.#rouse();
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The client has gone, or the server stops. */
  async return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#streams.delete(this);
    this.end();
    return { done: true, value: undefined };
  }
}

/** All streams of one server. */
export class LiveStreams {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #streams = new Set<LiveStream>();
  readonly #changes: Change[];
  #beatTimeMs = Infinity;

  /** `alarm` times the comments. */
  constructor(clock: Clock, alarm: Alarm) {
    this.#clock = clock;
    this.#alarm = alarm;
    this.#changes = [[clock.epochMs(), ["page"]]];
  }

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** A stream for a client, with a comment every `beatTimeMs`; counted from its first chunk on. */
  open(remoteAddress: string, beatTimeMs: number): AsyncIterable<Uint8Array> {
    this.#beatTimeMs = beatTimeMs;
    return new LiveStream(this, remoteAddress);
  }

  /** Tells all clients of a change. The result is their addresses, one for each stream. */
  tell(kinds: readonly ChangeKind[]): readonly string[] {
    const [latestId = 0] = this.#changes.at(-1) ?? [];
    const id = Math.max(this.#clock.epochMs(), latestId + 1);
    this.#changes.push([id, kinds]);
    if (this.#changes.length > changesKeptMax) {
      const [, [oldestId] = [id]] = this.#changes.splice(0, 2);
      this.#changes.unshift([oldestId, ["page"]]);
    }
    for (const stream of this.#streams) stream.send("message");
    return Array.from(this.#streams, ({ remoteAddress }) => remoteAddress);
  }

  /** The message that tells of the latest changes. */
  message(): Uint8Array {
    const [latestId = 0] = this.#changes.at(-1) ?? [];
    const now = Math.max(this.#clock.epochMs(), latestId);
    const data = JSON.stringify({ now, changes: this.#changes });
    return utf8Bytes(`retry: ${retryMs}\ndata: ${data}\n\n`);
  }

  /** For a stream whose client has come. */
  add(stream: LiveStream): void {
    this.#streams.add(stream);
    if (this.#streams.size === 1) this.#waitForBeat();
  }

  /** For a stream whose client has gone. */
  delete(stream: LiveStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#alarm.clear();
  }

  #waitForBeat(): void {
    this.#alarm.set(this.#beatTimeMs, () => {
      for (const stream of this.#streams) stream.send("beat");
      this.#waitForBeat();
    });
  }

  /** Ends all streams. */
  close(): void {
    this.#alarm.clear();
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }
}
