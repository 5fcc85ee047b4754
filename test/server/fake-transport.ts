/**
 * A transport without a socket. It takes as many octets as it is told to and keeps what it took, write by
 * write, so that a test can compare octets, count writes, and decide when the client reads.
 */

import { concatBytes, latin1Text } from "../../src/http/octets/bytes.ts";
import type { FileSource } from "../../src/http/message/response.ts";
import type { Transport } from "../../src/server/connection/transport.ts";

export class FakeTransport implements Transport {
  /** What each write took; a write that took nothing is not among them. */
  readonly writes: Uint8Array[] = [];
  /** What was called, beside `write`, in order. */
  readonly calls: ("pause" | "resume" | "shutdown" | "close" | "terminate")[] = [];
  /** How many octets are taken until the socket is full. */
  room = Infinity;
  /** Whether the client is gone, so that a write answers with -1. */
  broken = false;
  /** What the kernel still holds for the client; undefined as where that is unknown. */
  held: number | undefined;
  /** The writes that were said to be followed by more. */
  heldBack = 0;
  /** Whether it carries files itself, as the kernel does. */
  carries = false;
  /** The calls of `write`, those that took nothing among them. */
  attempts = 0;

  write(octets: Uint8Array): number {
    this.attempts++;
    if (this.broken) return -1;
    const taken = Math.min(this.room, octets.length);
    this.room -= taken;
    // A copy: the caller may reuse its buffer at once.
    if (taken > 0) this.writes.push(Uint8Array.from(octets.subarray(0, taken)));
    return taken;
  }

  writeMore(octets: Uint8Array): number {
    this.heldBack++;
    return this.write(octets);
  }

  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    if (!this.carries || file.handle === undefined) return undefined;
    if (this.broken || this.room === 0) return -1;
    const content = new Uint8Array(Math.min(octets, this.room));
    return this.write(content.subarray(0, file.read(content, position)));
  }

  queued(): number | undefined {
    return this.held;
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  shutdown(): void {
    this.calls.push("shutdown");
  }

  close(): void {
    this.calls.push("close");
  }

  terminate(): void {
    this.calls.push("terminate");
  }

  /** What has the socket now, in place of the first connection. */
  owner: unknown;

  handTo(owner: unknown): void {
    this.owner = owner;
  }

  /** All octets so far. */
  get octets(): Uint8Array {
    return concatBytes(this.writes);
  }

  /** The same as Latin-1 text. */
  get text(): string {
    return latin1Text(this.octets);
  }

  /** How many octets were taken. */
  get taken(): number {
    return this.writes.reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether reading is paused now. */
  get paused(): boolean {
    const last = this.calls.findLast((call) => call === "pause" || call === "resume");
    return last === "pause";
  }

  /** The last of what ends a stream, if any. */
  get ending(): string | undefined {
    return this.calls.findLast((call) => call !== "pause" && call !== "resume");
  }
}
