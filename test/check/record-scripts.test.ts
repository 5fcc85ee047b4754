import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FaultOptions } from "../../index.ts";
import { serve } from "../../index.ts";
import type { Wiretap } from "../../src/base/wiretap.ts";
import { recordScripts } from "../../src/check/record-scripts.ts";
import { latin1Text, utf8Bytes } from "../../src/http/octets/bytes.ts";
import { RawClient } from "../raw-client.ts";

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

/** A fault, and what the recording says: a line of its script, or why there is none. */
const faults: readonly (readonly [FaultOptions, recorded: string])[] = [
  [{ corruptBytes: 1 }, "    || 0123456799abcdef\n"],
  [{ headFields: 1 }, "    < X-Fault-1: a\n"],
  [{ cutAfterBytes: 5 }, "the server closed the connection after 5 bytes of the answer's body"],
  [{ contentLength: 4 }, "the server closed the connection after 16 bytes of the answer's body"],
  [{ bareLf: true }, "a player would refuse the answer, since it expects lines ended by CRLF"],
];

test.each(faults)("of a server with the fault %j it is what the client saw", async (...row) => {
  const [fault, recorded] = row;
  const folder = mkdtempSync(join(tmpdir(), "record-scripts-test-"));
  const said: string[] = [];
  const recording = recordScripts(folder, { say: (line) => said.push(line) });
  let sent = "";
  const wiretap: Wiretap = {
    connected() {
      const heard = recording.connected();
      return {
        received: (octets) => heard.received(octets),
        sent(octets) {
          sent += latin1Text(octets);
          heard.sent(octets);
        },
        clientEnded: () => heard.clientEnded(),
        serverEnded: (how) => heard.serverEnded(how),
        closed: () => heard.closed(),
      };
    },
    ended: () => recording.ended(),
  };
  const server = await serve({ files: { "/a.txt": "0123456789abcdef" }, wiretap });
  server.fault("GET", "/a.txt", fault);
  const client = await RawClient.connect(server.port);
  client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ending();
  client.shut();
  await server.stop();
  expect(client.text).toContain("200 OK");
  expect(sent).toBe(client.text);
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".wire"));
  const text = scripts.map((name) => readFileSync(join(folder, name), "utf8")).join("");
  expect(text + said.join("\n")).toContain(recorded);
  rmSync(folder, { recursive: true });
});
