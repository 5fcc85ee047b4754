/**
 * The bytes that a script sends in one piece, and the places at which a replay cuts them.
 */

import { concatBytes } from "../../../http/octets/bytes.ts";
import type { Phase, SendPart } from "../../script/script.ts";
import type { Failure, Memory } from "../judgement.ts";
import { resolve } from "../judgement.ts";

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
 * after its first byte, in its middle and before its last byte, since all its bytes are alike.
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
    let piece: Uint8Array;
    if (part.kind === "fill") {
      piece = repeat(part.pattern, part.count);
      for (const offset of [0, 1, part.count >> 1, part.count - 1]) cuts.add(at + offset);
    } else {
      const text = resolve(part.text, memory, line);
      if (!(text instanceof Uint8Array)) return text;
      piece = text;
      for (let offset = 0; offset < piece.length; offset++) cuts.add(at + offset);
    }
    pieces.push(piece);
    at += piece.length;
  }
  cuts.delete(0);
  return { octets: concatBytes(pieces), cuts: [...cuts].toSorted((a, b) => a - b) };
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
