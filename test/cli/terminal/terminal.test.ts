/** What the command shows on a real terminal, and that a pipe gets none of it. */

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { qrCode } from "../../../src/cli/terminal/qr-code.ts";
import { machineAddresses } from "../../../src/server/machine-addresses.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { PtyCommand } from "./pty-command.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

const noColour = { NO_COLOR: "1" };

/** A command on a terminal that listens; `port` is where. */
async function started(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ readonly command: PtyCommand; readonly port: string }> {
  const command = new PtyCommand([site.root, "--port", "0", "--no-config", ...words], environment);
  const found = await command.shows(/^Server started\. Listening at http:\/\/\S+:(\d+)\/\n/);
  return { command, port: found[1] ?? "" };
}

describe("a terminal", () => {
  test("is told what is served, where, and by which options, below the first line", async () => {
    const { command, port } = await started(["-x", "--cache", "60", "--no-listing"], noColour);
    await using shown = command;
    await shown.shows(/Options.*\n\n/);
    expect(shown.shown).toStartWith(
      `Server started. Listening at http://localhost:${port}/

  Serving   ${site.root}
  Local     http://localhost:${port}/
  Network   this machine alone; --host 0.0.0.0 lets others reach it
  Options   --explain  --no-listing  --cache 60

`,
    );
  });

  test("is told real addresses, never that of all", async () => {
    for (const host of ["0.0.0.0", "::"]) {
      const { command, port } = await started(["--host", host], noColour);
      await using shown = command;
      await shown.shows(/Network.*\n\n/s);
      expect(shown.shown).toStartWith(`Server started. Listening at http://localhost:${port}/\n`);
      expect(shown.shown).not.toMatch(/0\.0\.0\.0|\[::\]|\[fe80/);
    }
  });

  test("is told that a single file is all there is", async () => {
    await using shown = new PtyCommand([site.at("MySchedule.html"), "--port", "0"], noColour);
    await shown.shows(/Serving .*MySchedule\.html\n +this file alone, and nothing beside it\n/);
  });

  test("gets the log in the colours of its statuses, and reasons with them", async () => {
    const { command, port } = await started([]);
    await using shown = command;
    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: "manual" });
    await get("/MySchedule.html");
    await shown.shows(/\[22m GET \/MySchedule\.html ␛\[32m200␛\[39m ␛\[2m\d+ B/);
    await get("/img");
    await shown.shows(/GET \/img ␛\[36m308␛\[39m/);
    await get("/private.html");
    await shown.shows(/␛\[33m403␛\[39m .*␛\[33m \(private\.html: .*\)␛\[39m\n/);
  });

  test("gets no colours under NO_COLOR, on a dumb one, or with FORCE_COLOR=0", async () => {
    for (const environment of [noColour, { TERM: "dumb" }, { FORCE_COLOR: "0" }]) {
      const { command, port } = await started([], environment);
      await using shown = command;
      await fetch(`http://127.0.0.1:${port}/MySchedule.html`);
      await shown.shows(/ GET \/MySchedule\.html 200 /);
      expect(shown.shown).not.toContain("␛");
    }
  });

  test("gets the line of JSON alone under --ready json, and nothing under --quiet", async () => {
    await using json = new PtyCommand([site.root, "--port", "0", "--ready", "json"]);
    await json.shows(/^\{"event":"ready".*\}\n$/);
    const { port } = JSON.parse(json.shown) as { port: number };
    json.signal("SIGTERM");
    await json.status;
    await using quiet = new PtyCommand([site.root, "--port", String(port), "--quiet"]);
    const ask = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/MySchedule.html`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await ask())) await Bun.sleep(5);
    quiet.signal("SIGTERM");
    await quiet.status;
    expect(quiet.shown).toBe("");
  });

  test("gets the log of workers in colours, too", async () => {
    const { command, port } = await started(["--workers", "2"]);
    await using shown = command;
    await fetch(`http://127.0.0.1:${port}/MySchedule.html`);
    await shown.shows(/GET \/MySchedule\.html ␛\[32m200/);
    expect(shown.shown).toContain("--workers 2");
  });
});

describe("--qr", () => {
  test("says what it needs where only this machine reaches the server", async () => {
    const { command } = await started(["--qr"], noColour);
    await using shown = command;
    await shown.shows(/--qr needs an address that others reach: --host 0\.0\.0\.0\n\n/);
  });

  test.if(machineAddresses().some((address) => !address.includes(":")))(
    "shows the code of the network address",
    async () => {
      const { command } = await started(["--qr", "--host", "0.0.0.0"], noColour);
      await using shown = command;
      const [, url = ""] = await shown.shows(/Network +(\S+)\n\n[ █▀▄\n]+\n\n/);
      expect(shown.shown).toContain(`\n\n${qrCode(url, true)}\n`);
    },
  );
});

describe("--open", () => {
  const programs = new TempSite("empty");
  afterAll(() => programs[Symbol.dispose]());

  test("starts the system's program with the URL as its one argument", async () => {
    const opened = programs.at("opened");
    const program = process.platform === "darwin" ? "open" : "xdg-open";
    writeFileSync(
      programs.at(program),
      `#!/bin/sh\necho "$# $1" > '${opened}.tmp'\nmv '${opened}.tmp' '${opened}'\n`,
    );
    chmodSync(programs.at(program), 0o755);
    const path = `${programs.root}:${process.env["PATH"]}`;
    await using command = new Command([site.root, "--port", "0", "-o"], { PATH: path });
    const url = /http:\S+/.exec((await command.line()) ?? "")?.[0];
    while (!existsSync(opened)) await Bun.sleep(2);
    expect(readFileSync(opened, "utf8")).toBe(`1 ${url}\n`);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("without that program is a line on standard error, and the server serves", async () => {
    const bun = join(programs.root, "empty");
    await using command = new Command([site.root, "--port", "0", "--open"], { PATH: bun });
    const url = /http:\S+/.exec((await command.line()) ?? "")?.[0] ?? "";
    await command.says(`postern: --open needs xdg-open, which isn't here; open ${url} by hand\n`);
    expect((await fetch(url.replace("localhost", "127.0.0.1"))).status).toBe(200);
  });
});

describe("a pipe", () => {
  test("gets the first line and the log as ever, whatever is asked for", async () => {
    await using command = new Command([site.root, "--port", "0", "--qr"], { TERM: "xterm" });
    const first = (await command.line()) ?? "";
    expect(first).toMatch(/^Server started\. Listening at http:\/\/localhost:\d+\/$/);
    await fetch(`http://127.0.0.1:${/:(\d+)\/$/.exec(first)?.[1]}/MySchedule.html`);
    expect(await command.line()).toMatch(
      /^\d\d:\d\d:\d\d GET \/MySchedule\.html 200 \d+ B [\d.]+ ms$/,
    );
    command.signal("SIGTERM");
    expect(await command.rest()).toEqual([]);
  });

  test("gets the log in colours with FORCE_COLOR, and no banner", async () => {
    await using command = new Command([site.root, "--port", "0"], { FORCE_COLOR: "1" });
    const first = (await command.line()) ?? "";
    expect(first).toMatch(/^Server started\. Listening at http:\/\/localhost:\d+\/$/);
    await fetch(`http://127.0.0.1:${/:(\d+)\/$/.exec(first)?.[1]}/MySchedule.html`);
    expect(await command.line()).toContain("\u001b[32m200\u001b[39m");
  });
});
