import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serverRecording } from "../../../src/cli/record/server-recording.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";

// It starts processes or many connections, on a machine that may be busy.
setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "postern-record-"));
const site = new TempSite("empty");
site.file("a.txt", "hello");
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const words = [site.root, "--port", "0", "--ready", "json", "--no-config"];

describe("--record", () => {
  test("writes the server's traffic as scripts, the last when it stops", async () => {
    const into = join(folder, "own");
    await using command = new Command([...words, "--record", into]);
    const { url } = JSON.parse((await command.line()) ?? "null") as { url: string };
    await (await fetch(new URL("a.txt", url))).text();
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(readdirSync(into)).toEqual(["0001-get-a.txt.wire"]);
    await using server = new Command(words);
    const again = JSON.parse((await server.line()) ?? "null") as { url: string };
    await using check = new Command(["check", into, "--against", new URL(again.url).origin]);
    expect((await check.rest()).at(-1)).toContain("every must held (1/1)");
  });

  test("says in a line why it can't", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    await using command = new Command([...words, "--record", file]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(`postern: can't record: ${file} is no folder\n`);
    await using workers = new Command([...words, "--record", folder, "--workers", "2"]);
    expect(await workers.status).toBe(2);
    expect(await workers.stderr).toBe("postern: workers can't record together: use one process\n");
  });

  test("is refused by a ServeError", () => {
    expect(() => serverRecording(folder, { workers: "auto" })).toThrow("workers can't record");
    expect(() => serverRecording(join(folder, "file/a"), {})).toThrow("can't record");
  });
});
