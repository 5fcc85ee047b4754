/**
 * The bytes that a script sends in one piece, and the places at which a replay cuts them.
 */

import { concatBytes } from "../../../http/octets/bytes.ts";
import type { Phase, SendPart } from "../../script/script.ts";
import type { Failure, Memory } from "../judgement.ts";
import { besideOf, resolve } from "../judgement.ts";

/** Where the sent bytes are cut into separate writes: nowhere, at one place, or everywhere. */
export type Cut =
  | { readonly kind: "none" }
  | { readonly kind: "at"; readonly line: number; readonly offset: number }
  | { readonly kind: "every" };

/** The bytes of a block, and the offsets at which it is cut. */
interface Block {
  readonly octets: Uint8Array;
  readonly cuts: readonly number[];
}

/**
 * The bytes of a block and its cuts: between any two bytes of text. A fill is cut only before and
 * after its first byte, in its middle and before its last byte, since all its bytes are alike. So
 * is a file beside the script, since it is long.
 */
export function resolveBlock(
  parts: readonly SendPart[],
  memory: Memory,
  line: number,
): Block | Failure {
  const pieces: Uint8Array[] = [];
  const cuts = new Set<number>();
  let at = 0;
  for (const part of parts) {
    const piece = pieceOf(part, memory, line);
    if (!(piece instanceof Uint8Array)) return piece;
    const { length } = piece;
    if (part.kind === "text") for (let offset = 0; offset < length; offset++) cuts.add(at + offset);
    else for (const offset of [0, 1, length >> 1, length - 1]) cuts.add(at + Math.max(offset, 0));
    pieces.push(piece);
    at += length;
  }
  cuts.delete(0);
  cuts.delete(at);
  return { octets: concatBytes(pieces), cuts: [...cuts].toSorted((a, b) => a - b) };
}

function pieceOf(part: SendPart, memory: Memory, line: number): Uint8Array | Failure {
  switch (part.kind) {
    case "text":
      return resolve(part.text, memory, line);
    case "fill":
      return repeat(part.pattern, part.count);
    case "beside":
      return besideOf(part, memory);
  }
}

/** `pattern` repeated to exactly `count` bytes. */
function repeat(pattern: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count);
  out.set(pattern.subarray(0, count));
  for (let filled = pattern.length; filled < count; filled *= 2) {
    out.copyWithin(filled, 0, Math.min(filled, count - filled));
  }
  return out;
}

export function chosenCuts(block: Block, line: number, cut: Cut): readonly number[] {
  if (cut.kind === "every") return block.cuts;
  if (cut.kind === "at" && cut.line === line) {
    return block.cuts.filter((offset) => offset === cut.offset);
  }
  return [];
}

/** All cuts of a run's blocks, each for one replay. */
export function cutsOf(run: readonly Phase[], memory: Memory): readonly Cut[] {
  const cuts: Cut[] = [];
  for (const phase of run) {
    for (const step of phase.steps) {
      if (step.kind !== "send") continue;
      const block = resolveBlock(step.parts, memory, step.line);
      if (!("octets" in block)) continue;
      for (const offset of block.cuts) cuts.push({ kind: "at", line: step.line, offset });
    }
  }
  return cuts;
}
