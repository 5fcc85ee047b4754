/**
 * `bun run bench:micro`: what the parts of a request cost alone, without sockets.
 *
 * They run hot, one thing at a time, so a figure is the least that a part can cost and not what it
 * costs among the others: for that there is the bench. As there, CPU time counts and not the clock
 * on the wall, and rounds go through all parts: what else the machine does then hardly shows.
 */

import { digits, median } from "../measures.ts";
import { encoderParts } from "./encoder.ts";
import { parserParts } from "./parser.ts";
import type { Part } from "./part.ts";
import { resolveParts } from "./resolve.ts";

const ROUNDS = 15;
/** CPU time of a part in a round. */
const ROUND_MICROSECONDS = 30_000;
/** Uncounted, so that the compiler has done what it will. */
const WARM_UP_ROUNDS = 10;

/** Nanoseconds of CPU for one go of a part, over about one round. */
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
