import { afterAll, expect, test } from "bun:test";

import { childrenOf } from "../processes.ts";
import { ended, WorkerSite } from "./worker-site.ts";

const here = new WorkerSite();
afterAll(() => here[Symbol.dispose]());

test("a worker that doesn't answer is killed for that, and so is one that doesn't stop", async () => {
  const limits = { workerAnswerTimeMs: 5000, workerIntervalMs: 5, stopTimeMs: 5 };
  await using command = await here.configured("d.json", { limits });
  const [first = 0] = childrenOf(command.pid);
  process.kill(first, "SIGSTOP");
  command.configure({ limits, hidden: true });
  const killed = ended(1, first, "did not answer within 5 s and was killed");
  await command.says(`${killed}postern: d.json is in force\n`);
  const [other = 0] = childrenOf(command.pid);
  process.kill(other, "SIGSTOP");
  command.signal("SIGTERM");
  expect(await command.status).toBe(0);
  expect(await command.stderr).toEndWith(
    `(process ${other}) did not stop within 5.005 s and was killed\n`,
  );
});
