/** A stop of the command that drains first. */

import { afterAll, describe, expect, test } from "bun:test";

import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const site = new TempSite("empty");
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

const words = ["--port", "0", "--health", "0", "--ready", "json", "--quiet", "--no-config"];

interface Ready {
  readonly port: number;
  readonly health: string;
}

async function begin(more: readonly string[]): Promise<Command & { readonly ready: Ready }> {
  const command = new Command([site.root, ...words, ...more]);
  return Object.assign(command, { ready: JSON.parse((await command.line()) ?? "null") as Ready });
}

/** The first status of `/readyz` that isn't 200. */
async function unready(health: string): Promise<number> {
  for (;;) {
    const { status } = await fetch(new URL("readyz", health));
    if (status !== 200) return status;
  }
}

async function statusOf(port: number): Promise<number | undefined> {
  const client = await RawClient.connect(port);
  client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ending();
  client.close();
  return client.statuses[0];
}

describe("--drain", () => {
  test("is not ready at once, accepts new clients, and ends at the second signal", async () => {
    await using command = await begin(["--drain", "3600"]);
    const { port, health } = command.ready;
    command.signal("SIGTERM");
    expect(await unready(health)).toBe(503);
    expect(await statusOf(port)).toBe(200);
    command.signal("SIGINT");
    expect(await command.status).toBe(1);
  });

  test.each([["--drain", "0.1"], []])("ends by itself, with 0 (%p)", async (...more) => {
    await using command = await begin(more);
    const { port } = command.ready;
    expect(await statusOf(port)).toBe(200);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });
});

describe("--metrics and --health", () => {
  test("are said on standard error, where they aren't --quiet", async () => {
    const loud = ["--port", "0", "--ready", "json", "--no-config", "--log", "none"];
    await using command = new Command([site.root, ...loud, "--metrics", "0", "--health", "0"]);
    const ready = JSON.parse((await command.line()) ?? "null") as Record<string, string>;
    const health = `postern: health: ${ready["health"]}livez and /readyz\n`;
    await command.says(`postern: metrics: ${ready["metrics"]}\n${health}`);
  });

  test("that are no places are refused with the flag, and status 2", async () => {
    await using command = new Command([site.root, ...words, "--metrics", "nine"]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toContain("metrics must be a port, 9100, or a host and a port");
  });
});
