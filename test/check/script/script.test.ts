import { expect, test } from "bun:test";

import { changesTree, phaseRuns } from "../../../src/check/script/script.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";

function scriptOf(...phases: readonly string[]): Script {
  const texts = phases.map(
    (phase, index) => `## P${index} (RFC 9110 §9, must)\n\n${phase}    on main\n    open\n`,
  );
  const script = parseScript("t.wire", `# T\n\n${texts.join("\n")}`);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

test("phases that continue share a run with the one before", () => {
  const runs = phaseRuns(scriptOf("", "    continue\n", "", "    continue\n"));
  expect(runs.map((run) => run.map(({ title }) => title))).toEqual([
    ["P0", "P1"],
    ["P2", "P3"],
  ]);
});

test("a script changes its tree if one of its phases does", () => {
  expect(changesTree(scriptOf("", ""))).toBe(false);
  expect(changesTree(scriptOf("", "    remove a\n"))).toBe(true);
});
