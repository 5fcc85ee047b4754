import { expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";
import { chosenCuts, resolveBlock } from "../../../../src/check/play/exchange/block.ts";

const memory = { captures: new Map([["tag", latin1Bytes("ab")]]), files: new Map() };

test("a block has the text, what was saved, and what is filled; a fill is cut at four places", () => {
  const parts = [
    { kind: "text" as const, text: [latin1Bytes("x"), { capture: "tag" }] },
    { kind: "fill" as const, count: 10, pattern: latin1Bytes("12") },
  ];
  const block = resolveBlock(parts, memory, 3);
  if (!("octets" in block)) throw new Error(block.came);
  expect(latin1Text(block.octets)).toBe("xab1212121212");
  expect(block.cuts).toEqual([1, 2, 3, 4, 8, 12]);
  expect(chosenCuts(block, 3, { kind: "every" })).toEqual(block.cuts);
  expect(chosenCuts(block, 3, { kind: "at", line: 3, offset: 8 })).toEqual([8]);
  expect(chosenCuts(block, 3, { kind: "at", line: 4, offset: 8 })).toEqual([]);
  expect(chosenCuts(block, 3, { kind: "none" })).toEqual([]);
});

test("a file beside the script is sent, and cut like a fill", () => {
  const parts = [{ kind: "beside" as const, line: 3, path: "block.test.ts" }];
  const block = resolveBlock(parts, { ...memory, script: import.meta.path }, 3);
  if (!("octets" in block)) throw new Error(block.came);
  const { length } = block.octets;
  expect(latin1Text(block.octets)).toStartWith("import { expect, test }");
  expect(block.cuts).toEqual([1, length >> 1, length - 1]);
  const missing = [{ kind: "beside" as const, line: 3, path: "none" }];
  expect(resolveBlock(missing, memory, 3)).toMatchObject({
    expected: "the file none beside the script",
  });
});

test("a block can't be sent without the value that it needs", () => {
  const parts = [{ kind: "text" as const, text: [{ capture: "nope" }] }];
  expect(resolveBlock(parts, memory, 3)).toMatchObject({ line: 3, expected: "{{nope}}" });
});
