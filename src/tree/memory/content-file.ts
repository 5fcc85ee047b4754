/**
 * A file whose octets are in memory for as long as the tree has it. It never changes: a file that
 * takes its place is another object, so what follows from this one can be kept in its slot.
 */

import { Slot } from "../../base/slot.ts";
import { readOctets } from "../../http/octets/octet-source.ts";
import { mediaTypeOf } from "../mime.ts";
import { permissionBitsOf } from "../permission.ts";
import type { OpenFile } from "../tree.ts";

/** A file of a tree in memory. The same object is given out to all requests. */
export class ContentFile implements OpenFile {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly mtimeMs: number;
  readonly permissionBits: number;
  readonly slot = new Slot();
  #version: string | undefined;

  /** `content` is the file's own from now on. */
  constructor(name: string, content: Uint8Array<ArrayBuffer>, mtimeMs: number, mode = 0o644) {
    this.name = name;
    this.content = content;
    this.mtimeMs = mtimeMs;
    this.permissionBits = permissionBitsOf(mode);
  }

  get size(): number {
    return this.content.length;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.name);
  }

  /** A digest of the octets, made when it is first asked for: files may be large, and many. */
  get version(): string {
    this.#version ??= Bun.hash.xxHash64(this.content).toString(36);
    return this.#version;
  }

  isUnchanged(): boolean {
    return true;
  }

  isIntact(): boolean {
    return true;
  }

  read(into: Uint8Array, position: number): number {
    return readOctets(this.content, into, position);
  }

  readAll(): Uint8Array<ArrayBuffer> {
    return this.content;
  }

  close(): void {
    // It holds nothing that could be given back.
  }
}
