import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import type { Result } from "../../../src/base/result.ts";
import { success } from "../../../src/base/result.ts";
import type { Dialog } from "../../../src/cli/trust/trust-command.ts";
import { runTrust } from "../../../src/cli/trust/trust-command.ts";
import { shownCommand } from "../../../src/cli/trust/trust-step.ts";
import { keptAuthority } from "../../../src/server/tls/local/kept-certificate.ts";
import { DataHome } from "../../data-home.ts";
import { Command } from "../command.ts";
import { PtyCommand } from "../terminal/pty-command.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { machineWith } from "./fake-machine.ts";

const home = new DataHome();
afterEach(() => home.empty());
afterAll(() => home[Symbol.dispose]());

const folder = "/usr/local/share/ca-certificates";
const debian: FakeMachine = {
  programs: ["update-ca-certificates", "certutil"],
  paths: [folder, "/home/ines/.pki/nssdb/cert9.db"],
};

interface Outcome {
  readonly status: number;
  readonly said: string;
  readonly ran: readonly string[];
}

/** Runs a command on a machine; `answer` is a person's, and `run` what commands come to. */
async function outcomeOf(
  [command, ...words]: readonly ["trust" | "untrust", ...string[]],
  fake: FakeMachine = debian,
  answer?: boolean,
  run: (command: string) => Result<number, string> = () => success(0),
): Promise<Outcome> {
  let said = "";
  const ran: string[] = [];
  const machine = machineWith(fake);
  const dialog: Dialog = {
    machine: { ...machine, exists: (path) => machine.exists(path) || existsSync(path) },
    out: (text) => (said += text),
    confirm: answer === undefined ? undefined : () => answer,
    run: (one) => {
      ran.push(shownCommand(one));
      return Promise.resolve(run(one[0]));
    },
  };
  return { status: await runTrust(command, words, dialog), said, ran };
}

/** What commands come to on a machine where `sudo` has none of it. */
function failingAsRoot(program: string): Result<number, string> {
  return success(program === "sudo" ? 1 : 0);
}

describe("postern trust", () => {
  test("says what it would run, and runs nothing where there is nobody to ask", async () => {
    const { status, said, ran } = await outcomeOf(["trust"]);
    expect([status, ran]).toEqual([1, []]);
    expect(said).toMatch(/^# postern CA [\da-f]{8} .*, SHA-256 (?:[\dA-F]{2}:){31}[\dA-F]{2}\n/);
    expect(said).toContain(`\nsudo install -m 0644 ${home.at("ca.pem")} ${folder}/postern-`);
    expect(said).toContain("\nsudo update-ca-certificates\n");
    expect(said).toContain("\ncertutil -A -d sql:/home/ines/.pki/nssdb -t C,, -n 'postern CA ");
    expect(said).toContain("postern: nothing was run; --yes runs these commands\n");
  });

  test("runs exactly that with --yes, or when a person agrees", async () => {
    for (const [words, answer] of [
      [["trust", "--yes"], undefined],
      [["trust"], true],
    ] as const) {
      const { status, said, ran } = await outcomeOf(words, debian, answer);
      expect(status).toBe(0);
      expect(ran.length).toBe(3);
      for (const command of ran) expect(said).toContain(`\n${command}\n`);
    }
    const refused = await outcomeOf(["trust"], debian, false);
    expect([refused.status, refused.ran]).toEqual([1, []]);
  });

  test("goes on with other stores after a failure, and says which it was", async () => {
    const { status, said, ran } = await outcomeOf(
      ["trust", "--yes"],
      debian,
      undefined,
      failingAsRoot,
    );
    expect(status).toBe(1);
    expect(ran.map((command) => command.split(" ")[0])).toEqual(["sudo", "certutil"]);
    expect(said).toMatch(
      /\npostern: the system's store: sudo install .*: it ended with status 1\n/,
    );
  });

  test("names what is missing, and does the rest", async () => {
    const fake: FakeMachine = { ...debian, programs: ["update-ca-certificates", "apt-get"] };
    const { status, said, ran } = await outcomeOf(["trust", "--yes"], fake);
    expect(said).toContain(
      "# Chromium and Chrome: certutil is missing: apt-get install libnss3-tools\n",
    );
    expect([status, ran.length]).toEqual([1, 2]);
  });

  test("refuses what is kept badly", async () => {
    keptAuthority(Date.now());
    writeFileSync(home.at("authority.pem"), "damaged");
    const { status, said } = await outcomeOf(["trust", "--yes"]);
    expect(status).toBe(2);
    expect(said).toContain("no certificate with its key in it");
  });

  test("takes no other word, and has a help", async () => {
    const unknown = await outcomeOf(["trust", "--force"]);
    expect(unknown.status).toBe(2);
    expect(unknown.said).toBe("postern: unknown word --force; trust --help tells more\n");
    const { status, said } = await outcomeOf(["untrust", "--help"]);
    expect(status).toBe(0);
    expect(said).toStartWith("postern trust has ");
    expect(existsSync(home.at(""))).toBe(false);
  });
});

describe("postern untrust", () => {
  test("undoes it, and removes the authority with its key at the end", async () => {
    const kept = keptAuthority(Date.now());
    if (!kept.ok) throw new Error(kept.error);
    const { said } = await outcomeOf(["trust"]);
    const copy = /postern-[\dA-F]{16}\.crt/.exec(said)?.[0] ?? "";
    const fake: FakeMachine = { ...debian, paths: [`${folder}/${copy}`] };
    const { status, ran } = await outcomeOf(["untrust", "--yes"], fake);
    expect(status).toBe(0);
    expect(ran).toEqual([
      `sudo rm -f ${folder}/${copy}`,
      "sudo update-ca-certificates --fresh",
      `rm -f ${home.at("authority.pem")} ${home.at("ca.pem")}`,
    ]);
  });

  test("keeps the authority when a store still trusts it, so that it can be tried again", async () => {
    keptAuthority(Date.now());
    const { said } = await outcomeOf(["trust"]);
    const copy = /postern-[\dA-F]{16}\.crt/.exec(said)?.[0] ?? "";
    const fake: FakeMachine = { ...debian, paths: [`${folder}/${copy}`] };
    const { status, ran } = await outcomeOf(["untrust", "--yes"], fake, undefined, failingAsRoot);
    expect([status, ran.length]).toEqual([1, 1]);
  });

  test("removes one that is damaged, and has nothing to do without one", async () => {
    keptAuthority(Date.now());
    writeFileSync(home.at("ca.pem"), "damaged");
    const { ran } = await outcomeOf(["untrust", "--yes"]);
    expect(ran).toEqual([`rm -f ${home.at("authority.pem")} ${home.at("ca.pem")}`]);
    home.empty();
    const none = await outcomeOf(["untrust"]);
    expect([none.status, none.said]).toEqual([
      0,
      `postern: there is no authority in ${home.at("").replace(/\/$/, "")}\n`,
    ]);
  });
});

test("at a terminal the command asks, and runs nothing when the answer is no", async () => {
  await using command = new PtyCommand(["trust"], { XDG_DATA_HOME: home.path });
  await command.shows(/# postern CA [^]*Run these commands\? \[y\/N\]/);
  command.type("n\n");
  await command.shows(/postern: nothing was run\n/);
  expect(await command.status).toBe(1);
});

test("the command runs nothing without a terminal, and says so by its status", async () => {
  await using command = new Command(["trust"], { XDG_DATA_HOME: home.path });
  const lines = await command.rest();
  expect(await command.status).toBe(1);
  expect(lines[0]).toStartWith("# postern CA ");
  expect(existsSync(home.at("authority.pem"))).toBe(true);
});
