import { describe, expect, test } from "bun:test";

import { qrCode } from "../../../src/cli/terminal/qr-code.ts";

/** The modules of a code as it is shown, row by row: whether each is dark. */
function modulesOf(code: string, inverted: boolean): boolean[][] {
  const lines = code
    .replaceAll("\u001b", "␛")
    .replace(/␛\[[\d;]+m/g, "")
    .replace(/\n$/, "")
    .split("\n");
  return lines.flatMap((line) => {
    const cells = Array.from(line.slice(2));
    const top = cells.map((cell) => "█▀".includes(cell) !== inverted);
    const bottom = cells.map((cell) => "█▄".includes(cell) !== inverted);
    return [top, bottom];
  });
}

/** A finder pattern (ISO/IEC 18004 §6.3.3): its rows, where 1 is dark. */
const finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"];

describe.each([false, true])("a code, without colours: %p", (inverted) => {
  const modules = modulesOf(qrCode("http://192.0.2.7:9001/", inverted), inverted);
  const part = (row: number, column: number): string[] =>
    modules.slice(row, row + 7).map((cells) =>
      cells
        .slice(column, column + 7)
        .map(Number)
        .join(""),
    );

  test("has its three finder patterns within a margin of four modules", () => {
    const width = modules[0]?.length ?? 0;
    expect(width).toBe(25 + 8);
    expect(part(4, 4)).toEqual(finder);
    expect(part(4, width - 11)).toEqual(finder);
    expect(part(width - 11, 4)).toEqual(finder);
    for (const row of modules.slice(0, 4)) expect(row).not.toContain(true);
    for (const row of modules.slice(0, width)) {
      expect([...row.slice(0, 4), ...row.slice(-4)]).not.toContain(true);
    }
  });

  test("is the same in both, and another for another text", () => {
    const other = modulesOf(qrCode("http://192.0.2.7:9001/", !inverted), !inverted);
    expect(other.slice(0, 33)).toEqual(modules.slice(0, 33));
    expect(qrCode("http://192.0.2.8:9001/", inverted)).not.toBe(
      qrCode("http://192.0.2.7:9001/", inverted),
    );
  });
});
