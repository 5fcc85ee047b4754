/**
 * What the command prints on a terminal and not into a pipe. `script` (util-linux) provides one.
 */

import { afterAll, expect, test } from "bun:test";
import { join, relative } from "node:path";

import { shellWord } from "../../src/base/shell-word.ts";
import { TempSite } from "../temp-site.ts";

const script = process.platform === "linux" ? Bun.which("script") : null;
const index = join(import.meta.dir, "../../index.ts");
const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("index.html", "<title>Index</title>");
site.file("private.html", "private", 0o640);

test.skipIf(script === null)(
  "a terminal is told how many files are refused, and what is similar to a missing path (needs script)",
  async () => {
    const words = [process.execPath, index, site.root, "--port", "0", "--no-config"];
    const command = words.map((word) => shellWord(word)).join(" ");
    const child = Bun.spawn([script ?? "", "-qefc", `exec ${command}`, "/dev/null"], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    let said = "";
    const waiting = new Map<string, () => void>();
    const until = (text: string): Promise<void> =>
      new Promise((resolve) => {
        if (said.includes(text)) resolve();
        else waiting.set(text, resolve);
      });
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const octets of child.stdout) {
        said += decoder.decode(octets, { stream: true });
        for (const [text, resolve] of waiting) if (said.includes(text)) resolve();
      }
    })();
    await until("refused to visitors");
    const program = `bun run ${relative("", index)}`;
    expect(said).toContain(`1 file is refused to visitors: ${program} audit ${site.root}`);
    const url = /http:\S+/.exec(said)?.[0] ?? "";
    await fetch(new URL("Index.htm", url));
    await until("similar");
    expect(said).toMatch(/GET \/Index\.htm 404 .* \(similar: \/index\.html\)\r\n/);
    child.kill("SIGTERM");
    await child.exited;
    await reading;
  },
);
