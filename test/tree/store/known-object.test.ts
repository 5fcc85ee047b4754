import { describe, expect, test } from "bun:test";

import type { KnownHolder } from "../../../src/tree/store/known-object.ts";
import { KnownObject } from "../../../src/tree/store/known-object.ts";
import type { Dependent } from "../../../src/tree/view.ts";

class Holder implements KnownHolder {
  readonly bytesMax = 160_000;
  isHeld = true;
  grown = 0;
  freshSince = 0;

  isFresh({ moment }: { readonly moment: number }, since: number): boolean {
    return moment >= since;
  }

  holds(): boolean {
    return this.isHeld;
  }

  grow(_: KnownObject, bytes: number): void {
    this.grown += bytes;
  }
}

class Answer implements Dependent {
  isDropped = false;
  readonly bytes: number;

  constructor(bytes = 100) {
    this.bytes = bytes;
  }

  drop(): void {
    this.isDropped = true;
  }
}

const nothing = { facts: undefined, file: undefined };

describe("what is known of a key", () => {
  test("is current while it was asked for late enough, or confirmed", () => {
    const known = new KnownObject("a", nothing, 0, { moment: 5, askedMs: 0 }, new Holder());
    expect([known.isCurrent(5), known.isCurrent(6)]).toEqual([true, false]);
    known.confirm({ moment: 7, askedMs: 1 });
    known.confirm({ moment: 6, askedMs: 0 });
    expect([known.isCurrent(7), known.asking.askedMs]).toEqual([true, 1]);
  });

  test("drops the answers that are made of it when it is evicted", () => {
    const holder = new Holder();
    const known = new KnownObject("a", nothing, 0, { moment: 1, askedMs: 0 }, holder);
    const [kept, detached] = [new Answer(), new Answer()];
    expect([known.attach(kept), known.attach(kept), known.attach(detached)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(holder.grown).toBe(200);
    known.detach(detached);
    expect(holder.grown).toBe(100);
    known.evicted();
    expect([kept.isDropped, detached.isDropped]).toEqual([true, false]);
  });

  test("has a bounded number of them, and none that is large or comes too late", () => {
    const holder = new Holder();
    const known = new KnownObject("a", nothing, 0, { moment: 1, askedMs: 0 }, holder);
    const answers = Array.from({ length: 65 }, () => new Answer());
    for (const answer of answers) known.attach(answer);
    expect(answers.filter(({ isDropped }) => isDropped)).toEqual([answers[0] as Answer]);
    expect(known.attach(new Answer(10_001))).toBe(false);
    holder.isHeld = false;
    expect(known.attach(new Answer())).toBe(false);
  });
});
