import { afterAll, describe, expect, test } from "bun:test";

import { seconds } from "../../../src/base/units.ts";
import { WorkerWatch } from "../../../src/cli/workers/worker-watch.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { canReceive, NotifyReceiver } from "../process/notify-receiver.ts";
import { Command } from "../command.ts";
import { awaitChildren, childrenOf } from "../processes.ts";
import { WorkerSite, closeAll, connections, ended, get } from "./worker-site.ts";

/** A worker that answers as long as a test wants. */
class FakeWorker {
  readonly pid: number;
  answers = true;
  asked = 0;
  readonly killed: string[] = [];
  #owes = false;

  constructor(pid: number) {
    this.pid = pid;
  }

  look(): boolean {
    if (this.#owes && !this.answers) return false;
    this.asked++;
    this.#owes = true;
    return true;
  }

  kill(did: string): void {
    this.killed.push(did);
  }
}

/** A watch, and its workers. */
class Watched {
  readonly clock = new FakeClock();
  readonly said: string[] = [];
  readonly workers: { readonly worker: FakeWorker; readonly name: string }[] = [];
  readonly held = new Set<number>();
  readonly watch = new WorkerWatch({
    workers: () => this.workers,
    limits: () => ({ workerLookTimeMs: seconds(1), workerSilenceTimeMs: seconds(30) }),
    alarm: this.clock,
    nowMs: () => this.clock.monotonicMs(),
    say: (line) => void this.said.push(line),
    isHeld: (pid) => this.held.has(pid),
  });

  add(pid: number): FakeWorker {
    const worker = new FakeWorker(pid);
    this.workers.push({ worker, name: `worker ${pid}` });
    return worker;
  }

  /** Lets `count` seconds pass, in each of which the supervisor's loop turns. */
  pass(count: number): void {
    for (let i = 0; i < count; i++) this.clock.advance(1000);
  }
}

describe("the watch of workers", () => {
  test("asks each once a second, and kills none that answers", () => {
    const watched = new Watched();
    const [one, two] = [watched.add(1), watched.add(2)];
    watched.pass(100);
    expect([one.asked, two.asked]).toEqual([100, 100]);
    expect([...one.killed, ...two.killed, ...watched.said]).toEqual([]);
  });

  test("kills the one that has owed an answer for 30 s, and asks it no more meanwhile", () => {
    const watched = new Watched();
    const [one, two] = [watched.add(1), watched.add(2)];
    watched.pass(1);
    one.answers = false;
    watched.pass(29);
    expect(one.killed).toEqual([]);
    watched.pass(1);
    expect(one.killed).toEqual(["did not answer for 30 s"]);
    expect([one.asked, two.asked, two.killed.length]).toEqual([1, 31, 0]);
  });

  test("begins anew with each answer", () => {
    const watched = new Watched();
    const worker = watched.add(1);
    for (let i = 0; i < 5; i++) {
      worker.answers = false;
      watched.pass(25);
      worker.answers = true;
      watched.pass(1);
    }
    expect(worker.killed).toEqual([]);
  });

  test("doesn't take its own pauses for a worker's", () => {
    const watched = new Watched();
    const worker = watched.add(1);
    watched.pass(1);
    worker.answers = false;
    // The machine was asleep, or gave its processors to others.
    for (let i = 0; i < 29; i++) {
      watched.clock.sleep(60_000);
    }
    expect(worker.killed).toEqual([]);
  });

  test("leaves a worker alone that waits for a disk, and says so once", () => {
    const watched = new Watched();
    const worker = watched.add(7);
    watched.pass(1);
    worker.answers = false;
    watched.held.add(7);
    watched.pass(60);
    expect(worker.killed).toEqual([]);
    expect(watched.said).toEqual([
      "worker 7 has not answered for 30 s: it waits for a disk, and is left alone",
    ]);
    watched.held.delete(7);
    watched.pass(1);
    expect(worker.killed).toEqual(["did not answer for 30 s"]);
  });

  test("is as quick as a service manager that watches needs it, and says what it knows", () => {
    const watched = new Watched();
    const [one, two] = [watched.add(1), watched.add(2)];
    const isTurning = watched.watch.within(2000);
    watched.clock.advance(500);
    one.answers = false;
    for (let i = 0; i < 3; i++) watched.clock.advance(500);
    expect([isTurning(), one.killed.length]).toEqual([true, 0]);
    watched.clock.advance(500);
    expect(one.killed).toEqual(["did not answer for 2 s"]);
    // It has been killed, and hasn't ended.
    expect(isTurning()).toBe(false);
    watched.workers.shift();
    expect(isTurning()).toBe(true);
    expect(two.killed).toEqual([]);
  });

  test("looks no more after its end", () => {
    const watched = new Watched();
    const worker = watched.add(1);
    const isTurning = watched.watch.within(1000);
    worker.answers = false;
    watched.pass(2);
    expect(isTurning()).toBe(false);
    watched.watch.end();
    const { asked } = worker;
    watched.pass(100);
    expect([worker.asked, isTurning()]).toEqual([asked, true]);
  });
});

const here = new WorkerSite();
afterAll(() => here[Symbol.dispose]());

describe("a worker that hangs", () => {
  test("is killed after a while, and replaced; the other's connections go on", async () => {
    const limits = { workerLookTimeMs: 50, workerSilenceTimeMs: 3000, workerIntervalMs: 5 };
    await using command = await here.configured("hung.json", { limits });
    const workers = childrenOf(command.pid);
    const [first = 0, second = 0] = workers;
    const clients = await connections(command.port);
    process.kill(first, "SIGSTOP");
    await command.says(ended(1, first, "did not answer for 3 s and was killed"));
    expect(await awaitChildren(command.pid, 1, workers)).toContain(second);
    closeAll(clients);
    for (const client of await connections(command.port)) {
      client.send(get("/a.txt"));
      await client.responses(1);
      expect(client.statuses).toEqual([200]);
      client.close();
    }
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test.skipIf(!canReceive)("is replaced before the service manager would end all", async () => {
    await using manager = await NotifyReceiver.at(`@postern-hung-${crypto.randomUUID()}`);
    const watchdog = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "4000000" };
    const words = [here.root, "--port", "0", "--no-config", "--ready", "json", "--workers", "2"];
    await using command = new Command(words, watchdog);
    expect(await manager.next()).toStartWith("READY=1");
    expect(await manager.next(true)).toBe("WATCHDOG=1");
    const [first = 0] = childrenOf(command.pid);
    process.kill(first, "SIGSTOP");
    await command.says(ended(1, first, "did not answer for 4 s and was killed"));
    // A second time would be too late for one that had been told of the silence.
    expect(await manager.next(true)).toBe("WATCHDOG=1");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });
});
