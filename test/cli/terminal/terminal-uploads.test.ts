/** How far uploads are, as a real terminal shows it, and that nothing else gets any of it. */

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync } from "node:fs";

import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { isOpen } from "../workers/worker-site.ts";
import { PtyCommand } from "./pty-command.ts";
import { screenOf } from "./screen.ts";

const site = new TempSite("empty");
chmodSync(site.root, 0o755);
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

const noColour = { NO_COLOR: "1" };
const put = ["--put", "--post", "upload"];

/** A command on a terminal that listens; `port` is where. */
async function started(
  words: readonly string[],
  environment: Record<string, string> = noColour,
): Promise<{ readonly command: PtyCommand; readonly port: number }> {
  const command = new PtyCommand([site.root, "--port", "0", "--no-config", ...words], environment);
  const found = await command.shows(
    /^Server started\. Listening at http:\/\/\S+:(\d+)\/\n[^]*\n\n/,
  );
  return { command, port: Number(found[1]) };
}

/** A client that has sent `octets` of a PUT of `length`. */
async function uploading(port: number, name: string, octets: number, length: number) {
  const client = await RawClient.connect(port);
  client.send(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
  client.send("x".repeat(octets));
  return client;
}

/** The lines that `command` shows below its banner. */
function linesOf(command: PtyCommand): readonly string[] {
  const screen = screenOf(command.shown);
  return screen.slice(screen.indexOf("\n\n", screen.indexOf("Serving")) + 2).split("\n");
}

describe("a terminal", () => {
  test("shows an upload at the bottom, below the log, until it is stored", async () => {
    const { command, port } = await started(put);
    await using shown = command;
    const client = await uploading(port, "big.bin", 500, 1000);
    await shown.shows(/Uploading big\.bin {2}50% of 1\.0 kB/);
    for (const path of ["/a.txt", "/b.txt"]) await fetch(`http://127.0.0.1:${port}${path}`);
    await shown.shows(/GET \/b\.txt 404 [^\n]*\n/);
    const [first, second, last, ...others] = linesOf(shown);
    expect(first).toMatch(/^\d\d:\d\d:\d\d GET \/a\.txt 200 1 B [\d.]+ ms$/);
    expect(second).toMatch(/^\d\d:\d\d:\d\d GET \/b\.txt 404 /);
    expect(last).toMatch(/^Uploading big\.bin {2}50% of 1\.0 kB {2}[\d.]+ k?B\/s$/);
    expect(others).toEqual([]);
    client.send("x".repeat(500));
    await shown.shows(/PUT \/big\.bin 201 [^\n]*\n/);
    await client.responses(1);
    client.close();
    const done = linesOf(shown);
    expect(done.length).toBe(4);
    expect(done[2]).toMatch(
      /^\d\d:\d\d:\d\d PUT \/big\.bin 201 .*\(stored big\.bin, 1000 bytes\)$/,
    );
    expect(done[3]).toBe("");
  });

  test("shows it in colours, and without a log, too", async () => {
    const { command, port } = await started([...put, "--log", "none"], {});
    await using shown = command;
    const client = await uploading(port, "big.bin", 500, 1000);
    await shown.shows(/␛\[2mUploading␛\[22m big\.bin {2}␛\[36m50% of 1\.0 kB/);
    client.abort();
    await shown.shows(/\r␛\[K$/);
  });

  test("counts several, and shows one that has broken off no more", async () => {
    const { command, port } = await started(put);
    await using shown = command;
    const first = await uploading(port, "one.bin", 100, 1000);
    await shown.shows(/Uploading one\.bin {2}10% of 1\.0 kB/);
    const second = await uploading(port, "two.bin", 200, 1000);
    await shown.shows(/Uploading two\.bin {2}20% of 1\.0 kB {2}and 1 more/);
    second.abort();
    await shown.shows(/Uploading one\.bin {2}10% of 1\.0 kB {2}\d+ B\/s$/);
    first.abort();
    // The line is erased for that of the log; if it was drawn again behind it, that is erased, too.
    await shown.shows(/\r␛\[K[\d:]+ PUT \/one\.bin 499 [^\n␛]*\n(?:Uploading [^\n␛]*\r␛\[K)?$/);
  });

  test("shows it in its present width", async () => {
    const { command, port } = await started(put);
    await using shown = command;
    const client = await uploading(port, "a-file-with-a-rather-long-name.bin", 500, 1000);
    await shown.shows(/Uploading a-file-with-a-rather-long-name\.bin {2}50% of 1\.0 kB/);
    shown.resize(40);
    await shown.shows(/␛\[KUploading a-[^\n]{0,20}… {2}50% of 1\.0 kB[^\n]{0,12}$/);
    expect((linesOf(shown).at(-1) ?? "").length).toBeLessThan(40);
    client.abort();
  });

  test("is left without the line when the server is stopped meanwhile", async () => {
    const { command, port } = await started(put);
    await using shown = command;
    const client = await uploading(port, "big.bin", 500, 1000);
    await shown.shows(/Uploading big\.bin/);
    shown.signal("SIGTERM");
    // Two signals of a kind that wait to be taken are one.
    while (await isOpen(port)) await Bun.sleep(1);
    shown.signal("SIGTERM");
    await shown.status;
    await shown.shows(/\r␛\[K$/);
    client.abort();
  });

  test("shows nothing of uploads under --ready json, or when it is dumb", async () => {
    const ways = [
      [[...put, "--ready", "json"], noColour],
      [put, { TERM: "dumb" }],
    ] as const;
    for (const [words, environment] of ways) {
      await using shown = new PtyCommand(
        [site.root, "--port", "0", "--no-config", ...words],
        environment,
      );
      const [, port] = await shown.shows(/localhost:(\d+)\//);
      const client = await uploading(Number(port), "big.bin", 500, 1000);
      // Longer than until the first drawing.
      await Bun.sleep(400);
      client.send("x".repeat(500));
      await client.responses(1);
      await shown.shows(/PUT \/big\.bin 20[14]/);
      expect(shown.shown).not.toContain("Uploading");
      client.close();
    }
  });
});

test("a terminal gets nothing under --quiet", async () => {
  const file = site.at("port.txt");
  const words = [site.root, "--port", "0", "--no-config", "--quiet", "--port-file", file, ...put];
  await using shown = new PtyCommand(words);
  while (!existsSync(file)) await Bun.sleep(5);
  const client = await uploading(Number(readFileSync(file, "utf8")), "quiet.bin", 500, 1000);
  await Bun.sleep(400);
  client.send("x".repeat(500));
  await client.responses(1);
  expect(shown.shown).toBe("");
  client.close();
});

test("a pipe gets the log alone", async () => {
  await using command = new Command([site.root, "--port", "0", "--no-config", ...put]);
  const port = Number(/:(\d+)\//.exec((await command.line()) ?? "")?.[1]);
  const client = await uploading(port, "piped.bin", 500, 1000);
  await Bun.sleep(400);
  client.send("x".repeat(500));
  await client.responses(1);
  expect(await command.line()).toMatch(/ PUT \/piped\.bin 201 /);
  command.signal("SIGTERM");
  expect(await command.rest()).toEqual([]);
  client.close();
});
