import { describe, expect, test } from "bun:test";

import { Observers } from "../../src/server/observers.ts";
import type { Observer } from "../../src/site/observer.ts";

const noop = (): void => undefined;

/** An observer that writes down, under `name`, the connections that come and go. */
function counting(name: string, told: string[]): Observer {
  return {
    connected: (address) => told.push(`${name}: ${address} connected`),
    dropped: (address, why) => told.push(`${name}: ${address} dropped: ${why}`),
    disconnected: (address) => told.push(`${name}: ${address} disconnected`),
  };
}

describe("the observers of a server", () => {
  test("are told in their order", () => {
    const told: string[] = [];
    const observers = new Observers(noop);
    observers.set([counting("a", told), counting("b", told)]);
    observers.connected.tell("::1");
    observers.refused.tell("::1", "overloaded");
    observers.dropped.tell("::1", "a reason");
    observers.disconnected.tell("::1");
    expect(told).toEqual([
      "a: ::1 connected",
      "b: ::1 connected",
      "a: ::1 dropped: a reason",
      "b: ::1 dropped: a reason",
      "a: ::1 disconnected",
      "b: ::1 disconnected",
    ]);
  });

  test("want what one of them has a hook for, and nothing else", () => {
    const observers = new Observers(noop);
    expect(observers.ended.isWanted).toBe(false);
    observers.set([{}, { ended: noop }]);
    expect(observers.ended.isWanted).toBe(true);
    expect(observers.began.isWanted).toBe(false);
    observers.set([]);
    expect(observers.ended.isWanted).toBe(false);
  });

  test("are replaced by others", () => {
    const told: string[] = [];
    const observers = new Observers(noop);
    observers.set([counting("a", told)]);
    observers.set([counting("b", told)]);
    observers.connected.tell("::1");
    expect(told).toEqual(["b: ::1 connected"]);
  });

  test("may be objects whose hooks need them", () => {
    class Counter implements Observer {
      count = 0;
      connected(): void {
        this.count++;
      }
    }
    const counter = new Counter();
    const observers = new Observers(noop);
    observers.set([counter]);
    observers.connected.tell("::1");
    observers.connected.tell("::1");
    expect(counter.count).toBe(2);
  });

  test("that throw are reported, and the others are told all the same", () => {
    const told: string[] = [];
    const failures: unknown[] = [];
    const mistake = new Error("a mistake");
    const observers = new Observers((error) => failures.push(error));
    const failing: Observer = {
      connected: () => {
        throw mistake;
      },
    };
    observers.set([failing, counting("b", told)]);
    observers.connected.tell("::1");
    expect(failures).toEqual([mistake]);
    expect(told).toEqual(["b: ::1 connected"]);
  });
});
