import { expect, test } from "bun:test";
import { hostname } from "node:os";

import { machineNames } from "../../src/server/machine-names.ts";

test("the machine's names are its host name, the first label, and that under .local", () => {
  const [label = ""] = hostname().split(".");
  expect(machineNames()).toEqual([hostname(), label, `${label}.local`]);
});
