import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serverTls } from "../certificates/certificates.ts";
import { DataHome } from "../data-home.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-check-")));
const site = new TempSite("empty");
site.file("a.txt", "over TLS");
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const { cert, key } = serverTls;
const flags = ["--tls-cert", cert, "--tls-key", key];

describe("check", () => {
  test("--help prints its help and exits 0", async () => {
    await using command = new Command(["check", "--help"]);
    expect(await command.line()).toStartWith("postern check plays wire scripts");
    expect(await command.status).toBe(0);
  });

  test.each<readonly [words: string[], line: string]>([
    [["check", "--nope"], "unknown option --nope; check --help lists them"],
    [["check"], "check needs a script, or a folder of them"],
  ])("that can't be read ends in one line and no stack: %p", async (words, line) => {
    await using command = new Command(words);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });

  test("whose reader is gone ends quietly, as the system ends a program for that", async () => {
    const script = join(import.meta.dir, "../../fixtures/wire/fetch-cors/without.wire");
    const html = join(folder, "report.html");
    const index = join(import.meta.dir, "../../index.ts");
    const words = [process.execPath, index, "check", script, "--no-replay", "--html", html];
    await using check = Bun.spawn(words, { stdout: "pipe", stderr: "pipe" });
    // Its output comes at the end.
    await check.stdout.cancel();
    expect(await check.exited).toBe(141);
    expect(await check.stderr.text()).not.toContain("EPIPE");
    expect(existsSync(html)).toBe(true);
  });

  test("plays a script about --tls-redirect on that port, and touches no file of the user", async () => {
    using home = new DataHome();
    const script = join(import.meta.dir, "../../fixtures/wire/rfc9110-15.4-redirect/to-https.wire");
    await using check = new Command(["check", script, "--no-replay"], {
      XDG_DATA_HOME: home.path,
    });
    expect((await check.rest()).join("\n")).toContain("8 phases held");
    expect(await check.status).toBe(0);
    expect(existsSync(home.at(""))).toBe(false);
  });

  test("plays against an https:// URL, but for scripts about connections without TLS", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...flags];
    await using command = new Command(words, {}, folder);
    const { url } = JSON.parse((await command.line()) ?? "null") as { url: string };
    const head = "# T\n\n    file a.txt\n    || over TLS\n";
    const send = "    > GET /a.txt HTTP/1.1\n    > Host: localhost\n    >\n    half-close\n";
    const phase = `\n## P (RFC 9110 §9, must)\n\n${send}    < 200\n    || over TLS\n    closed\n`;
    writeFileSync(join(folder, "plain.wire"), head + phase);
    writeFileSync(join(folder, "clear.wire"), `${head}    cleartext\n${phase}`);
    const scripts = [join(folder, "plain.wire"), join(folder, "clear.wire")];
    await using check = new Command(["check", ...scripts, "--against", url], {}, folder);
    const report = (await check.rest()).join("\n");
    expect(report).toContain("clear.wire: is about connections without TLS");
    expect(report).not.toContain("FAILED");
    expect(await check.status).toBe(0);
  });
});
