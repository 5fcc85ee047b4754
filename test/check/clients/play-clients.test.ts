import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readClientCommand } from "../../../src/check/clients/client-command.ts";
import { playClients } from "../../../src/check/clients/play-clients.ts";
import { Course } from "../../../src/check/run/course.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Script } from "../../../src/check/script/script.ts";

// Each play starts a program.
setDefaultTimeout(60_000);

function scriptOf(file: string, text: string): Script {
  const script = parseScript(file, text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

const head = "# T\n\n    client\n\n## P (RFC 9110 §9, must)\n\n";
const get =
  "    ask GET /a\n    > GET /a\n    < HTTP/1.1 200 OK\n    < Content-Length: 3\n    <\n    << abc\n";
const one = scriptOf("s/one.wire", `${head}${get}    gets 200\n    || abc\n`);
const two = scriptOf("s/two.wire", `${head}${get}    gets 200\n${get}    gets 200\n`);
const mixed = scriptOf(
  "s/mixed.wire",
  `${head}${get}    gets 200\n\n## Q (RFC 9110 §9, must)\n\n    ask HEAD /a\n    fails\n`,
);
const server = scriptOf(
  "s/server.wire",
  `# T\n\n## P (RFC 9110 §9, must)\n\n    > GET /\n    < 200\n`,
);

const program = "process.stdout.write(await (await fetch(process.argv.at(-1))).text())";

function commandIn(text: string) {
  const command = readClientCommand(text);
  if (!command.ok) throw new Error(command.error);
  return command.value;
}

/** An adapter that is this program. */
function adapterCommand(name: string, text: string) {
  return { name, words: [process.execPath, "-e", text], plain: false } as const;
}

const plain = commandIn(`plain=${process.execPath} -e '${program}' {url}`);
const course = (replay: boolean): Course =>
  new Course({ replay, bounds: { record: true, responseMs: 20_000 } });

describe("a client's column", () => {
  test("has what was played, and why the rest was not", async () => {
    const scripts = [one, two, mixed, server];
    const [column, absent] = await playClients(
      scripts,
      [plain, commandIn("absent=/nowhere/client {url}")],
      course(true),
    );
    expect(column).toMatchObject({ server: "plain", client: true });
    expect(column?.outcomes.get(one)).toMatchObject({
      kind: "played",
      phases: [{ kind: "held" }],
      replays: 1,
    });
    const adapter = "asks for more than one GET, or for fields of the answer: needs an adapter";
    expect(column?.outcomes.get(two)).toEqual({ kind: "not-played", reason: adapter });
    expect(column?.outcomes.get(mixed)).toMatchObject({
      phases: [{ kind: "held" }, { kind: "not-played", reason: adapter }],
    });
    expect(column?.outcomes.get(server)).toEqual({
      kind: "not-played",
      reason: "plays the client's part, against a server",
    });
    expect(absent).toMatchObject({ unreachable: "/nowhere/client is not there" });
  });

  test("tells a phase that held, and then did not byte by byte", async () => {
    const hasty =
      "const { hostname, port } = new URL(process.argv.at(-1)); const one = await Bun.connect({" +
      "hostname, port: Number(port), socket: { data: (_, all) => { process.stdout.write(" +
      'all.toString().split("\\r\\n\\r\\n")[1] ?? ""); process.exit(0); } } });' +
      'one.write("GET /a HTTP/1.1\\r\\n\\r\\n");';
    const command = { name: "hasty", words: [process.execPath, "-e", hasty, "{url}"], plain: true };
    const commands = [{ ...command, words: [process.execPath, "-e", hasty, "{url}"] as const }];
    const [column] = await playClients([one], commands, course(true));
    expect(column?.outcomes.get(one)).toMatchObject({
      phases: [{ kind: "failed", replay: "when sent byte by byte" }],
    });
  });

  test("of an adapter that says nothing ends with the first script; one that says a word goes on", async () => {
    const counted = join(tmpdir(), `postern-adapter-${process.pid}`);
    const silent = `require("node:fs").appendFileSync("${counted}", "x"); console.error("who?")`;
    const speaking = `process.stdin.once("data", () => console.log('{"error":"why"}'))`;
    try {
      const [none, some] = await playClients(
        [one, two],
        [adapterCommand("none", silent), adapterCommand("some", speaking)],
        course(true),
      );
      expect(none).toEqual({
        server: "none",
        client: true,
        unreachable:
          "its command has no {url}, and as an adapter it said nothing (exit status 0: who?)",
        outcomes: new Map(),
      });
      expect(readFileSync(counted, "utf8")).toBe("x");
      expect(some?.unreachable).toBeUndefined();
      expect(some?.outcomes.size).toBe(2);
    } finally {
      rmSync(counted, { force: true });
    }
  });
});
