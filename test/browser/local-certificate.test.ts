/**
 * Chromium and the certificate of `--tls`: with the authority in its store of certificates a page
 * is shown as any other, and without it a warning. Each browser has a home of its own.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { Command } from "../cli/command.ts";
import { loopbackHosts } from "../loopback.ts";
import { TempSite } from "../temp-site.ts";
import { chromium } from "./chromium.ts";

const site = new TempSite("empty");
site.file("index.html", "<title>-</title><script src=told.js></script>");
site.file("told.js", "document.title = `it is ${location.protocol}`");
afterAll(() => site[Symbol.dispose]());

const certutil = Bun.which("certutil");

/** Programs by their names alone, so that no other store of this machine is found. */
function programs(folder: string, names: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const name of names) symlinkSync(Bun.which(name) ?? name, join(folder, name));
  return folder;
}

/** A home with a server and a browser in it. */
class Home implements Disposable {
  readonly #temp = new TempSite("empty");

  get environment(): Record<string, string> {
    const path = this.#temp.root;
    return { HOME: path, XDG_DATA_HOME: join(path, "data"), XDG_CONFIG_HOME: join(path, "config") };
  }

  /** Runs `postern` with `words`; its exit status, and what it printed. */
  async run(
    words: readonly string[],
  ): Promise<readonly [status: number, lines: readonly string[]]> {
    const names = ["certutil", "mkdir", "rm", "chromium"];
    const path = programs(join(this.#temp.root, `bin-${crypto.randomUUID()}`), names);
    await using command = new Command(words, { ...this.environment, PATH: path });
    const lines = await command.rest();
    return [await command.status, lines];
  }

  /** What the browser makes of the page at `url`, once its scripts have run. */
  async shown(url: string): Promise<string> {
    const words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"];
    const profile = `--user-data-dir=${join(this.#temp.root, "profile")}`;
    const browser = Bun.spawn([chromium ?? "chromium", ...words, profile, url], {
      env: { ...process.env, ...this.environment },
      stdout: "pipe",
      stderr: "ignore",
    });
    return browser.stdout.text();
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

function tests(): void {
  test("a page of --tls is shown without a warning, once postern trust has run", async () => {
    using home = new Home();
    const words = [site.root, "--tls", "--port", "0", "--ready", "json", "--quiet"];
    await using command = new Command(words, home.environment);
    const { port } = JSON.parse((await command.line()) ?? "null") as { port: number };
    expect(await home.shown(`https://localhost:${port}/`)).not.toContain("it is https:");

    const [, said] = await home.run(["trust", "--yes"]);
    expect(said.join("\n")).toContain("\n# Chromium and Chrome\nmkdir -p -m 700 ");
    for (const host of await loopbackHosts(port)) {
      expect([host, await home.shown(`https://${host}:${port}/`)]).toEqual([
        host,
        expect.stringContaining("<title>it is https:</title>") as string,
      ]);
    }
    // What comes in cleartext arrives there, too.
    expect(await home.shown(`http://localhost:${port}/`)).toContain("<title>it is https:</title>");

    const [status] = await home.run(["untrust", "--yes"]);
    expect(status).toBe(0);
    expect(await home.shown(`https://localhost:${port}/`)).not.toContain("it is https:");
  });
}

const missing = [
  ...(chromium === undefined ? ["chromium"] : []),
  ...(certutil === null ? ["libnss3-tools"] : []),
];

if (missing.length > 0) {
  test.skip(`in a browser: a local certificate (apt-get install ${missing.join(" ")})`, () =>
    undefined);
} else {
  describe("in a browser", tests);
}
