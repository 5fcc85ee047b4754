import { describe, expect, test } from "bun:test";

import { ThrownError } from "../../../src/server/recording/thrown-error.ts";

/** What fails when it is asked. */
class Asked {
  readonly fail = (error: Error): number => new ThrownError(error).atCall();
}

describe("an error that is thrown at the call", () => {
  test("is the one that was given, and its stack begins at the caller's line", () => {
    const error = new TypeError("none came");
    const { fail } = new Asked();
    let thrown: unknown;
    try {
      fail(error);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
    const [first, second] = (error.stack ?? "").split("\n");
    expect(first).toBe("TypeError: none came");
    expect(second).toContain("thrown-error.test.ts:");
    expect(error.stack).not.toMatch(/fail|atCall|thrown-error\.ts/);
  });

  test("is shown by Bun with the caller's line", async () => {
    const path = JSON.stringify(require.resolve("../../../src/server/recording/thrown-error.ts"));
    const program = `import { ThrownError } from ${path};
      class Asked { fail = (error) => new ThrownError(error).atCall(); }
      const { fail } = new Asked();

      fail(new Error("none came"));`;
    await using child = Bun.spawn([process.execPath, "-"], {
      stdin: new Blob([program]),
      stdout: "ignore",
      stderr: "pipe",
    });
    const lines = (await child.stderr.text()).split("\n");
    const said = lines.findIndex((line) => line.startsWith("error: "));
    expect(lines.slice(said - 2, said + 2)).toEqual([
      '5 |       fail(new Error("none came"));',
      expect.stringMatching(/^ +\^$/),
      "error: none came",
      expect.stringMatching(/^ +at .*\[stdin\]:5:\d+\)?$/),
    ]);
  });
});
