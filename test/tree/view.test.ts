import { describe, expect, test } from "bun:test";

import type { Dependency } from "../../src/tree/view.ts";
import { View } from "../../src/tree/view.ts";

const dependency = (): Dependency => ({
  isCurrent: () => true,
  attach: () => true,
  detach: () => undefined,
});

describe("a view", () => {
  test("says how fresh an answer has to be, and when it was asked for", () => {
    const view = new View(7, 1_700_000_000_000);
    expect([view.since, view.receivedMs]).toEqual([7, 1_700_000_000_000]);
  });

  test("depends on nothing at first, which is another thing than on what can't be checked", () => {
    expect(new View(7, 0).dependencies).toEqual([]);
  });

  test("lists its dependencies in order, as often as each was used", () => {
    const view = new View(7, 0);
    const [one, other] = [dependency(), dependency()];
    for (const each of [one, other, one]) view.depend(each);
    expect(view.dependencies).toHaveLength(3);
    expect(view.dependencies?.[0]).toBe(one);
    expect(view.dependencies?.[1]).toBe(other);
    expect(view.dependencies?.[2]).toBe(one);
  });

  test("is its own: what one depends on is nothing to another", () => {
    const [one, other] = [new View(7, 0), new View(7, 0)];
    one.depend(dependency());
    other.dependOnMore();
    expect([one.dependencies?.length, other.dependencies]).toEqual([1, undefined]);
  });

  test("of an optional question is as fresh, and depends on nothing yet", () => {
    const view = new View(7, 1_700_000_000_000);
    view.depend(dependency());
    const optional = view.optional();
    expect([optional.since, optional.receivedMs]).toEqual([7, 1_700_000_000_000]);
    expect([view.isOptional, optional.isOptional]).toEqual([false, true]);
    expect(optional.dependencies).toEqual([]);
  });

  test("includes what another one depends on", () => {
    const [one, other] = [new View(7, 0), new View(7, 0)];
    const [first, second] = [dependency(), dependency()];
    one.depend(first);
    other.depend(second);
    one.include(other);
    expect(one.dependencies?.map((each) => [first, second].indexOf(each))).toEqual([0, 1]);
    other.dependOnMore();
    one.include(other);
    expect(one.dependencies).toBeUndefined();
  });

  test("that depends on what can't be checked does so for good", () => {
    const view = new View(7, 0);
    view.depend(dependency());
    view.dependOnMore();
    expect(view.dependencies).toBeUndefined();
    view.depend(dependency());
    expect(view.dependencies).toBeUndefined();
  });
});

describe("a view for a look that no request repeats", () => {
  test("is of a time at which no file had settled, so that none is cached", () => {
    const view = View.passing();
    expect([view.since, view.receivedMs, view.dependencies]).toEqual([
      Infinity,
      -Infinity,
      undefined,
    ]);
  });
});

describe("a view for an answer that is made later", () => {
  test("counts only looks that are still to be made", () => {
    const view = View.anew(1_700_000_000_000);
    expect([view.since, view.receivedMs]).toEqual([Infinity, 1_700_000_000_000]);
  });

  test("is of an answer that is given once", () => {
    const view = View.anew(0);
    expect(view.dependencies).toBeUndefined();
    view.depend(dependency());
    expect(view.dependencies).toBeUndefined();
  });
});
