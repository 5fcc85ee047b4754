/** What is counted of a server in all: the phases, and the departures that no phase stands for. */

import { departuresOf } from "../blame/departure.ts";
import type { Script } from "../script/script.ts";
import type { Column, Tallies } from "./column.ts";
import { tally } from "./column.ts";

/** The counted departures of a server, none of which held. */
export function departed(scripts: readonly Script[], column: Column): Tallies {
  const counts = {
    must: { held: 0, played: 0 },
    should: { held: 0, played: 0 },
    may: { held: 0, played: 0 },
  };
  for (const { counts: isCounted, strength } of departuresOf(scripts, column)) {
    if (isCounted) counts[strength].played += 1;
  }
  return counts;
}

/** All that was played against a server, by strength. */
export function totals(scripts: readonly Script[], column: Column): Tallies {
  const { must, should, may } = tally(scripts, column);
  const more = departed(scripts, column);
  return {
    must: { held: must.held, played: must.played + more.must.played },
    should: { held: should.held, played: should.played + more.should.played },
    may: { held: may.held, played: may.played + more.may.played },
  };
}
