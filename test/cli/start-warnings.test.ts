import { chmodSync } from "node:fs";
import { describe, expect, test } from "bun:test";

import { startWarnings } from "../../src/cli/start-warnings.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const url = new URL("http://127.0.0.1:1/");
const server = { url, host: "127.0.0.1", port: 1, root: "/" };

describe("the warnings of a start", () => {
  test("are none where uploads can be stored, or none are taken", () => {
    using site = new TempSite("empty");
    site.folder("in");
    const { root } = site;
    for (const config of [
      { root },
      { root, put: true },
      { root, post: "upload", uploadDir: "in" },
      { root: "s3://bucket", put: true },
      // It isn't there, and nothing is to be stored in it.
      { root: site.at("none") },
    ] as const) {
      expect(startWarnings(server, config, [])).toEqual([]);
    }
  });

  test("are those of passwords, too", () => {
    const auth = { users: { ann: "sesame" } };
    expect(startWarnings(server, { auth }, ["--auth=ann:sesame"])).toEqual([
      "--auth shows the password to all who may list processes; POSTERN_AUTH does not",
    ]);
  });
});

const isRoot = process.geteuid?.() === 0;
const asOther = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

describe.skipIf(isRoot && Bun.which("setpriv") === null)("a folder that can't be written", () => {
  test.each([
    [["--put"], 0o555, true],
    [["--post", "upload"], 0o555, true],
    [["--put", "--quiet"], 0o555, false],
    [["--put"], 0o777, false],
  ] as const)("is told at the start, with %p and mode %o", async (flags, mode, isTold) => {
    using site = new TempSite("empty");
    site.folder("in");
    chmodSync(site.root, 0o755);
    chmodSync(site.at("in"), mode);
    const words = [site.root, "--no-config", "--port", "0", "--ready", "json", ...flags];
    const inherited = { starter: asOther };
    const given = [...words, "--upload-dir", "in"];
    await using command = new Command(given, { HOME: "/" }, "/", undefined, inherited);
    await command.line();
    command.signal("SIGTERM");
    const reason = "this user may not write there (EACCES)";
    const warning = `postern: no upload can be stored in ${site.at("in")}: ${reason}\n`;
    expect(await command.stderr).toBe(isTold ? warning : "");
  });
});
