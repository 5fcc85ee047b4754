import { describe, expect, test } from "bun:test";

import { cases } from "../../bench/cases.ts";
import { helpText, readFlags } from "../../bench/flags.ts";
import { peers } from "../../bench/peers.ts";
import { probes } from "../../bench/probes.ts";

const allServers = peers.map(({ name }) => name);

const allCases = [...cases, ...probes].map(({ name }) => name);

describe("flags of the bench", () => {
  test("without arguments: all cases, all servers", () => {
    expect(readFlags([])).toEqual({
      kind: "run",
      flags: {
        rounds: 7,
        seconds: 0.5,
        isQuick: false,
        caseNames: allCases,
        serverNames: allServers,
        connections: 64,
        besideFolder: undefined,
        jsonPath: undefined,
        writesReadme: false,
      },
    });
  });

  test("takes several names at once, and again", () => {
    const given = ["--case", "1k", "1m", "--server=postern", "--server", "h2o", "--rounds=3"];
    const command = readFlags([...given, "--seconds", "0.5", "--json", "out.json", "--readme"]);
    expect(command).toEqual({
      kind: "run",
      flags: {
        rounds: 3,
        seconds: 0.5,
        isQuick: false,
        caseNames: ["1k", "1m"],
        serverNames: ["postern", "h2o"],
        connections: 64,
        besideFolder: undefined,
        jsonPath: "out.json",
        writesReadme: true,
      },
    });
  });

  test("--beside adds a second checkout to the servers, however they are chosen", () => {
    const all = readFlags(["--beside", "first"]);
    const chosen = readFlags(["--beside", "first", "--server", "postern"]);
    const named = readFlags(["--beside", "first", "--server", "postern", "beside"]);
    expect(all.kind === "run" && all.flags.serverNames).toEqual([...allServers, "beside"]);
    for (const command of [chosen, named]) {
      expect(command.kind === "run" && command.flags).toMatchObject({
        besideFolder: "first",
        serverNames: ["postern", "beside"],
      });
    }
  });

  test("--quick makes rounds fewer and shorter, unless they are given", () => {
    const quick = readFlags(["--quick"]);
    const chosen = readFlags(["--quick", "--rounds", "4"]);
    expect(quick.kind === "run" && [quick.flags.rounds, quick.flags.seconds]).toEqual([3, 0.2]);
    expect(chosen.kind === "run" && [chosen.flags.rounds, chosen.flags.seconds]).toEqual([4, 0.2]);
  });

  test.each([
    [["--bogus"], "unknown argument: --bogus"],
    [["1k"], "unknown argument: 1k"],
    [["--constructor"], "unknown argument: --constructor"],
    [["--rounds"], "--rounds takes a whole number above 0, at most 1000"],
    [["--rounds", "0"], "--rounds takes a whole number above 0, at most 1000"],
    [["--rounds", "1.5"], "--rounds takes a whole number above 0, at most 1000"],
    [["--seconds", "-1"], "--seconds takes a number above 0, at most 600"],
    [["--connections", "1e3"], "--connections takes a whole number above 0, at most 4000"],
    [["--json", "a", "b"], "--json takes one file name"],
    [["--json", ""], "--json takes one file name"],
    [["--quick", "2"], "--quick takes no value"],
    [["--beside"], "--beside takes one folder"],
    [["--server", "beside"], "--server beside needs --beside FOLDER"],
    [["--beside", "a", "--readme"], "--readme is for one checkout, without --beside"],
  ])("refuses %j", (given, reason) => {
    expect(readFlags(given)).toEqual({ kind: "refused", reason });
  });

  test("refuses names it doesn't know and says which it knows", () => {
    const command = readFlags(["--server", "iis"]);
    expect(command.kind === "refused" && command.reason).toContain(`"iis"; it knows postern nginx`);
  });

  test("--help wins over everything and names all flags", () => {
    expect(readFlags(["--bogus", "--help"])).toEqual({ kind: "help" });
    for (const { name } of [...cases, ...probes, ...peers]) expect(helpText).toContain(name);
  });

  test("the command ends with 2 and one line for a bad flag, and 0 for help", () => {
    const script = `${import.meta.dir}/../../bench/main.ts`;
    const bad = Bun.spawnSync([process.execPath, script, "--bogus"]);
    expect(bad.exitCode).toBe(2);
    expect(bad.stdout.toString()).toBe("");
    expect(bad.stderr.toString()).toBe("bench: unknown argument: --bogus\n");
    const strange = Bun.spawnSync([process.execPath, script, "--beside", import.meta.dir]);
    expect(strange.exitCode).toBe(2);
    expect(strange.stderr.toString()).toEndWith("not a checkout of postern\n");
    const help = Bun.spawnSync([process.execPath, script, "--help"]);
    expect(help.exitCode).toBe(0);
    expect(help.stdout.toString()).toBe(helpText);
  });
});
