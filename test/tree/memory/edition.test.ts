import { describe, expect, test } from "bun:test";

import { Edition } from "../../../src/tree/memory/edition.ts";
import type { Dependent } from "../../../src/tree/view.ts";

class Answer implements Dependent {
  readonly bytes: number;
  drops = 0;

  constructor(bytes = 10) {
    this.bytes = bytes;
  }

  drop(): void {
    this.drops++;
  }
}

describe("what depends on an edition of a tree", () => {
  test("is dropped once when the tree changes", () => {
    const edition = new Edition(1000);
    const answers = Array.from({ length: 20 }, () => new Answer());
    for (const answer of answers) expect(edition.attach(answer)).toBe(true);
    expect(edition.isCurrent()).toBe(true);
    edition.end();
    edition.end();
    expect(answers.map(({ drops }) => drops)).toEqual(answers.map(() => 1));
    expect([edition.isCurrent(), edition.bytes]).toEqual([false, 0]);
  });

  test("is refused after that", () => {
    const edition = new Edition(1000);
    edition.end();
    const late = new Answer();
    expect(edition.attach(late)).toBe(false);
    expect(late.drops).toBe(0);
  });

  test("never costs more than the limit, and the oldest is dropped for the newest", () => {
    const edition = new Edition(1000);
    const answers = Array.from({ length: 150 }, () => new Answer());
    for (const answer of answers) {
      expect(edition.attach(answer)).toBe(true);
      expect(edition.bytes).toBeLessThanOrEqual(1000);
    }
    expect(answers.map(({ drops }) => drops)).toEqual(answers.map((_, i) => (i < 50 ? 1 : 0)));
  });

  test("counts once, however often it is attached", () => {
    const edition = new Edition(1000);
    const answer = new Answer();
    expect([edition.attach(answer), edition.attach(answer)]).toEqual([true, true]);
    expect(edition.bytes).toBe(10);
  });

  test("is refused when it would take a large part of the limit by itself", () => {
    const edition = new Edition(1000);
    expect([edition.attach(new Answer(63)), edition.attach(new Answer(62))]).toEqual([false, true]);
    expect(new Edition(0).attach(new Answer(1))).toBe(false);
  });
});
