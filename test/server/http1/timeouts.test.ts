import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { milliseconds } from "../../../src/base/units.ts";
import type { ConnectionState } from "../../../src/http1/connection-state.ts";
import { WritePatience } from "../../../src/server/connection/write-patience.ts";
import type { Waiting } from "../../../src/server/http1/timeouts.ts";
import { Timeouts, whenLate } from "../../../src/server/http1/timeouts.ts";

const startMs = 5000;
const patient = new WritePatience(() => 0);
const surroundings = { limits: defaultLimits, patience: patient };

/** Limits without a deadline of progress, so that the others show. */
const unhurried = { ...defaultLimits, bodyStallTimeMs: milliseconds(3_600_000) };

/** The deadline in `state`, which began at `sinceMs`, counted from there. */
function deadlineIn(
  state: ConnectionState,
  waiting: Partial<Waiting> = {},
  limits = defaultLimits,
): number {
  const patience = new Timeouts({ limits, patience: patient }, 0);
  patience.begin(state, startMs);
  return patience.deadline(wait(state, waiting), startMs) - startMs;
}

function wait(state: ConnectionState, waiting: Partial<Waiting> = {}): Waiting {
  return { state, waitsFor: "client", unsent: 0, bodyOctets: undefined, ...waiting };
}

describe("when it has passed", () => {
  test.each<readonly [ConnectionState, pending: number, awaitsBody: boolean, string]>([
    ["idle", 0, false, "close"],
    ["idle", 1, false, "terminate"],
    ["head", 0, false, "request-timeout"],
    ["handling", 0, true, "request-timeout"],
    ["handling", 0, false, "overloaded"],
    ["answering", 1, false, "terminate"],
    ["settling", 0, false, "last"],
    ["settling", 1, false, "terminate"],
    ["refusing", 1, false, "terminate"],
    ["lingering", 0, false, "close"],
  ])("%s, with %i octets left, the body awaited: %p", (state, pending, awaitsBody, becomes) => {
    expect(whenLate(state, pending, awaitsBody)).toBe(becomes as ReturnType<typeof whenLate>);
  });
});

describe("each state's deadline", () => {
  test("a new connection has as long as an idle one", () => {
    const patience = new Timeouts(surroundings, startMs);
    expect(patience.deadline(wait("idle"), startMs + 5)).toBe(startMs + defaultLimits.idleTimeMs);
  });

  test("idle: idleTimeMs since the last exchange", () => {
    expect(deadlineIn("idle")).toBe(defaultLimits.idleTimeMs);
  });

  test("idle with a response still on its way: writeTimeMs without progress", () => {
    expect(deadlineIn("idle", { unsent: 10 })).toBeLessThanOrEqual(defaultLimits.writeTimeMs);
  });

  test("head: headerTimeMs since its first octet, however many came meanwhile", () => {
    const patience = new Timeouts(surroundings, 0);
    patience.begin("head", startMs);
    for (let now = startMs; now < startMs + 9000; now += 100) {
      expect(patience.deadline(wait("head"), now)).toBe(startMs + defaultLimits.headerTimeMs);
    }
  });

  test("handling: handlerTimeMs for the handler", () => {
    expect(deadlineIn("handling")).toBe(defaultLimits.handlerTimeMs);
  });

  test("handling a body: bodyTimeMs, and what the octets earn at the least rate", () => {
    const { bodyTimeMs } = defaultLimits;
    expect(deadlineIn("handling", { bodyOctets: 0 }, unhurried)).toBe(bodyTimeMs);
    expect(deadlineIn("handling", { bodyOctets: 256 * 7 }, unhurried)).toBe(bodyTimeMs + 7000);
  });

  test("handling a body: bodyStallTimeMs since its last octet", () => {
    const { bodyStallTimeMs } = defaultLimits;
    const patience = new Timeouts(surroundings, 0);
    patience.begin("handling", startMs);
    const none = wait("handling", { bodyOctets: 0 });
    expect(patience.deadline(none, startMs + 1)).toBe(startMs + 1 + bodyStallTimeMs);
    expect(patience.deadline(none, startMs + 2)).toBe(startMs + 1 + bodyStallTimeMs);
    const some = wait("handling", { bodyOctets: 1_000_000 });
    expect(patience.deadline(some, startMs + 9000)).toBe(startMs + 9000 + bodyStallTimeMs);
    expect(patience.deadline(some, startMs + 9500)).toBe(startMs + 9000 + bodyStallTimeMs);
  });

  test("handling a body: octets earn no more than bodyEarnedTimeMs ahead", () => {
    const patience = new Timeouts({ limits: unhurried, patience: patient }, 0);
    patience.begin("handling", startMs);
    const dueAt = (bodyOctets: number, nowMs: number): number =>
      patience.deadline(wait("handling", { bodyOctets }), nowMs);
    const most = startMs + 100 + defaultLimits.bodyEarnedTimeMs;
    expect(dueAt(8_000_000, startMs + 100)).toBe(most);
    expect(dueAt(8_000_000, startMs + 5000)).toBe(most);
    // At the least rate from then on: as much more as is earned, and never beyond the bound.
    expect(dueAt(8_000_256, startMs + 6000)).toBe(most + 1000);
    expect(dueAt(9_000_000, startMs + 7000)).toBe(startMs + 7000 + defaultLimits.bodyEarnedTimeMs);
  });

  test("handling a body: the time in which the handler waits for other things isn't counted", () => {
    const patience = new Timeouts({ limits: unhurried, patience: patient }, 0);
    patience.begin("handling", startMs);
    patience.deadline(wait("handling"), startMs);
    const wanted = wait("handling", { bodyOctets: 0 });
    const due = startMs + 25_000 + defaultLimits.bodyTimeMs;
    expect(patience.deadline(wanted, startMs + 25_000)).toBe(due);
    patience.deadline(wait("handling"), startMs + 26_000);
    expect(patience.deadline(wanted, startMs + 28_000)).toBe(due + 2000);
  });

  test("answering with a stream that waits for the body: as for a body that is handled", () => {
    const { bodyStallTimeMs } = defaultLimits;
    const patience = new Timeouts(surroundings, 0);
    patience.begin("handling", startMs);
    patience.begin("answering", startMs);
    const reading = wait("answering", { waitsFor: "producer", bodyOctets: 0 });
    expect(patience.deadline(reading, startMs)).toBe(startMs + bodyStallTimeMs);
    expect(deadlineIn("answering", { waitsFor: "producer" })).toBe(Infinity);
  });

  test("a handler that has been given octets has its own time anew", () => {
    const patience = new Timeouts({ limits: unhurried, patience: patient }, 0);
    patience.begin("handling", startMs);
    patience.fed(startMs + 20_000);
    const handlerEndsMs = startMs + 20_000 + defaultLimits.handlerTimeMs;
    expect(patience.deadline(wait("handling"), startMs + 20_000)).toBe(handlerEndsMs);
    // The client hasn't: its time runs from the end of the head.
    const bodyEndsMs = startMs + defaultLimits.bodyTimeMs;
    expect(patience.deadline(wait("handling", { bodyOctets: 0 }), startMs)).toBe(bodyEndsMs);
  });

  test("settling a body: as for a body that is handled, from the end of the head", () => {
    const patience = new Timeouts({ limits: unhurried, patience: patient }, 0);
    patience.begin("handling", startMs);
    patience.begin("answering", startMs + 100);
    patience.begin("settling", startMs + 200);
    const deadline = patience.deadline(wait("settling", { bodyOctets: 512 }), startMs + 300);
    expect(deadline).toBe(startMs + defaultLimits.bodyTimeMs + 2000);
  });

  test("lingering: lingerTimeMs", () => {
    expect(deadlineIn("lingering")).toBe(defaultLimits.lingerTimeMs);
  });

  test("answering after a producer was waited for: the client's time begins then", () => {
    const { writeTimeMs } = defaultLimits;
    const timeouts = new Timeouts(surroundings, 0);
    timeouts.begin("answering", startMs);
    expect(timeouts.deadline(wait("answering", { waitsFor: "producer" }), startMs)).toBe(Infinity);
    const laterMs = startMs + 10 * writeTimeMs;
    const sending = wait("answering", { unsent: 10 });
    expect(timeouts.deadline(sending, laterMs)).toBe(laterMs + writeTimeMs);
    expect(timeouts.deadline(sending, laterMs + 5)).toBe(laterMs + writeTimeMs);
  });

  test("closed, and a stream that waits for its producer: never", () => {
    expect(deadlineIn("closed")).toBe(Infinity);
    expect(deadlineIn("answering", { waitsFor: "producer" })).toBe(Infinity);
  });
});

describe.each(["answering", "refusing"] as const)("a client that reads, %s", (state) => {
  /**
   * When a client that takes `octetsPerSecond` of `octets`, a second's worth each second, is given up, in
   * seconds since it began; Infinity when it gets to the end.
   */
  function givenUpAfter(octetsPerSecond: number, octets: number): number {
    const patience = new Timeouts(surroundings, 0);
    patience.begin(state, startMs);
    let deadline = patience.deadline(wait(state, { unsent: octets }), startMs);
    for (let second = 1; ; second++) {
      const now = startMs + second * 1000;
      if (deadline <= now) return (deadline - startMs) / 1000;
      const unsent = octets - octetsPerSecond * second;
      if (unsent <= 0) return Infinity;
      deadline = patience.deadline(wait(state, { unsent }), now);
    }
  }

  test("takes nothing: given up after writeTimeMs", () => {
    expect(givenUpAfter(0, 1_000_000)).toBe(defaultLimits.writeTimeMs / 1000);
  });

  test("takes an octet now and then: given up all the same", () => {
    const { writeTimeMs } = defaultLimits;
    expect(givenUpAfter(1, 1_000_000)).toBeLessThanOrEqual(writeTimeMs / 1000 + 1);
    expect(givenUpAfter(128, 1_000_000)).toBeLessThanOrEqual((2 * writeTimeMs) / 1000 + 2);
  });

  test("takes the least rate, or more: served to the end", () => {
    expect(givenUpAfter(256, 100_000)).toBe(Infinity);
    expect(givenUpAfter(100_000, 100_000_000)).toBe(Infinity);
  });

  test("has earned nothing by what was taken before a pause of writeTimeMs", () => {
    const patience = new Timeouts(surroundings, 0);
    patience.begin(state, startMs);
    patience.deadline(wait(state, { unsent: 10_000_000 }), startMs);
    const deadline = patience.deadline(wait(state, { unsent: 1 }), startMs + 100);
    expect(deadline).toBe(startMs + 100 + defaultLimits.writeTimeMs);
  });

  test("has earned nothing, and owes nothing, by the response before", () => {
    for (const left of [0, 900]) {
      const patience = new Timeouts(surroundings, 0);
      patience.begin(state, 0);
      patience.deadline(wait(state, { unsent: 1_000_000 }), 0);
      patience.deadline(wait(state, { unsent: left }), 1000);
      patience.begin(state, startMs);
      const deadline = patience.deadline(wait(state, { unsent: 700 }), startMs);
      expect(deadline).toBe(startMs + defaultLimits.writeTimeMs);
      // 64 octets at the least rate are a quarter of a second.
      const later = patience.deadline(wait(state, { unsent: 636 }), startMs + 5000);
      expect(later).toBe(startMs + 250 + defaultLimits.writeTimeMs);
    }
  });
});

describe("a client that the kernel sees reading, or not", () => {
  const sending = wait("answering", { unsent: 1_000_000 });

  /** Looks whenever `Timeouts.next` says so: when the client is given up, in seconds. */
  function givenUpAfter(
    queuedAt: (second: number) => number,
    patience = patient,
    segment = 0,
    secondsMax = 4000,
  ): number {
    const timeouts = new Timeouts({ limits: defaultLimits, patience }, 0);
    timeouts.begin("answering", 0);
    let now = 0;
    while (now < secondsMax * 1000) {
      now = timeouts.next(sending, now);
      const transport = { queued: () => queuedAt(now / 1000), segmentOctets: () => segment };
      if (!timeouts.stillReads(sending, 0, transport, now)) return now / 1000;
    }
    return Infinity;
  }

  test("reads nothing: given up after a minute", () => {
    expect(givenUpAfter(() => 4_000_000)).toBe(60);
  });

  test.each([
    [3000, 44],
    [1700, 55],
    [300, 310],
  ])("reads %d octets a second, in jumps %d s apart: let be", (rate, apart) => {
    // The first jump comes within the first minute, when the kernels' buffers fill.
    const jump = rate * apart;
    const jumps = (second: number): number => Math.floor(Math.max(0, second + apart - 30) / apart);
    expect(givenUpAfter((second) => 4_000_000 - jump * jumps(second), patient)).toBe(Infinity);
  });

  test.each([260, 300, 400, 500, 1000])(
    "reads %d octets a second from the start: let be",
    (rate) => {
      // Over loopback room is reported when a segment of 47,616 octets fits; before it there is none.
      const jump = 66_500;
      const queuedAt = (second: number): number =>
        4_000_000 - jump * Math.floor((second * rate) / jump);
      expect(givenUpAfter(queuedAt, patient, 47_616)).toBe(Infinity);
      expect(givenUpAfter(queuedAt, patient, 1460)).toBeLessThan(130);
    },
  );

  test("reads nothing, over loopback: given up when a jump would have come, or when it is scarce", () => {
    const scarce = new WritePatience(() => 1);
    expect(givenUpAfter(() => 4_000_000, patient, 47_616)).toBe(60 + 250);
    expect(givenUpAfter(() => 4_000_000, scarce, 47_616)).toBe(10);
    expect(givenUpAfter(() => 4_000_000, patient, 1460)).toBe(60);
  });

  test("has read a jump and stops: given up when the time that it has earned is over", () => {
    const gone = givenUpAfter((second) => (second < 20 ? 4_000_000 : 3_900_000));
    expect(gone).toBe(60 + 60 + 250);
  });

  test("pauses when connections get scarce: given up soon after", () => {
    let used = 0;
    const patience = new WritePatience(() => used);
    const gone = givenUpAfter((second) => {
      used = second > 30 ? 1 : 0;
      return 4_000_000;
    }, patience);
    expect(gone).toBe(36);
  });
});
