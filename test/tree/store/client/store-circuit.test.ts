import { describe, expect, test } from "bun:test";

import { StoreCircuit } from "../../../../src/tree/store/client/store-circuit.ts";
import type { ProbeOutcome } from "../../../../src/tree/store/client/store-probe.ts";

const limits = { storeFailuresMax: 3, storeOpenTimeMs: 1000 };

/** A circuit, its clock, and what its probes find. */
class Tried {
  nowMs = 0;
  found: ProbeOutcome = "failed";
  probes = 0;
  /** What a probe waits for. */
  answered: Promise<void> = Promise.resolve();
  /** What it has told of its state: whether it is open. */
  readonly told: boolean[] = [];
  readonly circuit = new StoreCircuit(
    limits,
    { monotonicMs: () => this.nowMs },
    async () => {
      this.probes++;
      await this.answered;
      return this.found;
    },
    (isOpen) => void this.told.push(isOpen),
  );

  /** So many failures at `nowMs`, and the end of the probe that they lead to. */
  async fail(count: number, nowMs: number): Promise<void> {
    this.nowMs = nowMs;
    for (let i = 0; i < count; i++) this.circuit.failed();
    await Bun.sleep(0);
  }

  /** How long a request has to wait at `nowMs`. */
  waitMs(nowMs: number): number {
    this.nowMs = nowMs;
    return this.circuit.waitMs();
  }
}

describe("a circuit", () => {
  test("opens after so many failures in a row when the probe fails, too, and then lets one request through at a time", async () => {
    const tried = new Tried();
    const { circuit } = tried;
    await tried.fail(2, 0);
    expect([tried.waitMs(20), tried.probes, circuit.isInDoubt]).toEqual([0, 0, false]);
    await tried.fail(1, 20);
    expect([tried.waitMs(20), tried.probes, circuit.isInDoubt]).toEqual([1000, 1, true]);
    expect(tried.waitMs(1019)).toBe(1);
    const held = [1019, 1020, 1030].map((nowMs) => {
      tried.nowMs = nowMs;
      return circuit.heldMs();
    });
    expect(held).toEqual([1, 0, 0]);
    // The one that sees whether the store is back, with a probe, and no other for as long.
    expect(tried.waitMs(1020)).toBe(0);
    expect([tried.waitMs(1021), tried.probes]).toEqual([999, 2]);
    await tried.fail(1, 1500);
    expect(tried.waitMs(2499)).toBe(1);
    expect(tried.waitMs(2500)).toBe(0);
    expect(tried.told).toEqual([true]);
    circuit.succeeded();
    expect(tried.waitMs(2501)).toBe(0);
    circuit.succeeded();
    expect(tried.told).toEqual([true, false]);
  });

  test("stays closed while what is known to be there can be had, however much else fails", async () => {
    const tried = new Tried();
    tried.found = "there";
    for (let nowMs = 0; nowMs < 5000; nowMs += 10) {
      await tried.fail(3, nowMs);
      expect(tried.waitMs(nowMs)).toBe(0);
    }
    // Once in its time, and not for each failure.
    expect(tried.probes).toBe(5);
    tried.found = "failed";
    await tried.fail(3, 5000);
    expect(tried.waitMs(5001)).toBe(999);
  });

  test("is closed by a probe, whatever the request finds that is let through", async () => {
    const tried = new Tried();
    await tried.fail(3, 0);
    tried.found = "there";
    expect(tried.waitMs(1000)).toBe(0);
    await tried.fail(1, 1000);
    expect(tried.waitMs(1001)).toBe(0);
  });

  test("isn't opened by a probe when a request has succeeded meanwhile", async () => {
    const tried = new Tried();
    const { promise, resolve } = Promise.withResolvers<void>();
    tried.answered = promise;
    await tried.fail(3, 0);
    // Nothing is held back while it isn't known.
    expect(tried.waitMs(1)).toBe(0);
    tried.circuit.succeeded();
    resolve();
    await Bun.sleep(0);
    expect([tried.waitMs(2), tried.probes]).toEqual([0, 1]);
  });

  test("with a success between failures stays closed, and needs no probe", async () => {
    const tried = new Tried();
    for (let i = 0; i < 10; i++) {
      await tried.fail(2, i);
      tried.circuit.succeeded();
    }
    expect([tried.waitMs(11), tried.probes]).toEqual([0, 0]);
  });
});

/** A request at `nowMs`, and whether it was let go. */
function send(tried: Tried, nowMs: number): { isLetGo: boolean; readonly end: () => void } {
  tried.nowMs = nowMs;
  const request = { isLetGo: false, end: (): void => tried.circuit.ended(waiting) };
  const waiting = tried.circuit.sent(() => {
    request.isLetGo = true;
  });
  return request;
}

describe("a circuit of a store that is silent", () => {
  test("opens when a request has waited, nothing was answered, and the probe isn't either", async () => {
    const tried = new Tried();
    const { circuit } = tried;
    const { promise, resolve } = Promise.withResolvers<void>();
    tried.answered = promise;
    tried.found = "silent";
    const [ended, early] = [send(tried, 0), send(tried, 10)];
    ended.end();
    circuit.waits(circuit.successes);
    const late = send(tried, 1500);
    expect([tried.probes, circuit.isOpen, early.isLetGo]).toEqual([1, false, false]);
    tried.nowMs = 2000;
    resolve();
    await Bun.sleep(0);
    expect([circuit.isOpen, circuit.isInDoubt, tried.waitMs(2000)]).toEqual([true, true, 1000]);
    expect([ended, early, late].map(({ isLetGo }) => isLetGo)).toEqual([false, true, true]);
  });

  test("isn't looked at while others are answered", async () => {
    const tried = new Tried();
    const { circuit } = tried;
    tried.found = "silent";
    const request = send(tried, 0);
    const before = circuit.successes;
    circuit.succeeded();
    circuit.waits(before);
    await Bun.sleep(0);
    expect([tried.probes, circuit.isOpen, request.isLetGo]).toEqual([0, false, false]);
    circuit.waits(circuit.successes);
    await Bun.sleep(0);
    expect([tried.probes, circuit.isOpen, request.isLetGo]).toEqual([1, true, true]);
  });

  test.each(["there", "failed"] as const)(
    "lets none go when the probe has an answer: %p",
    async (found) => {
      const tried = new Tried();
      const { circuit } = tried;
      tried.found = found;
      const request = send(tried, 0);
      circuit.waits(circuit.successes);
      await Bun.sleep(0);
      expect([circuit.isOpen, request.isLetGo]).toEqual([found === "failed", false]);
    },
  );

  test("lets no further request through while it is looked at", async () => {
    const tried = new Tried();
    const { circuit } = tried;
    tried.found = "silent";
    send(tried, 0);
    circuit.waits(circuit.successes);
    await Bun.sleep(0);
    const { promise, resolve } = Promise.withResolvers<void>();
    tried.answered = promise;
    expect(tried.waitMs(1000)).toBe(0);
    const request = send(tried, 1000);
    expect([tried.waitMs(1999), tried.waitMs(2000), tried.waitMs(2500)]).toEqual([1, 1, 1]);
    tried.nowMs = 3000;
    resolve();
    await Bun.sleep(0);
    expect([request.isLetGo, tried.waitMs(3999), tried.waitMs(4000)]).toEqual([true, 1, 0]);
  });

  test("tells for how long nothing was answered", () => {
    const tried = new Tried();
    const { circuit } = tried;
    const silentMs = (nowMs: number): number => {
      tried.nowMs = nowMs;
      return circuit.silentMs();
    };
    expect(silentMs(5000)).toBe(0);
    const first = send(tried, 5000);
    send(tried, 6000);
    expect(silentMs(7000)).toBe(2000);
    circuit.succeeded();
    expect([silentMs(7000), silentMs(7100)]).toEqual([0, 100]);
    first.end();
    expect(silentMs(8000)).toBe(1000);
  });
});
