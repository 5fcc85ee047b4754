/**
 * Header sections that were read before. A client says the same about itself with every request, so
 * most sections are, octet for octet, one that the server has just understood: comparing it takes
 * a fraction of reading it again.
 *
 * It belongs to a server and its limits, and holds a few sections whoever sent them; a connection
 * remembers no more than the place of its last one. What is found was read by the same rules from
 * the same octets, so nobody can tell whether it was.
 */

import { isRunAt } from "../http/bytes.ts";
import type { HeaderSection } from "./request-head.ts";

const placeCount = 8;

/** A longer section is read each time: few clients send one, and it would be kept for long. */
const octetsMax = 2048;

interface Remembered {
  readonly octets: Uint8Array;
  readonly section: HeaderSection;
}

/** A bounded memory of sections. */
export class HeaderSectionCache {
  readonly #places: (Remembered | undefined)[] = Array.from(
    { length: placeCount },
    () => undefined,
  );
  #next = 0;

  /**
   * The section that begins at `start` of `view`, where nothing is from `end` on, if it is the one
   * at `place` and the request's version is the same; undefined when it has to be read.
   */
  find(
    place: number,
    view: Uint8Array,
    start: number,
    end: number,
    minorVersion: 0 | 1,
  ): HeaderSection | undefined {
    const known = this.#places[place];
    if (known === undefined || known.section.minorVersion !== minorVersion) return undefined;
    if (start + known.octets.length > end) return undefined;
    return isRunAt(view, start, known.octets) ? known.section : undefined;
  }

  /**
   * Remembers `section`, which was read from `octets`, a copy of its own. Answers with its place.
   */
  remember(octets: Uint8Array, section: HeaderSection): number {
    if (octets.length > octetsMax || section.fault !== undefined) return -1;
    const place = this.#next;
    this.#next = (place + 1) % placeCount;
    this.#places[place] = { octets, section };
    return place;
  }
}
