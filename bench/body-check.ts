/** Compares the bodies of one connection with the expected files, as they arrive. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import type { Exchange } from "./cases.ts";

/** The files of a folder, each read once. */
export class Contents {
  readonly #root: string;
  readonly #read = new Map<string, Buffer>();

  constructor(root: string) {
    this.#root = root;
  }

  of(path: string): Buffer {
    const content = this.#read.get(path) ?? readFileSync(join(this.#root, path));
    this.#read.set(path, content);
    return content;
  }
}

export class BodyCheck {
  /** The first difference, in words. */
  fault: string | undefined;

  readonly #exchanges: readonly Exchange[];
  readonly #contents: Contents;
  /** The number of bytes of the current body that are compared already. */
  #seen = 0;
  /** The pieces of a compressed body, which is compared at its end. */
  #coded: Uint8Array[] = [];

  constructor(exchanges: readonly Exchange[], contents: Contents) {
    this.#exchanges = exchanges;
    this.#contents = contents;
  }

  /** Compares the next piece of a body, which answers the exchange `turn`. */
  take(piece: Uint8Array, turn: number): void {
    const body = this.#exchanges[turn]?.body;
    if (body?.kind === "gzip") this.#coded.push(Uint8Array.from(piece));
    if (body?.kind !== "file") return;
    const from = body.offset + this.#seen;
    const expected = this.#contents.of(body.path).subarray(from, from + piece.length);
    if (!expected.equals(piece)) this.fault = `the body differs from ${body.path}`;
    this.#seen += piece.length;
  }

  /** Ends a body. The framer has checked its length. */
  end(turn: number): void {
    const body = this.#exchanges[turn]?.body;
    this.#seen = 0;
    if (body?.kind !== "gzip") return;
    const content = decode(Buffer.concat(this.#coded));
    this.#coded = [];
    if (content === undefined || !this.#contents.of(body.path).equals(content)) {
      this.fault = `the body is not ${body.path}, gzip'd`;
    }
  }
}

function decode(coded: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(coded);
  } catch {
    return undefined;
  }
}
