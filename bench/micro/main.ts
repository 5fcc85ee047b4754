/**
 * `bun run bench:micro`: what the parts of a request cost by themselves, without sockets.
 *
 * Each part runs repeatedly with warm caches, so a figure is a lower bound, and not what the part
 * costs within a request; the bench measures that. As in the bench, CPU time is measured, and
 * rounds go through all parts, so that other processes on the machine have little effect.
 */

import { digits, median } from "../measures.ts";
import { encoderParts } from "./encoder.ts";
import { parserParts } from "./parser.ts";
import type { Part } from "./part.ts";
import { resolveParts } from "./resolve.ts";

const ROUNDS = 15;
/** The CPU time of a part in a round. */
const ROUND_MICROSECONDS = 30_000;
/** Uncounted rounds, in which the just-in-time compiler does its work. */
const WARM_UP_ROUNDS = 10;

/** CPU nanoseconds for one run of a part, averaged over about one round. */
function measure(part: Part): number {
  let goes = 1;
  for (;;) {
    const before = process.cpuUsage();
    for (let go = 0; go < goes; go++) part.run();
    const { user, system } = process.cpuUsage(before);
    const microseconds = user + system;
    if (microseconds >= ROUND_MICROSECONDS / 2) return (microseconds * 1000) / goes;
    goes *= microseconds < ROUND_MICROSECONDS / 8 ? 4 : 2;
  }
}

function main(): void {
  using site = resolveParts();
  const parts = [...parserParts(), ...site.parts, ...encoderParts()];
  const rounds = new Map(parts.map((part) => [part, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [part, taken] of rounds) {
      const nanoseconds = measure(part);
      if (round >= 0) taken.push(nanoseconds);
    }
  }
  const width = Math.max(...parts.map(({ name }) => name.length));
  process.stdout.write(`| ${"part".padEnd(width)} | ns of CPU (min–max) |\n`);
  process.stdout.write(`| ${"-".repeat(width)} | ------------------: |\n`);
  for (const [{ name }, taken] of rounds) {
    const range = `${digits(Math.min(...taken))}–${digits(Math.max(...taken))}`;
    const cell = `${digits(median(taken))} (${range})`;
    process.stdout.write(`| ${name.padEnd(width)} | ${cell.padStart(19)} |\n`);
  }
}

main();
