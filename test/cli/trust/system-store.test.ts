import { describe, expect, test } from "bun:test";

import { systemStep } from "../../../src/cli/trust/system-store.ts";
import { shownCommand } from "../../../src/cli/trust/trust-step.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { authority, machineWith } from "./fake-machine.ts";

/** The plan for a machine: its commands, or what else is to be said. */
function plan(fake: FakeMachine, isWanted = true): readonly string[] | string {
  const step = systemStep(machineWith(fake), authority, isWanted);
  if (step.kind === "run") return step.commands.map(shownCommand);
  return step.kind === "done" ? "done" : step.reason;
}

const folder = "/usr/local/share/ca-certificates";
const copy = `${folder}/postern-ABCDEF0123456789.crt`;
const debian: FakeMachine = { programs: ["update-ca-certificates"], paths: [folder] };
const trusting = { paths: [copy] };

describe("the system's store", () => {
  test("of Debian is a folder and a program", () => {
    expect(plan(debian)).toEqual([
      `sudo install -m 0644 ${authority.file} ${copy}`,
      "sudo update-ca-certificates",
    ]);
    expect(plan({ ...debian, isRoot: true })[1]).toBe("update-ca-certificates");
    expect(plan({ ...debian, ...trusting })).toBe("done");
    expect(plan({ ...debian, ...trusting }, false)).toEqual([
      `sudo rm -f ${copy}`,
      "sudo update-ca-certificates --fresh",
    ]);
    expect(plan(debian, false)).toBe("done");
  });

  test("elsewhere on Linux is p11-kit's", () => {
    const list = "trust list --filter=ca-anchors";
    const empty: FakeMachine = { programs: ["trust"], outputs: { [list]: "label: other" } };
    const full: FakeMachine = {
      programs: ["trust"],
      outputs: { [list]: `    label: ${authority.name}\n` },
    };
    expect(plan(empty)).toEqual([`sudo trust anchor --store ${authority.file}`]);
    expect(plan(empty, false)).toBe("done");
    expect(plan(full)).toBe("done");
    expect(plan(full, false)).toEqual([`sudo trust anchor --remove ${authority.file}`]);
  });

  test("of macOS is the user's keychain", () => {
    const mac: FakeMachine = { platform: "darwin" };
    const keychain = "/home/ines/Library/Keychains/login.keychain-db";
    expect(plan(mac)).toEqual([
      `security add-trusted-cert -r trustRoot -k ${keychain} ${authority.file}`,
    ]);
    const outputs = { [`security verify-cert -c ${authority.file}`]: "" };
    expect(plan({ ...mac, outputs })).toBe("done");
    expect(plan({ ...mac, outputs }, false)).toEqual([
      `security remove-trusted-cert ${authority.file}`,
    ]);
  });

  test("is not known on a machine with neither, which can't trust anything either", () => {
    expect(plan({})).toBe(
      "neither update-ca-certificates (package ca-certificates) nor trust (package p11-kit) is here",
    );
    expect(plan({}, false)).toBe("done");
  });
});
