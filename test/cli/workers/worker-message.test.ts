import { expect, test } from "bun:test";

import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import { workerArgument } from "../../../src/cli/workers/worker-message.ts";

test("a worker's argument is no option, so a person who gives it is told so", () => {
  const read = readCommandLine([workerArgument], {});
  expect(read.ok ? "" : read.error).toContain(workerArgument);
});
