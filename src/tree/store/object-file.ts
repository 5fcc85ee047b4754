/**
 * Files of a store: small objects, which are in memory, and large ones, of which the beginning is,
 * while the rest is asked for when it is sent.
 */

import type { Piece, Region } from "../../http/message/response.ts";
import { readOctets } from "../../http/octets/octet-source.ts";
import { ContentFile } from "../memory/content-file.ts";
import { mediaTypeOf } from "../mime.ts";
import { permissionBitsOf } from "../permission.ts";
import type { OpenFile } from "../tree.ts";
import type { ObjectFacts } from "./known-object.ts";
import type { ObjectStreams } from "./object-stream.ts";

/** An object that is in memory. */
export class StoredContent extends ContentFile {
  readonly coding: string | undefined;
  readonly isUploaded: boolean;

  constructor(
    name: string,
    content: Uint8Array<ArrayBuffer>,
    facts: ObjectFacts,
    isUploaded = false,
  ) {
    super(name, content, facts.mtimeMs, facts.mode);
    this.coding = facts.coding;
    this.isUploaded = isUploaded;
  }
}

/** A large object: one version of it. It is given out to all requests, and holds nothing open. */
export class ObjectFile implements OpenFile {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly permissionBits: number;
  readonly coding: string | undefined;
  readonly content = undefined;
  /** A response with its octets is a stream, so nothing that follows from it is kept. */
  readonly slot = undefined;
  readonly version: string;
  readonly isUploaded: boolean;
  readonly #key: string;
  readonly #etag: string;
  readonly #beginning: Uint8Array;
  readonly #streams: ObjectStreams;

  constructor(
    name: string,
    key: string,
    beginning: Uint8Array,
    facts: ObjectFacts,
    streams: ObjectStreams,
    isUploaded = false,
  ) {
    this.name = name;
    this.isUploaded = isUploaded;
    this.size = facts.size;
    this.mtimeMs = facts.mtimeMs;
    this.permissionBits = permissionBitsOf(facts.mode);
    this.coding = facts.coding;
    // All replicas have to make the same tag of it.
    this.version = Bun.hash.xxHash64(facts.etag).toString(36);
    this.#key = key;
    this.#etag = facts.etag;
    this.#beginning = beginning;
    this.#streams = streams;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.name);
  }

  isUnchanged(): boolean {
    return true;
  }

  isIntact(): boolean {
    return true;
  }

  /** The beginning alone can be read at once; reading anything else fails. */
  read(into: Uint8Array, position: number): number {
    if (position >= this.size) return 0;
    return position < this.#beginning.length ? readOctets(this.#beginning, into, position) : -1;
  }

  readAll(): undefined {
    return undefined;
  }

  async *streamed(pieces: readonly Piece[]): AsyncGenerator<Uint8Array, void> {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) yield piece;
      else yield* this.#octetsOf(piece);
    }
  }

  async *#octetsOf({ start, octets }: Region): AsyncGenerator<Uint8Array, void> {
    const end = start + octets;
    const beginning = this.#beginning.subarray(start, end);
    if (beginning.length > 0) yield beginning;
    const from = start + beginning.length;
    if (from >= end) return;
    yield* this.#streams.read({ key: this.#key, etag: this.#etag, size: this.size, from, end });
  }

  close(): void {
    // It holds nothing that could be given back.
  }
}
