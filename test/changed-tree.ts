/** Random changes of a small tree between requests, for tests that compare what servers answer. */

import * as fc from "fast-check";
import * as fs from "node:fs";

import type { TempSite } from "./temp-site.ts";

/** What files hold. They differ in little, so that what is stale or mixed up shows. */
const contents = ["one", "two", "a longer one"] as const;

/** The files that are changed. */
const names = ["a.txt", "a.txt.gz", "404.html", "403.html", "in/index.html", "in/a.txt"] as const;

/** One change of the tree. */
export type Change =
  | { readonly name: string; readonly content: string }
  | { readonly name: string; readonly mode: number }
  | { readonly removed: string };

/** Asking for something: which of the requests, the last of them too, and how often. */
interface Asking {
  readonly asked: number;
  readonly times: number;
}

/** Sequences of changes, and of requests of which there are `requestCount`. */
export function changesAndRequests(requestCount: number): fc.Arbitrary<(Change | Asking)[]> {
  const name = fc.constantFrom(...names);
  const step = fc.oneof<fc.WeightedArbitrary<Change | Asking>[]>(
    {
      weight: 6,
      arbitrary: fc.record({ asked: fc.nat(requestCount - 1), times: fc.constantFrom(1, 4) }),
    },
    { weight: 3, arbitrary: fc.record({ name, content: fc.constantFrom(...contents) }) },
    { weight: 1, arbitrary: fc.record({ name, mode: fc.constantFrom(0o644, 0o640) }) },
    {
      weight: 1,
      arbitrary: fc.record({ name: fc.constant("in"), mode: fc.constantFrom(0o755, 0o750, 0o711) }),
    },
    { weight: 1, arbitrary: fc.record({ removed: fc.constantFrom(...names, "in") }) },
  );
  return fc.array(step, { maxLength: 40 });
}

/** Writes a file anew, at a time that no other has. */
type Put = (name: string, content: string) => void;

/** Makes one change to `site`. */
export function changeTree(site: TempSite, put: Put, change: Change): void {
  if ("removed" in change) fs.rmSync(site.at(change.removed), { recursive: true, force: true });
  else if ("content" in change) put(change.name, change.content);
  else if (fs.existsSync(site.at(change.name))) fs.chmodSync(site.at(change.name), change.mode);
}

/** Makes the tree what it is before any change: a.txt, and none of the other files. */
export function restoreTree(site: TempSite, put: Put): void {
  for (const removed of [...names, "in"]) changeTree(site, put, { removed });
  put("a.txt", "one");
}
