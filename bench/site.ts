/**
 * The files that the cases request. Their content follows from their path and size, so that any
 * process can compute the expected body.
 */

import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of the served tree. */
export interface SiteFile {
  readonly path: string;
  readonly bytes: number;
  /** Whether the content is words, which compress to about a third; else random letters. */
  readonly isProse?: true;
  /** Permission bits. 0644 if absent. */
  readonly mode?: number;
}

/** The modification time of every file. It is in the past, since servers distrust recent ones. */
const modified = new Date("2024-01-01T00:00:00Z");

/** The block that uploads repeat. */
export const uploadBlock: SiteFile = { path: "block", bytes: 1024 * 1024 };

const words = (
  "the a of to and in that it is was for on as with be by at this not are from or have an which " +
  "one were all their there been had when who will more no if out so what up said about other " +
  "into than its time only could new them man some these then two first may any like now my such"
).split(" ");

/** Writes `files` below `root`, with their folders. */
export function writeFiles(root: string, files: Iterable<SiteFile>): void {
  const folders = new Set<string>();
  for (const file of files) {
    const path = join(root, file.path);
    const folder = dirname(path);
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o755 });
    folders.add(folder);
    writeFileSync(path, siteBytes(file));
    utimesSync(path, modified, modified);
    chmodSync(path, file.mode ?? 0o644);
  }
}

/** The content of a file, the same each time and without repetitions. */
export function siteBytes(file: SiteFile): Uint8Array {
  const random = randomNumbers(Bun.hash.crc32(file.path));
  if (file.isProse) return prose(file.bytes, random);
  const content = new Uint8Array(file.bytes);
  for (let at = 0; at < content.length; at++) content[at] = 97 + (random() % 26);
  return content;
}

/** The numbers from 0 up to `count`, exclusive, in a pseudo-random order, the same each time. */
export function shuffled(count: number): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  const random = randomNumbers(count);
  for (let at = count - 1; at > 0; at--) {
    const other = random() % (at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

function prose(bytes: number, random: () => number): Uint8Array {
  let text = "";
  while (text.length < bytes) text += `${words[random() % words.length]} `;
  return Buffer.from(text.slice(0, bytes), "latin1");
}

/** Integers below 65536: the upper half of a linear congruential generator (Numerical Recipes). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
}
