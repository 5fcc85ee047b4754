import { describe, expect, test } from "bun:test";

import { countedPhases, listText, selected } from "../../../src/check/run/selection.ts";
import type { ScriptOutcome } from "../../../src/check/report/column.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { failed, held, scriptOf } from "../report/sample.ts";

const range = scriptOf("w/rfc9110-14-range/first.wire", ["must", "may"]);
const host = scriptOf("w/rfc9112-3.2-host/host.wire", ["should"]);
const scripts = [range, host];

describe("a selection", () => {
  test("is by text in the path, the title or a phase's title, in any case", () => {
    expect(selected(scripts, { filter: "RANGE" })).toEqual([range]);
    expect(selected(scripts, { filter: "p2" })).toEqual([range]);
    expect(selected(scripts, { filter: "nothing" })).toEqual([]);
    expect(selected(scripts, {})).toEqual(scripts);
  });

  test("is by folder, and by the strength of a phase", () => {
    expect(selected(scripts, { sections: ["9112-3.2"] })).toEqual([host]);
    expect(selected(scripts, { sections: ["9112-3", "9110"] })).toEqual(scripts);
    expect(selected(scripts, { strengths: ["should"] })).toEqual([host]);
  });
});

/** Whether a section has the script of the folder `rfc9112-3.2-host`. */
function takes(section: string): boolean {
  return selected(scripts, { sections: [section] }).includes(host);
}

test("a section is a folder's name, or a part of it that ends where a word does", () => {
  const folder = "rfc9112-3.2-host";
  for (const name of ["9112", "9112-3", "9112-3.2", "rfc9112-3", "RFC 9112-3.2", folder]) {
    expect(takes(name)).toBe(true);
  }
  for (const name of ["911", "9112-3.2-h", "3.2", "9110"]) {
    expect(takes(name)).toBe(false);
  }
  const plain = scriptOf("w/permission/a.wire", ["may"]);
  expect(selected([plain], { sections: ["permission"] })).toEqual([plain]);
});

test("phases of other strengths are played and not counted", () => {
  const outcome = { kind: "played" as const, phases: [held, failed], replays: 3 };
  const away = { kind: "not-played" as const, reason: "x" };
  const outcomes = new Map<Script, ScriptOutcome>([
    [range, outcome],
    [host, away],
  ]);
  const narrow = countedPhases(scripts, [{ server: "a", outcomes }], ["may"]);
  const [script, other] = narrow.scripts;
  if (script === undefined || other === undefined) throw new Error("lost");
  expect(script.phases.map(({ title }) => title)).toEqual(["P2"]);
  expect(narrow.columns[0]?.outcomes.get(script)).toEqual({ ...outcome, phases: [failed] });
  expect(narrow.columns[0]?.outcomes.get(other)).toEqual(away);
});

test("the list has each script with its phases, and how many there are", () => {
  expect(listText(scripts, ["must"])).toBe(
    `${range.file}: ${range.title} (1 must, 1 may)\n${host.file}: ${host.title} (1 should)\n` +
      "2 scripts: 1 must, 1 should, 1 may; only each must counts\n",
  );
  expect(listText([host])).toEndWith("\n1 script: 1 should\n");
});
