import { describe, expect, test } from "bun:test";

import { nssSteps } from "../../../src/cli/trust/nss-stores.ts";
import { shownCommand } from "../../../src/cli/trust/trust-step.ts";
import type { FakeMachine } from "./fake-machine.ts";
import { authority, machineWith } from "./fake-machine.ts";

/** The plan for a machine: by store its commands, or what else is to be said. */
function plan(fake: FakeMachine, isWanted = true): Record<string, readonly string[] | string> {
  const steps = nssSteps(machineWith(fake), authority, isWanted).map((step) => [
    step.store,
    step.kind === "run"
      ? step.commands.map(shownCommand)
      : step.kind === "done"
        ? "done"
        : step.reason,
  ]);
  return Object.fromEntries(steps) as Record<string, readonly string[] | string>;
}

const own = "/home/ines/.pki/nssdb";
const profile = "/home/ines/.mozilla/firefox/ab12.default";
const mac = "/home/ines/Library/Application Support/Firefox/Profiles/x.default";
const name = `'${authority.name}'`;

describe("the stores of NSS", () => {
  test("are that of Chromium, made where it isn't yet, and those of Firefox's profiles", () => {
    const paths = [`${profile}/cert9.db`, "/home/ines/.mozilla/firefox/Crash Reports/x"];
    expect(plan({ programs: ["certutil", "chromium"], paths })).toEqual({
      "Chromium and Chrome": [
        `mkdir -p -m 700 ${own}`,
        `certutil -N -d sql:${own} --empty-password`,
        `certutil -A -d sql:${own} -t C,, -n ${name} -i ${authority.file}`,
      ],
      "Firefox, profile ab12.default": [
        `certutil -A -d sql:${profile} -t C,, -n ${name} -i ${authority.file}`,
      ],
    });
    const there = plan({ programs: ["certutil"], paths: [`${own}/cert9.db`] });
    expect(there["Chromium and Chrome"]?.length).toBe(1);
  });

  test("are those of other ways to install a browser, too", () => {
    const paths = [
      "/home/ines/snap/chromium/current/.pki/nssdb/cert9.db",
      "/home/ines/snap/firefox/common/.mozilla/firefox/s/cert9.db",
      "/home/ines/.var/app/org.mozilla.firefox/.mozilla/firefox/f/cert9.db",
    ];
    expect(Object.keys(plan({ programs: ["certutil"], paths }))).toEqual([
      "Chromium (snap)",
      "Firefox, profile s",
      "Firefox, profile f",
    ]);
    const macPlan = plan({
      platform: "darwin",
      programs: ["certutil"],
      paths: [`${mac}/cert9.db`],
    });
    expect(macPlan["Firefox, profile x.default"]).toEqual([
      `certutil -A -d 'sql:${mac}' -t C,, -n ${name} -i ${authority.file}`,
    ]);
  });

  test("are left alone when all is as it should be", () => {
    const look = `certutil -L -d sql:${own} -n ${authority.name}`;
    const base = { programs: ["certutil"], paths: [`${own}/cert9.db`] };
    const knowing = { ...base, outputs: { [look]: "Certificate:" } };
    expect(plan(knowing)).toEqual({ "Chromium and Chrome": "done" });
    expect(plan(knowing, false)).toEqual({
      "Chromium and Chrome": [`certutil -D -d sql:${own} -n ${name}`],
    });
    expect(plan(base, false)).toEqual({ "Chromium and Chrome": "done" });
    expect(plan({ programs: ["certutil"] })).toEqual({});
  });

  test("need certutil, whose package is named", () => {
    for (const [program, words] of [
      ["apt-get", "apt-get install libnss3-tools"],
      ["dnf", "dnf install nss-tools"],
      ["pacman", "pacman -S nss"],
      ["brew", "brew install nss"],
      ["other", "install NSS's tools (libnss3-tools, nss-tools)"],
    ] as const) {
      expect(plan({ programs: ["chromium", program] })).toEqual({
        "Chromium and Chrome": `certutil is missing: ${words}`,
      });
    }
    expect(plan({ programs: ["chromium", "apt-get"] }, false)["Chromium and Chrome"]).toBe(
      `certutil is missing: apt-get install libnss3-tools, or remove ${authority.name} there by hand`,
    );
  });
});
