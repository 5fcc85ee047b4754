import { expect, test } from "bun:test";

import { StoreCircuit } from "../../../../src/tree/store/client/store-circuit.ts";

const limits = { storeFailuresMax: 3, storeOpenTimeMs: 1000 };

test("a circuit opens after so many failures in a row, and then lets one request through at a time", () => {
  const circuit = new StoreCircuit(limits);
  circuit.failed(0);
  circuit.failed(10);
  expect(circuit.waitMs(20)).toBe(0);
  circuit.failed(20);
  expect(circuit.waitMs(20)).toBe(1000);
  expect(circuit.waitMs(1019)).toBe(1);
  expect([circuit.heldMs(1019), circuit.heldMs(1020), circuit.heldMs(1030)]).toEqual([1, 0, 0]);
  // The one that sees whether the store is back, and no other for as long.
  expect(circuit.waitMs(1020)).toBe(0);
  expect(circuit.waitMs(1021)).toBe(999);
  circuit.failed(1500);
  expect(circuit.waitMs(2499)).toBe(1);
  expect(circuit.waitMs(2500)).toBe(0);
  circuit.succeeded();
  expect(circuit.waitMs(2501)).toBe(0);
});

test("a success between failures keeps it closed", () => {
  const circuit = new StoreCircuit(limits);
  for (let i = 0; i < 10; i++) {
    circuit.failed(i);
    circuit.failed(i);
    circuit.succeeded();
  }
  expect(circuit.waitMs(11)).toBe(0);
});
