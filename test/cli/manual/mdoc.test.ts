import { expect, test } from "bun:test";

import { argument, roffText, sentences } from "../../../src/cli/manual/mdoc.ts";

test("text has nothing left that roff would read as more", () => {
  expect(roffText("a-b 'c' \"d\" \\e ~/f `g` ^")).toBe(
    "a\\-b \\(aqc\\(aq \\(dqd\\(dq \\ee \\(ti/f \\(gag\\(ga \\(ha",
  );
  expect(roffText(".Nm")).toBe("\\&.Nm");
});

test("an argument with blanks is one, and a word that is a macro stays a word", () => {
  expect(argument("FILE")).toBe("FILE");
  expect(argument("a b")).toBe('"a b"');
  expect(argument("Ar")).toBe("\\&Ar");
  expect(argument("tls")).toBe("\\&tls");
});

test("each sentence begins a line, and none is long", () => {
  expect(sentences("One. Two: 1.5 s. Three")).toBe("One.\nTwo: 1.5 s.\nThree\n");
  const lines = sentences(".domain ".repeat(30).trim()).trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatch(/^\\&\.domain.{0,70}$/);
});
