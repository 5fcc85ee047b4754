import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runProxy } from "../../../src/cli/record/proxy-command.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-proxy-"));
const site = new TempSite("empty");
site.file("a.txt", "hello");
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** What the command printed and answered with `words`, if it ended by itself. */
async function refused(words: readonly string[]): Promise<[status: number, error: string]> {
  const said: string[] = [];
  const ended = new Promise(() => undefined);
  const error = (text: string): void => void said.push(text);
  const status = await runProxy(words, { out: () => undefined, error, ended });
  return [status, said.join("")];
}

describe("check --proxy", () => {
  test("records until it is interrupted, and its scripts play green", async () => {
    const serving = [site.root, "--port", "0", "--ready", "json", "--no-config"];
    await using server = new Command(serving);
    const { url } = JSON.parse((await server.line()) ?? "null") as { url: string };
    const { origin } = new URL(url);
    const into = join(folder, "session");
    await using proxy = new Command(["check", "--proxy", url, "--record", into, "--port", "0"]);
    const first = (await proxy.line()) ?? "";
    expect(first).toMatch(
      /^Recording\. http:\/\/localhost:\d+\/ leads to http:\/\/\S+, until Ctrl-C; scripts go into \S+$/u,
    );
    const at = /http:\S+/u.exec(first)?.[0];
    expect(await (await fetch(new URL("a.txt", at))).text()).toBe("hello");
    proxy.signal("SIGINT");
    expect(await proxy.rest()).toEqual([
      "Recorded 1 script with 1 phase.",
      `Play them: postern check ${into} --against ${origin}`,
    ]);
    expect(await proxy.status).toBe(0);
    expect(readdirSync(into)).toEqual(["0001-get-a.txt.wire"]);
    await using check = new Command(["check", into, "--against", origin]);
    expect((await check.rest()).at(-1)).toContain("every must held (1/1)");
    expect(await check.status).toBe(0);
  });

  test("is refused where the port is taken", async () => {
    const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    const port = String(taken.port);
    const words = ["--proxy", "a", "--record", join(folder, "b"), "--port", port];
    expect(await refused(words)).toEqual([
      1,
      `postern: port ${port} on localhost is in use; --port names another\n`,
    ]);
    taken.stop(true);
  });

  test("is refused where scripts can't be written, and for wrong words", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(await refused(["--proxy", "a", "--record", file])).toEqual([
      2,
      `postern: can't record: ${file} is no folder\n`,
    ]);
    expect(await refused(["--record", file])).toEqual([
      2,
      "postern: --record needs --proxy URL, the server to record\n",
    ]);
  });
});
