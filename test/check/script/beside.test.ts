import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectScripts } from "../../../src/check/script/collection.ts";
import { besideBytes, isBeside, readBeside } from "../../../src/check/script/beside.ts";
import { latin1Text } from "../../../src/http/octets/bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "beside-test-"));
const script = join(folder, "a.wire");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = `# T

## P (recorded, must)

    > POST / HTTP/1.1
    send ./bodies/sent
    < 200
    body is ./bodies/got
`;

describe("a file beside a script", () => {
  test("is named by ./, and lies below the script's folder", () => {
    expect(isBeside("./a")).toBe(true);
    expect(isBeside("a")).toBe(false);
    expect(readBeside("./a/b.css")).toEqual({ ok: true, value: "a/b.css" });
    expect(readBeside("./../b").ok).toBe(false);
    expect(readBeside("b").ok).toBe(false);
  });

  test("is a fault where it isn't, at the line that names it", () => {
    mkdirSync(join(folder, "bodies"));
    writeFileSync(script, text);
    const line = (at: number, path: string) => ({
      file: script,
      line: at,
      expected: `the file ${path} beside the script`,
    });
    expect(collectScripts([script])).toEqual({
      ok: false,
      error: [line(6, "bodies/sent"), line(8, "bodies/got")],
    });
    writeFileSync(join(folder, "bodies/sent"), "1");
    writeFileSync(join(folder, "bodies/got"), "2");
    expect(collectScripts([script]).ok).toBe(true);
    expect(latin1Text(besideBytes(script, "bodies/got") ?? new Uint8Array(0))).toBe("2");
    expect(besideBytes(script, "bodies/none")).toBeUndefined();
  });
});
