/**
 * The program of an executable. Bun starts it whatever the arguments are, so that a worker process
 * is this program, too: its supervisor (`src/cli/workers/worker-process.ts`) gives it one argument
 * and a channel for orders.
 */

import { workerArgument } from "../src/cli/workers/worker-message.ts";

if (process.argv[2] === workerArgument && process.send !== undefined) {
  void import("../src/cli/workers/worker.ts");
} else {
  void import("../src/cli/main.ts").then(({ main }) => main(process.argv.slice(2)));
}
