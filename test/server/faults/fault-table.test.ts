import { describe, expect, test } from "bun:test";

import type { FaultRow } from "../../../src/server/faults/fault-table.ts";
import { chanceTable, faultPhases, faultTable } from "../../../src/server/faults/fault-table.ts";

const rows = Object.entries<FaultRow>(faultTable);
const names = rows.map(([name]) => name);

describe("the table of faults", () => {
  test("names other faults that there are, and not themselves", () => {
    for (const [name, { needs = [], excludes = [] }] of rows) {
      const others = names.filter((other) => other !== name);
      for (const other of [...needs, ...excludes]) expect(others).toContain(other);
      expect(needs.filter((other) => excludes.includes(other))).toEqual([]);
    }
  });

  test("is in the order of the phases", () => {
    const order = rows.map(([, { phase }]) => faultPhases.indexOf(phase));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test("has its unit last in a name that has one", () => {
    for (const [name, { kind }] of rows) {
      if (kind.placeholder === "MS") expect(name).toEndWith("Ms");
      if (kind.placeholder === "BYTES") expect(name).toMatch(/Bytes$|ytesPerSecond$/);
    }
  });

  test("says of each in a line what it does and tests, and shares no name with what else there is", () => {
    for (const [name, { does, tests }] of rows) {
      expect(does).toMatch(/^[a-z].*[^.]$/);
      expect(tests).toMatch(/^[a-z].*[^.]$/);
      expect(Object.keys(chanceTable)).not.toContain(name);
      expect(["method", "path"]).not.toContain(name);
    }
  });
});
