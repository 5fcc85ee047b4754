import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

import { checkDescriptor, report } from "../../src/cli/ready-report.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const site = new TempSite();
const place = new TempSite("empty");
afterAll(() => {
  site[Symbol.dispose]();
  place[Symbol.dispose]();
});

const program = `${process.execPath} run ${import.meta.dir}/../../index.ts ${site.root}`;

/** What the shell's `script` prints; it has `$POSTERN`, which serves the sample site on a free port. */
async function shell(script: string): Promise<string> {
  const bash = Bun.spawn(["sh", "-c", script], {
    cwd: place.root,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], POSTERN: `${program} --port 0` },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(bash.stdout).text(),
    new Response(bash.stderr).text(),
  ]);
  await bash.exited;
  return out + err;
}

describe("--ready json:3", () => {
  test("writes JSON to the descriptor, and the line for people to standard output", async () => {
    const said = await shell(`
      mkfifo ready
      $POSTERN --ready json:3 3>ready >log &
      read -r line <ready
      kill $!
      wait $!
      echo "$line"
      head -1 log`);
    const [json = "", line = ""] = said.split("\n");
    const ready = JSON.parse(json) as { event: string; url: string; port: number };
    expect(ready.event).toBe("ready");
    expect(ready.url).toBe(`http://localhost:${ready.port}/`);
    expect(line).toBe(`Server started. Listening at ${ready.url}`);
  });

  test("ends the descriptor, so a reader to its end doesn't wait for the server's", async () => {
    const said = await shell(`
      mkfifo whole
      $POSTERN --quiet --ready json:4 4>whole &
      cat <whole
      kill $!
      wait $!`);
    expect(JSON.parse(said)).toMatchObject({ event: "ready" });
  });

  test("ends it without a line when the server can't be started", async () => {
    const said = await shell(`
      mkfifo failed
      $POSTERN --form ../x --ready json:3 3>failed 2>err &
      cat <failed
      wait $! || echo "status $?"`);
    expect(said).toBe("status 2\n");
  });

  test("needs a descriptor that is open, and not the engine's own", async () => {
    for (let descriptor = 3; descriptor < 24; descriptor++) {
      await using command = new Command([
        site.root,
        "--port",
        "0",
        "--ready",
        `json:${descriptor}`,
      ]);
      const text = `--ready json:${descriptor}: descriptor ${descriptor} is not open`;
      expect(await command.stderr).toBe(`postern: ${text}\n`);
      expect(await command.status).toBe(2);
      if (descriptor > 5) break;
    }
    expect(checkDescriptor(9999).ok).toBe(false);
    expect((await report(1, "x\n", { descriptor: 9999 }, undefined)).ok).toBe(false);
  });

  test.each(["json:", "json:2", "json:x", "json:12345", "JSON:3"])("is no %s", async (form) => {
    await using command = new Command([site.root, "--ready", form]);
    expect(await command.stderr).toBe(
      `postern: --ready must be one of line, json, json:3, not ${form}\n`,
    );
  });
});

describe("--port-file", () => {
  test("has the port while the server listens, and is gone afterwards", async () => {
    const file = place.at("port");
    await using command = new Command([site.root, "--port", "0", "--port-file", file]);
    const port = /:(\d+)\/$/.exec((await command.line()) ?? "")?.[1];
    expect(readFileSync(file, "utf8")).toBe(`${port}\n`);
    expect(readdirSync(place.root).filter((name) => name.startsWith("port"))).toEqual(["port"]);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test("replaces an old one, and is left alone when another server has replaced it", async () => {
    const file = place.at("shared-port");
    writeFileSync(file, "an old one");
    await using command = new Command([site.root, "--port", "0", "--port-file", file]);
    await command.line();
    expect(readFileSync(file, "utf8")).toMatch(/^\d+\n$/);
    writeFileSync(file, "1\n");
    command.signal("SIGTERM");
    await command.status;
    expect(readFileSync(file, "utf8")).toBe("1\n");
  });

  test("that can't be written ends the server with one line", async () => {
    const file = "/nowhere/at/all";
    await using command = new Command([site.root, "--port", "0", "--port-file", file]);
    expect(await command.stderr).toBe(`postern: the port file ${file} can't be written: ENOENT\n`);
    expect(await command.status).toBe(1);
    mkdirSync(place.at("folder"));
    expect((await report(1, "x\n", "line", place.at("folder"))).ok).toBe(false);
    expect(readdirSync(place.root).filter((name) => name.startsWith("folder."))).toEqual([]);
    await using unix = new Command([site.root, "--unix", place.at("x"), "--port-file", file]);
    expect(await unix.stderr).toBe(
      "postern: a port file needs a port, and a Unix socket has none\n",
    );
    expect(await unix.status).toBe(2);
  });
});
