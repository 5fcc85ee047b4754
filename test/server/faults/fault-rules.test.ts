import { describe, expect, test } from "bun:test";

import type { RuleOptions } from "../../../src/server/faults/fault-options.ts";
import { Rule, Rules } from "../../../src/server/faults/fault-rules.ts";
import type { ContainedPath } from "../../../src/tree/path.ts";
import { containPath } from "../../../src/tree/path.ts";

function pathOf(text: string): ContainedPath {
  const path = containPath(text);
  if (!path.ok) throw new Error(text);
  return path.value;
}

const rule = (method: string, path: string, options: RuleOptions = {}, isAdded = true): Rule =>
  new Rule(method, path, options, isAdded);

/** For each of 50 requests whether `one` hits it. */
function hitsOf(one: Rule): boolean[] {
  return Array.from({ length: 50 }, () => one.hit(pathOf("/a"), "GET") !== undefined);
}

describe("a rule", () => {
  test.each([
    ["GET", "/a", "GET", "/a", true],
    ["GET", "/a", "HEAD", "/a", true],
    ["HEAD", "/a", "GET", "/a", false],
    ["GET", "/a", "POST", "/a", false],
    ["*", "/a", "BREW", "/a", true],
    ["ANY", "/a", "BREW", "/a", true],
    ["GET", "/a", "GET", "/a/", false],
    ["GET", "/a/:b", "GET", "/a/c", true],
    ["GET", "/a/*", "GET", "/a/c/d", true],
    ["GET", "/*", "GET", "/", true],
    ["GET", "/a b", "GET", "/a%20b", true],
  ])("for %s %s, and a %s for %s: %p", (method, path, asked, target, hits) => {
    expect(rule(method, path).hit(pathOf(target), asked) !== undefined).toBe(hits);
  });

  test("counts the requests that it hits, and is over after so many", () => {
    const twice = rule("GET", "/a", { times: 2 });
    const counts = [1, 2, 3].map(() => twice.hit(pathOf("/a"), "GET")?.count);
    expect([counts, twice.hits, twice.isOver]).toEqual([[1, 2, undefined], 2, true]); // prettier-ignore
    twice.missed();
    expect([twice.hits, twice.isOver]).toEqual([1, false]);
    expect(twice.hit(pathOf("/a"), "GET")?.count).toBe(2);
  });

  test("draws from its own numbers, whatever other rules draw", () => {
    const options = { probability: 0.5, seed: 3 };
    expect(hitsOf(rule("GET", "/a", options))).toEqual(hitsOf(rule("GET", "/*", options)));
    expect(hitsOf(rule("GET", "/a", { ...options, seed: 4 }))).not.toEqual(
      hitsOf(rule("GET", "/a", options)),
    );
  });

  test("gives each hit numbers of its own", () => {
    const one = rule("GET", "/a");
    const [first, second] = [1, 2].map(() => one.hit(pathOf("/a"), "GET")?.random.bits());
    expect(first).not.toBe(second);
    expect(rule("GET", "/a").hit(pathOf("/a"), "GET")?.random.bits()).toBe(first);
  });
});

describe("rules", () => {
  test("are tried from the path that matches the least, and the last that was added", () => {
    const rules = new Rules();
    const [all, any, old, last] = [rule("*", "/*"), rule("*", "/:a"), rule("*", "/a"), rule("*", "/a")]; // prettier-ignore
    for (const one of [old, last, any, all]) rules.add(one);
    const order = [last, old, any, all].map((expected) => {
      const hit = rules.hit(pathOf("/a"), "GET")?.rule;
      rules.remove(expected);
      return hit === expected;
    });
    expect(order).toEqual([true, true, true, true]);
    expect([rules.hit(pathOf("/a"), "GET"), rules.count]).toEqual([undefined, 0]);
  });

  test("of a configuration are replaced, behind those that were added", () => {
    const rules = new Rules();
    const [added, one, two] = [rule("*", "/a"), rule("*", "/a", {}, false), rule("*", "/a", {}, false)]; // prettier-ignore
    rules.replace([one]);
    rules.add(added);
    rules.replace([one, two]);
    expect([rules.count, rules.hit(pathOf("/a"), "GET")?.rule === added]).toEqual([3, true]);
    rules.remove(added);
    // They are tried as they are listed.
    expect(rules.hit(pathOf("/a"), "GET")?.rule === one).toBe(true);
    rules.replace([]);
    expect(rules.count).toBe(0);
  });
});
