import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { StoreStub } from "../../tree/store/store-stub.ts";
import { Command } from "../command.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
chmodSync(site.root, 0o755);
site.file("a b.html", "shut", 0o640);
site.file(".env", "KEY=1");

async function run(
  words: readonly string[],
  cwd?: string,
  environment: Record<string, string> = {},
  starter: readonly string[] = [],
): Promise<{ readonly text: string; readonly error: string; readonly status: number }> {
  const index = undefined;
  await using command = new Command(["audit", ...words], environment, cwd, index, { starter });
  const text = (await command.rest()).join("\n");
  return { text, error: await command.stderr, status: (await command.status) ?? -1 };
}

/** The report when the root can't be read. */
function saidOfNothing(reason: string): string {
  return `Can't be read: 1 folder\n\n  ./  ${reason}\n\nNothing was looked at.`;
}

describe("postern audit", () => {
  test("prints a table, and exits with 1 when something is found", async () => {
    const { text, status, error } = await run([], site.root);
    expect(text).toContain("a b.html  -rw-r----- lacks o+r\n      chmod o+r -- 'a b.html'");
    expect(text).toContain("1 name that begins with a dot");
    expect([status, error]).toEqual([1, ""]);
  });

  test("prints JSON, and takes the options of the server", async () => {
    const { text, status } = await run([site.root, "--json", "--hidden", "--no-config"]);
    const report = JSON.parse(text) as Record<string, readonly object[]>;
    expect(report["refused"]).toMatchObject([{ path: "a b.html", cause: "permission" }]);
    expect(report["exposed"]).toMatchObject([{ path: ".env", cause: "secrets" }]);
    expect(status).toBe(1);
  });

  test("takes the configuration of the folder", async () => {
    using configured = new TempSite("empty");
    configured.file("public/.env", "KEY=1");
    const config = { root: "public", hidden: true };
    writeFileSync(configured.at("postern.config.json"), JSON.stringify(config));
    const { text, status } = await run([], configured.root);
    expect(text).toContain("settings with secrets");
    expect(status).toBe(1);
  });

  test("exits with 0 where nothing is wrong, and with 3 where it has not seen all", async () => {
    using clean = new TempSite("empty");
    clean.file("index.html", "<title>Index</title>");
    clean.file("page.html", "<title>Page</title>");
    expect(await run([clean.root])).toEqual({
      text: "Looked at 2 entries; nothing is wrong.",
      error: "",
      status: 0,
    });
    const limits = { limits: { auditEntriesMax: 1 }, root: clean.root };
    using config = new TempSite("empty");
    writeFileSync(config.at("postern.config.json"), JSON.stringify(limits));
    expect((await run([], config.root)).status).toBe(3);
  });

  test("says why it can look at nothing, with the store's words, and exits with 3", async () => {
    const stub = await StoreStub.start();
    const audited = async (root: string, ...words: readonly string[]): ReturnType<typeof run> =>
      await run([root, "--store-endpoint", stub.endpoint, ...words]);
    const lacks = await audited("s3://nobucket/p");
    expect(lacks.text).toBe(saidOfNothing("the object store has no such bucket"));
    expect(lacks.status).toBe(3);
    const typo = await audited("s3://site/nothing");
    expect([typo.text, typo.status]).toEqual([
      saidOfNothing("s3://site/nothing has no keys below it"),
      3,
    ]);
    const whole = await audited("s3://site");
    expect(whole.text).toBe("Nothing was looked at: what is served is empty.");
    expect(whole.status).toBe(0);
    stub.fault = () => ({ status: 403, code: "InvalidAccessKeyId" });
    const reason = "the object store answered 403 InvalidAccessKeyId";
    const refused = await audited("s3://site/p", "--json");
    expect(JSON.parse(refused.text)).toMatchObject({
      exitStatus: 3,
      complete: false,
      looked: 0,
      unread: [{ path: "./", reason }],
    });
    await stub.stop();
    const down = await audited("s3://site/p");
    expect(down.text).toMatch(/^ {2}\.\/ {2}the object store .*ECONNREFUSED/mu);
    expect([down.text, down.status]).toEqual([expect.not.stringContaining("wrong"), 3]);
  });

  const isRoot = process.geteuid?.() === 0;
  const asOther = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  test.skipIf(isRoot && Bun.which("setpriv") === null)(
    "says why it can look at nothing where the system refuses it the folder",
    async () => {
      using shut = new TempSite("empty");
      const ask = async (mode: number): ReturnType<typeof run> => {
        chmodSync(shut.root, mode);
        return await run([shut.root, "--no-config"], "/", { HOME: "/" }, asOther);
      };
      const { text, status } = await ask(0o111);
      expect(text).toBe(saidOfNothing("this user may not read it (EACCES)"));
      expect(status).toBe(3);
      const { error, ...refused } = await ask(0o000);
      expect(error).toStartWith("postern: this user may not enter the folder");
      expect(refused).toEqual({ text: "", status: 2 });
      chmodSync(shut.root, 0o755);
    },
  );

  test("says in one line what it can't use, and exits with 2", async () => {
    for (const [words, line] of [
      [["--nope"], "unknown option --nope; --help all lists them"],
      [[site.at("nothing")], `no such folder: ${site.at("nothing")}`],
    ] as const) {
      const { error, status, text } = await run(words);
      expect([error, status, text]).toEqual([`postern: ${line}\n`, 2, ""]);
    }
  });

  test("--help prints its help", async () => {
    const { text, status } = await run(["--help"]);
    expect(text).toStartWith("postern audit says what of a folder visitors don't get");
    expect(status).toBe(0);
  });
});
