import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";

import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";

const site = new TempSite();
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

/** Whether a process can be the first of a namespace here. */
const canUnshare =
  process.platform === "linux" &&
  process.env["POSTERN_NATIVE"] !== "off" &&
  Bun.spawnSync(["unshare", "--pid", "--fork", "--mount-proc", "true"]).exitCode === 0;

interface Seen {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
}

/** The children of `parent`, those that have ended among them. */
function childrenWithState(parent: number): Seen[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state = "", of] = text.slice(text.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(name), state, parent: Number(of) }];
      } catch {
        return [];
      }
    })
    .filter((seen) => seen.parent === parent);
}

/** The process itself, as the machine knows it. */
function firstOf(command: Command): number {
  return childrenWithState(command.pid)[0]?.pid ?? 0;
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > giveUpMs) throw new Error("it didn't come to that");
    await Bun.sleep(5);
  }
}

describe.skipIf(!canUnshare)("the first process of a container (needs unshare)", () => {
  const starter = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

  test.each([[], ["--workers", "2"]])("ends in time on SIGTERM: %p", async (...more) => {
    const words = [site.root, "--port", "0", "--ready", "json", "--log", "none", ...more];
    await using command = new Command(words, {}, undefined, undefined, { starter });
    const { port, pid } = JSON.parse((await command.line()) ?? "") as Record<string, number>;
    expect(pid).toBe(1);
    const client = await RawClient.connect(port ?? 0);
    client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.responses(1);
    const first = firstOf(command);
    process.kill(first, "SIGHUP");
    process.kill(first, "SIGUSR2");
    await command.says(/SIGUSR2: this is the first process of a container/);
    process.kill(first, "SIGTERM");
    expect(await command.status).toBe(0);
    expect(await client.ending()).toBe("end");
  });

  test("reads the statuses of orphans, and replaces workers as ever", async () => {
    const words = [site.root, "--port", "0", "--log", "none", "--workers", "2"];
    await using command = new Command(words, {}, undefined, undefined, { starter });
    await command.line();
    const first = firstOf(command);
    const workers = childrenWithState(first).map(({ pid }) => pid);
    // A shell that leaves a child behind, which ends after it.
    const inside = ["nsenter", "--target", String(first), "--pid", "--mount"];
    Bun.spawnSync([...inside, "sh", "-c", "sleep 1000 > /dev/null 2>&1 & exit 0"]);
    const orphans = childrenWithState(first).filter(({ pid }) => !workers.includes(pid));
    expect(orphans).toHaveLength(1);
    process.kill(orphans[0]?.pid ?? 0, "SIGKILL");
    await until(() => childrenWithState(first).length === workers.length);
    const [gone = 0] = workers;
    process.kill(gone, "SIGKILL");
    await command.says(/worker \d \(process \d+\) was killed by SIGKILL; another takes its place/);
    await until(() => {
      const now = childrenWithState(first).filter(({ state }) => state !== "Z");
      return now.length === 2 && !now.some(({ pid }) => pid === gone);
    });
    process.kill(first, "SIGTERM");
    expect(await command.status).toBe(0);
  });
});
