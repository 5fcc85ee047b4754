import { expect, test } from "bun:test";

import { chainsOf, stemOf, touchedStems } from "../../../src/check/play/tree-names.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";

function changing(name: string, head: string, change: string): Script {
  const text = `# T\n\n${head}\n## P (RFC 9110 §9, must)\n\n${change}    > A\n    < 200\n`;
  const script = parseScript(name, text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

const one = changing("1", "    file a/x\n    file c.txt\n", "    chmod a/x 0600\n");
const two = changing("2", "    file b/x\n", "    remove b/x\n");
const joins = changing("3", "    file b/y\n", "    file c.txt.br\n");
const linked = changing("4", "    file d/x\n", "    link e -> d\n");
const page = changing("5", "    file index.html\n", "    remove index.html\n");

test("a name counts up to its first dot", () => {
  expect(["a.txt.br", "a/b.c", ".well-known/x", ".a.b", "a"].map(stemOf)).toEqual([
    "a",
    "a",
    ".well-known",
    ".a",
    "a",
  ]);
});

test("a script touches the names of its tree and its changes; links and pages touch all", () => {
  expect([...(touchedStems(one) ?? [])].toSorted()).toEqual(["a", "c"]);
  expect(touchedStems(linked)).toBeUndefined();
  expect(touchedStems(page)).toBeUndefined();
  expect(touchedStems({ ...one, settings: { ...one.settings, stateful: true } })).toBeUndefined();
});

test("scripts that share a name are in one chain, in their order", () => {
  expect(chainsOf([one, two, linked])).toEqual({ chains: [[one], [two]], exclusive: [linked] });
  expect(chainsOf([one, two, joins]).chains).toEqual([[one, two, joins]]);
});
