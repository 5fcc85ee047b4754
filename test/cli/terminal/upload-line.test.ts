import { describe, expect, test } from "bun:test";

import { plainPaint } from "../../../src/cli/terminal/paint.ts";
import type { SeenUpload } from "../../../src/cli/terminal/received-uploads.ts";
import { fitText, uploadLine } from "../../../src/cli/terminal/upload-line.ts";

function upload(name: string, octets: number, length?: number): SeenUpload {
  return { name, octets, length, beganMs: 0 };
}

/** The line in `columns` columns. */
function line([newest, ...others]: readonly SeenUpload[], rate?: number, columns = 80): string {
  const count = newest === undefined ? 0 : 1 + others.length;
  return uploadLine({ newest, count }, rate, columns, plainPaint);
}

const one = upload("holiday.mp4", 5_400_000, 12_000_000);

describe("the line about uploads", () => {
  test("says which file, how much of it, and how fast", () => {
    expect(line([one], 3_100_000)).toBe("Uploading holiday.mp4  45% of 12.0 MB  3.1 MB/s");
    expect(line([one])).toBe("Uploading holiday.mp4  45% of 12.0 MB");
    expect(line([upload("a", 5_400_000)], 0)).toBe("Uploading a  5.4 MB  0 B/s");
    expect(line([])).toBe("");
  });

  test("says how many more there are", () => {
    expect(line([one, upload("b", 1), upload("c", 1)], 1000)).toBe(
      "Uploading holiday.mp4  45% of 12.0 MB  and 2 more  1.0 kB/s",
    );
  });

  test("says 100% of nothing that isn't stored", () => {
    expect(line([upload("a", 10, 10)])).toBe("Uploading a  99% of 10 B");
    expect(line([upload("a", 11, 10)])).toBe("Uploading a  99% of 10 B");
    expect(line([upload("a", 0, 0)])).toBe("Uploading a  0 B");
  });

  test("fits every width, and leaves out the least first", () => {
    const all = [one, upload("b", 1)];
    for (let columns = 1; columns < 100; columns++) {
      expect(line(all, 3_100_000, columns).length).toBeLessThan(columns);
    }
    expect(line(all, 3_100_000, 54)).toBe("Uploading holi…  45% of 12.0 MB  and 1 more  3.1 MB/s");
    expect(line(all, 3_100_000, 37)).toBe("45% of 12.0 MB  and 1 more  3.1 MB/s");
    expect(line(all, 3_100_000, 36)).toBe("45% of 12.0 MB  and 1 more");
    expect(line(all, 3_100_000, 15)).toBe("45% of 12.0 MB");
    expect(line(all, 3_100_000, 14)).toBe("");
  });

  test("has a name escaped as the log has it, and cut by what a terminal shows of it", () => {
    expect(line([upload("a\u001b[31m\n\u202e.txt", 1)])).toBe(
      "Uploading a\\x1b[31m\\x0a\\u{202e}.txt  1 B",
    );
    const wide = line([upload("日本語の長い名前.txt", 1)], undefined, 30);
    expect(wide).toBe("Uploading 日本語の長い…  1 B");
    expect(Bun.stringWidth(wide)).toBeLessThan(30);
  });

  test("paints the numbers", () => {
    const seen = { newest: one, count: 1 };
    const painted = uploadLine(seen, undefined, 80, (style, text) => `<${style}>${text}</>`);
    expect(painted).toBe("<dim>Uploading</> holiday.mp4  <cyan>45% of 12.0 MB</>");
  });
});

test("text is cut at a character as it is shown, and says so", () => {
  expect(fitText("abc", 3)).toBe("abc");
  expect(fitText("abcd", 3)).toBe("ab…");
  expect(fitText("e\u0301e\u0301e\u0301", 2)).toBe("e\u0301…");
  expect(fitText("日本", 3)).toBe("日…");
  expect(fitText("ab", 1)).toBe("…");
  expect(fitText("ab", 0)).toBe("");
});
