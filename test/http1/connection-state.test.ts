import { describe, expect, test } from "bun:test";

import type { ConnectionEvent, ConnectionState } from "../../src/http1/connection-state.ts";
import { advance, cycle } from "../../src/http1/connection-state.ts";

const states = Object.keys(cycle) as ConnectionState[];
const events: readonly ConnectionEvent[] = [
  "begun",
  "asked",
  "answered",
  "sent",
  "done",
  "last",
  "switched",
  "refused",
  "ended",
  "gone",
];
const cells = states.flatMap((state) => events.map((event) => [state, event] as const));

/** Every state that can be reached from `from`, itself among them. */
function reachable(from: ConnectionState): Set<ConnectionState> {
  const found = new Set([from]);
  for (const state of found) for (const next of Object.values(cycle[state])) found.add(next);
  return found;
}

describe("the table of a connection's life (RFC 9112 §9)", () => {
  test("leads where it says, and throws where it says nothing", () => {
    for (const [state, event] of cells) {
      const next = cycle[state][event];
      if (next !== undefined) expect(advance(state, event)).toBe(next);
      else {
        expect(() => advance(state, event)).toThrow(
          new Error(`a connection that is ${state} can't be ${event}`),
        );
      }
    }
  });

  test("names no event but those that are known", () => {
    for (const state of states) {
      expect(Object.keys(cycle[state]).filter((event) => !events.some((e) => e === event))).toEqual(
        [],
      );
    }
  });

  test("can reach every state from idle, and closed from every state", () => {
    expect([...reachable("idle")].toSorted()).toEqual(states.toSorted());
    for (const state of states) expect(reachable(state)).toContain("closed");
  });

  test("can be gone in every state but closed, and never leaves closed", () => {
    for (const state of states) {
      if (state !== "closed") expect(advance(state, "gone")).toBe("closed");
    }
    expect(cycle.closed).toEqual({});
  });

  test("serves one request after the other", () => {
    const round: readonly ConnectionEvent[] = ["begun", "asked", "answered", "sent", "done"];
    expect(round.reduce(advance, "idle")).toBe("idle");
    expect(round.slice(1).reduce(advance, "idle")).toBe("idle");
  });

  test("never goes on with a request after a refusal (§2.2: never resynchronise)", () => {
    expect([...reachable("refusing")].toSorted()).toEqual(["closed", "lingering", "refusing"]);
  });

  test("can refuse until an answer has begun, and not after", () => {
    const refusable = states.filter((state) => cycle[state].refused !== undefined);
    expect(refusable.toSorted()).toEqual(["handling", "head", "idle"]);
  });
});
