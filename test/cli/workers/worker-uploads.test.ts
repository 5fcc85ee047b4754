import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import type { UploadsSeen } from "../../../src/cli/terminal/received-uploads.ts";
import type { UploadSource } from "../../../src/cli/terminal/upload-status.ts";
import { WorkerUploads } from "../../../src/cli/workers/worker-uploads.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { childrenOf } from "../processes.ts";
import { PtyCommand } from "../terminal/pty-command.ts";
import { screenOf } from "../terminal/screen.ts";

const nothing: UploadsSeen = { count: 0, octets: 0, newest: undefined };

function seen(count: number, octets: number, name: string): UploadsSeen {
  return { count, octets, newest: { name, octets, length: undefined, beganMs: 0 } };
}

/** A line that shows sources, and workers that are asked. */
function shown() {
  const sources = new Map<UploadSource, number>();
  let opened = 0;
  const uploads = new WorkerUploads(() => {
    opened++;
    return {
      show: (source, octets) => void sources.set(source, octets),
      hide: (source) => void sources.delete(source),
    };
  });
  const add = () => {
    const worker = {
      onUploading: undefined as (() => void) | undefined,
      asked: 0,
      told: undefined as UploadsSeen | undefined,
      uploads: async () => {
        worker.asked++;
        return worker.told;
      },
    };
    uploads.add(worker);
    return worker;
  };
  return { uploads, sources, add, opened: () => opened };
}

describe("the uploads of workers", () => {
  test("are asked for only while a worker receives some, once for each drawing", async () => {
    const { sources, add, opened } = shown();
    const [worker, idle] = [add(), add()];
    expect([opened(), worker.asked]).toEqual([0, 0]);
    worker.onUploading?.();
    expect([opened(), worker.asked, sources.size]).toEqual([1, 0, 1]);
    const [source] = sources.keys();
    worker.told = seen(2, 100, "a.bin");
    expect(source?.look()).toEqual(nothing);
    await Bun.sleep(0);
    expect(source?.look()).toEqual(seen(2, 100, "a.bin"));
    // An answer that is still owed changes nothing.
    worker.told = undefined;
    await Bun.sleep(0);
    expect(source?.look().octets).toBe(100);
    worker.told = { ...nothing, octets: 300 };
    source?.look();
    await Bun.sleep(0);
    expect(sources.size).toBe(0);
    expect([worker.asked, idle.asked]).toEqual([4, 0]);
    worker.onUploading?.();
    expect([...sources.values()]).toEqual([300]);
    expect(opened()).toBe(1);
  });

  test("of a worker that has ended are shown no more, whatever it said last", () => {
    const { uploads, sources, add } = shown();
    const worker = add();
    worker.onUploading?.();
    uploads.remove(worker);
    expect(sources.size).toBe(0);
    worker.onUploading?.();
    expect(sources.size).toBe(0);
  });
});

const site = new TempSite("empty");
chmodSync(site.root, 0o755);
afterAll(() => site[Symbol.dispose]());

/** A client that has sent `octets` of a PUT of `length`. */
async function uploading(port: number, name: string, octets: number, length: number) {
  const client = await RawClient.connect(port);
  client.send(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
  client.send("x".repeat(octets));
  return client;
}

test("a terminal has one line for what all workers receive, below the log", async () => {
  const words = [site.root, "--port", "0", "--no-config", "--put", "--workers", "2"];
  await using command = new PtyCommand(words, { NO_COLOR: "1" });
  const [, found] = await command.shows(/^Server started\. Listening at http:\/\/\S+:(\d+)\/\n/);
  const port = Number(found);
  // Each worker has some, but for a chance of 1 in 2^15.
  const clients = await Promise.all(
    Array.from({ length: 16 }, (_, i) => uploading(port, `${i}.bin`, 250, 1000)),
  );
  await command.shows(/Uploading \d+\.bin {2}25% of 1\.0 kB {2}and 15 more {2}[\d.]+ k?B\/s$/);
  const [first, ...others] = clients;
  first?.send("x".repeat(750));
  await command.shows(/PUT \/0\.bin 201 [^\n]*\n/);
  await command.shows(/and 14 more {2}[\d.]+ k?B\/s$/);
  expect(screenOf(command.shown)).toMatch(/PUT \/0\.bin 201 .*\nUploading [^\n]* and 14 more/);
  // What a worker received that is gone is shown no more.
  for (const pid of childrenOf(command.pid)) process.kill(pid, "SIGKILL");
  await command.shows(/(?:another takes its place\n[^]*){2}/);
  while (screenOf(command.shown).includes("Uploading")) await Bun.sleep(5);
  for (const client of others) client.abort();
});

test("a worker that is replaced tells of its uploads, too", async () => {
  const words = [site.root, "--port", "0", "--no-config", "--put", "--workers", "2"];
  await using command = new PtyCommand(words, { NO_COLOR: "1" });
  const [, found] = await command.shows(/^Server started\. Listening at http:\/\/\S+:(\d+)\/\n/);
  for (const pid of childrenOf(command.pid)) process.kill(pid, "SIGKILL");
  // More often than there are workers, so that one of them says so twice.
  for (const name of ["a.bin", "b.bin", "c.bin"]) {
    const client = await uploading(Number(found), name, 500, 1000);
    await command.shows(new RegExp(`Uploading ${name} {2}50% of 1\\.0 kB`));
    client.abort();
    await command.shows(/\r␛\[K$/);
  }
});
