import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { recordScripts } from "../../src/check/record-scripts.ts";
import { utf8Bytes } from "../../src/http/octets/bytes.ts";

test("a program has what it hears of connections written as scripts", () => {
  const folder = mkdtempSync(join(tmpdir(), "record-scripts-test-"));
  const said: string[] = [];
  const wiretap = recordScripts(folder, { say: (line) => said.push(line) });
  const connection = wiretap.connected();
  connection.received(utf8Bytes("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"));
  connection.sent(utf8Bytes("HTTP/1.1 204 No Content\r\n\r\n"));
  connection.closed();
  wiretap.ended();
  expect(readdirSync(folder)).toEqual(["0001-get-a.wire"]);
  expect(said).toEqual([]);
  writeFileSync(join(folder, "file"), "");
  expect(() => recordScripts(join(folder, "file"))).toThrow("is no folder");
  expect(() => recordScripts(folder, { limits: { recordPhasesMax: 0 } })).toThrow(
    "limits.recordPhasesMax must be at least 1",
  );
  rmSync(folder, { recursive: true });
});
