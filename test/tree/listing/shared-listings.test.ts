import { describe, expect, test } from "bun:test";

import { Slot } from "../../../src/base/slot.ts";
import type { SharedSteps } from "../../../src/tree/listing/shared-listings.ts";
import { SharedListings } from "../../../src/tree/listing/shared-listings.ts";
import type { ListingPart, ListingStep } from "../../../src/tree/tree.ts";

/** Folders that tell what happens to their readings. */
class Folders {
  readonly listings = new SharedListings();
  /** How often each folder has begun to be read. */
  readonly reads: Record<string, number> = {};
  open = 0;

  list(key: string, fails = false): SharedSteps {
    return this.listings.list(key, () => this.#read(key, fails));
  }

  *#read(key: string, fails: boolean): Generator<ListingStep, void> {
    this.reads[key] = (this.reads[key] ?? 0) + 1;
    this.open++;
    try {
      for (let found = 1; found <= 3; found++) yield { found, entries: [], work: 1 };
      if (fails) throw new Error("EIO");
      for (let i = 0; i < 2; i++) yield { found: 3, entries: [], part: newPart(), work: 0 };
    } finally {
      this.open--;
    }
  }
}

function* oneStep(): Generator<ListingStep, void> {
  yield { found: 0, entries: [], work: 7 };
}

function newPart(): ListingPart {
  return { read: () => [].values(), slot: new Slot(), wholeSlot: new Slot() };
}

/** The parts that `steps` come to. */
const partsOf = (steps: SharedSteps): readonly (ListingPart | undefined)[] =>
  [...steps].map(({ part }) => part).filter((part) => part !== undefined);

describe("listings of one folder", () => {
  test("share a reading that has not begun", () => {
    const folders = new Folders();
    const all = Array.from({ length: 500 }, () => folders.list("/a/"));
    const [first = [], ...others] = all.map(partsOf);
    expect(first).toHaveLength(2);
    for (const other of others) expect(other).toEqual(first);
    expect(folders.reads).toEqual({ "/a/": 1 });
  });

  test("that are asked for after it has begun get the next one, which begins after it", () => {
    const folders = new Folders();
    const early = folders.list("/a/");
    early.next();
    const late = [folders.list("/a/"), folders.list("/a/")];
    expect(late[0]?.next().value).toEqual({ found: 0, entries: [], work: 1 });
    expect(folders.open).toBe(1);
    const [one = [], two] = late.map(partsOf);
    expect(one).toEqual(two ?? []);
    expect(one).not.toContain(partsOf(early)[0]);
    expect(folders.reads).toEqual({ "/a/": 2 });
    expect(folders.open).toBe(0);
  });

  test("go on when others leave, and the reading ends with the last", () => {
    const folders = new Folders();
    const [one, two, three] = [folders.list("/a/"), folders.list("/a/"), folders.list("/a/")];
    one.next();
    one.return();
    one.return();
    expect(two.next().value?.found).toBe(2);
    two.return();
    expect(folders.open).toBe(1);
    three.return();
    expect(folders.open).toBe(0);
    expect(partsOf(folders.list("/a/"))).toHaveLength(2);
    expect(folders.reads).toEqual({ "/a/": 2 });
  });

  test("all get its error", () => {
    const folders = new Folders();
    const [one, two] = [folders.list("/a/", true), folders.list("/a/", true)];
    expect(() => [...one]).toThrow("EIO");
    expect(() => [...two]).toThrow("EIO");
    one.return();
    two.return();
    expect(partsOf(folders.list("/a/"))).toHaveLength(2);
  });

  test("all get its last step, though it shows nothing", () => {
    const listings = new SharedListings();
    const [one, two] = [listings.list("/a/", oneStep), listings.list("/a/", oneStep)];
    expect([...one].at(-1)?.work).toBe(7);
    expect([...two].at(-1)?.work).toBe(7);
  });
});

test("at most four folders are read at a time, and none waits for a client that is slow", () => {
  const folders = new Folders();
  const some = ["/a/", "/b/", "/c/", "/d/"].map((key) => folders.list(key));
  for (const steps of some) steps.next();
  const fifth = folders.list("/e/");
  fifth.next();
  expect(folders.reads["/e/"]).toBeUndefined();
  expect(partsOf(fifth)).toHaveLength(2);
  expect(folders.open).toBe(3);
});
