import { afterAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";

import { authWarnings } from "../../src/cli/auth-warnings.ts";
import type { Listening } from "../../src/cli/terminal/reached.ts";
import { RawClient } from "../raw-client.ts";
import { hashes } from "../site/auth/hashes.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const folder = new TempSite("empty");
folder.file("site/a.txt", "a");
folder.file("users", `ines:${hashes.ines}\n`, 0o600);
folder.file("shown", `ines:${hashes.ines}\n`, 0o640);
symlinkSync("shown", folder.at("link"));
afterAll(() => folder[Symbol.dispose]());

function at(host: string, scheme = "http", unix?: string): Listening {
  return { url: new URL(`${scheme}://${host}:1/`), host, port: 1, root: "/", unix };
}

const shown = "--auth shows the password to all who may list processes; POSTERN_AUTH does not";
const readable = "without TLS, passwords can be read on their way; --tls encrypts them";

/** The warnings about a password file in the folder. */
function fileWarnings(name: string): readonly string[] {
  return authWarnings(at("localhost"), { auth: { file: folder.at(name) } }, []);
}

describe("a line warns", () => {
  test("of a password among the arguments", () => {
    const auth = { users: { ines: "sesame" } };
    const warnings = (words: readonly string[]): readonly string[] =>
      authWarnings(at("localhost"), { auth }, words);
    expect(warnings(["--auth", "ines:sesame"])).toEqual([shown]);
    expect(warnings(["--auth=ines:sesame"])).toEqual([shown]);
    expect(warnings(["--auth-file", "users"])).toEqual([]);
    expect(warnings(["--", "--auth"])).toEqual([]);
  });

  test("of a password file that others may read", () => {
    expect(fileWarnings("users")).toEqual([]);
    for (const name of ["shown", "link"]) {
      const line = `${folder.at(name)}: others may read it; chmod 600 lets its owner alone`;
      expect(fileWarnings(name)).toEqual([line]);
    }
  });

  test.each<readonly [Listening, readonly string[]]>([
    [at("localhost"), []],
    [at("127.0.0.1"), []],
    [at("0.0.0.0"), [readable]],
    [at("192.0.2.1"), [readable]],
    [at("site.example"), [readable]],
    [at("192.0.2.1", "https"), []],
    [at("localhost", "http", "/run/postern.sock"), []],
  ])("of passwords on their way, %#", (server, lines) => {
    expect(authWarnings(server, { auth: {} }, [])).toEqual([...lines]);
  });
});

/** The status lines that a server on `port` answers each of these credentials with. */
async function statuses(port: number, credentials: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of credentials) {
    const client = await RawClient.connect(port);
    const value = Buffer.from(one).toString("base64");
    client.send(
      `GET /a.txt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${value}\r\nConnection: close\r\n\r\n`,
    );
    await client.ending();
    found.push(...client.statuses.map(String));
  }
  return found;
}

const words = [folder.at("site"), "--port", "0", "--no-config", "--ready", "json"];

async function portOf(command: Command): Promise<number> {
  return (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
}

describe("the command", () => {
  test("takes the password from the environment, and shows it nowhere", async () => {
    const environment = { POSTERN_AUTH: "ines:sesame" };
    await using command = new Command([...words, "--log", "json"], environment);
    const port = await portOf(command);
    expect(await statuses(port, ["ines:sesame", "ines:wrong"])).toEqual(["200", "401"]);
    const lines = `${await command.line()}\n${await command.line()}`;
    expect(lines).toContain('"user":"ines"');
    command.signal("SIGTERM");
    const all = lines + (await command.rest()).join("\n") + (await command.stderr);
    expect(all).not.toMatch(/sesame|c2VzYW1l/);
  });

  test("warns of a password among its arguments, and of a file that others may read", async () => {
    const given = ["--auth", "bob:builder", "--auth-file", folder.at("shown")];
    await using command = new Command([...words, ...given]);
    expect(await statuses(await portOf(command), ["ines:sesame", "bob:builder"])).toEqual([
      "200",
      "200",
    ]);
    await command.says(
      `postern: ${shown}\npostern: ${folder.at("shown")}: others may read it; chmod 600 lets its owner alone\n`,
    );
  });

  test("reads the password file again on SIGHUP, and keeps its users when it is wrong", async () => {
    const file = folder.at("changing");
    folder.file("changing", `ines:${hashes.ines}\n`, 0o600);
    await using command = new Command([...words, "--auth-file", file]);
    const port = await portOf(command);
    const both = ["ines:sesame", "bob:builder"];
    expect(await statuses(port, both)).toEqual(["200", "401"]);
    folder.file("changing", `bob:${hashes.bob}\n`, 0o600);
    command.signal("SIGHUP");
    await command.says(`postern: ${file} is in force\n`);
    expect(await statuses(port, both)).toEqual(["401", "200"]);
    folder.file("changing", "ines:sesame\n", 0o600);
    command.signal("SIGHUP");
    await command.says(/changing: line 1: no bcrypt or argon2 hash; htpasswd -B FILE USER/);
    expect(await statuses(port, both)).toEqual(["401", "200"]);
  });

  test("hands its users to workers, without an argument that shows them", async () => {
    const given = ["--workers", "2", "--auth-file", folder.at("users")];
    await using command = new Command([...words, ...given], { POSTERN_AUTH: "bob:builder" });
    const port = await portOf(command);
    const all = ["ines:sesame", "bob:builder", "bob:sesame"];
    expect(await statuses(port, all)).toEqual(["200", "200", "401"]);
    const shownWords = await Bun.$`ps -eo args`.quiet().nothrow().text();
    expect(shownWords).not.toContain("builder");
    command.signal("SIGTERM");
    expect(await command.stderr).toBe("");
  });

  test("doesn't start with a password file that can't be used", async () => {
    folder.file("md5", `ines:${hashes.ines}\nbob:$apr1$a$b\n`, 0o600);
    await using command = new Command([...words, "--auth-file", folder.at("md5")]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      `postern: ${folder.at("md5")}: line 2: no bcrypt or argon2 hash, but MD5; ` +
        "htpasswd -B FILE USER writes one that can be used\n",
    );
  });
});
