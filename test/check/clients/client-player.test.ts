import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { commandOf } from "../../../src/check/clients/client-command.ts";
import type { ClientPlay } from "../../../src/check/clients/client-player.ts";
import { playClientRun } from "../../../src/check/clients/client-player.ts";
import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import { freshMemory } from "../../../src/check/play/judgement.ts";
import { exchangeLines } from "../../../src/check/report/exchange-text.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import { phaseRuns } from "../../../src/check/script/script.ts";

// Each play starts a program.
setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "client-player-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * A client on raw TCP that sends what `sent` says for each request, on one connection or on several,
 * and tells what came when it has \`wanted\` bytes or the connection has ended.
 */
const source = `
const plan = JSON.parse(process.argv[2]);
const open = new Map();
for await (const line of console) {
  const { url } = JSON.parse(line);
  const { on = "main", sent, wanted, end } = plan.shift();
  let one = open.get(on);
  if (one === undefined) {
    one = { text: "", ended: false, wake: () => {} };
    open.set(on, one);
    const { hostname, port } = new URL(url);
    one.socket = await Bun.connect({ hostname, port: Number(port), socket: {
      data: (_, octets) => { one.text += octets.toString("latin1"); one.wake(); },
      close: () => { one.ended = true; one.wake(); },
    } });
  }
  one.socket.write(sent);
  while (one.text.length < wanted && !one.ended) await new Promise((done) => { one.wake = done; });
  const content = btoa(one.text);
  one.text = "";
  if (end === "close") one.socket.end();
  if (end === "reset") one.socket.terminate();
  const told = content === "" ? { error: "nothing came" } : { status: 200, content };
  process.stdout.write(JSON.stringify(told) + "\\n");
}
`;
const program = join(folder, "client.ts");
writeFileSync(program, source);

interface Turn {
  readonly on?: string;
  readonly sent: string;
  readonly wanted: number;
  readonly end?: "close" | "reset";
}

const get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

/** Plays statements with a client that does these turns. */
async function play(
  turns: readonly Turn[],
  steps: string,
  options: Partial<ClientPlay> = {},
): Promise<readonly PhaseOutcome[]> {
  const command = commandOf([process.execPath, program, JSON.stringify(turns)]);
  if (!command.ok) throw new Error(command.error);
  const lines = steps
    .split("\n")
    .map((line) => line.trim())
    .map((line) => (line === "" || line.startsWith("##") ? line : `    ${line}`));
  const text = `# T\n\n    client\n\n## P (RFC 9110 §9, must)\n\n${lines.join("\n")}\n`;
  const script = parseScript("t.wire", text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  const [run = []] = phaseRuns(script.value);
  const bounds = {
    settleMs: 20,
    responseMs: 20_000,
    startMs: 20_000,
    cut: { kind: "none" },
  } as const;
  const memory = freshMemory(script.value);
  return playClientRun(run, { command: command.value, ...bounds, ...options }, memory);
}

async function holds(turns: readonly Turn[], steps: string): Promise<void> {
  const outcomes = await play(turns, steps);
  expect(outcomes.map((one) => (one.kind === "failed" ? one.failure : one.kind))).toEqual(
    outcomes.map(() => "held"),
  );
}

/** The first failure, as `line: expected / came`. */
async function failure(
  turns: readonly Turn[],
  steps: string,
  options: Partial<ClientPlay> = {},
): Promise<string> {
  const outcomes = await play(turns, steps, options);
  const failed = outcomes.find((outcome) => outcome.kind === "failed");
  if (failed?.kind !== "failed") return "held";
  return `${failed.failure.line}: ${failed.failure.expected} / ${failed.failure.came}`;
}

describe("a client that does as expected", () => {
  test("holds, with its request, what it was sent and what it made of it", async () => {
    const [outcome] = await play(
      [{ sent: get, wanted: 5 }],
      `ask GET /a
       > GET /a HTTP/1.1
       > Host: x
       < a
       << bc
       gets 200
       || a\\r\\nbc
       open`,
    );
    expect(outcome?.kind).toBe("held");
    expect(exchangeLines(outcome?.exchange ?? [])).toEqual([
      "* the client is asked: GET /a",
      "> GET /a HTTP/1.1",
      "> Host: x",
      ">",
      "< a",
      "<< bc",
      "* the client: it got status 200 with 5 bytes: a\\r\\nbc",
    ]);
  });

  test("holds on two requests, on one connection or on two", async () => {
    const steps = `ask GET /a
      > GET /a
      << one
      gets 200
      ask GET /a
      > GET /a
      << two
      gets 200
      || two`;
    await holds(
      [
        { sent: get, wanted: 3 },
        { sent: get, wanted: 3 },
      ],
      steps,
    );
    const turns = [
      { sent: get, wanted: 3 },
      { on: "b", sent: get, wanted: 3 },
    ];
    await holds(turns, steps);
    await holds(turns, steps.replace("> GET /a\n      << two", "on b\n> GET /a\n      << two"));
  });

  test("holds on a close, a half-close and a reset from either side", async () => {
    const begun = "ask GET /a\n> GET /a\n";
    for (const end of ["close", "half-close", "abort"]) {
      await holds([{ sent: get, wanted: 9, end: "close" }], `${begun}${end}\nfails`);
    }
    await holds([{ sent: get, wanted: 1, end: "close" }], `${begun}<< a\ngets 200\nclosed`);
    await holds([{ sent: get, wanted: 1, end: "reset" }], `${begun}<< a\ngets 200\nreset`);
  });

  test("holds on silence, and on a server that speaks first", async () => {
    await holds([{ sent: get, wanted: 1 }], "ask GET /a\n> GET /a\nsilence 30ms\n<< a\ngets 200");
    await holds([{ sent: get, wanted: 1 }], "ask GET /a\n<< a\n> GET /a\ngets 200");
  });

  test("holds whether or not it does what it may", async () => {
    const steps = "ask GET /a\n> GET /a\n<< a\nmaybe GET /a\n<< b\ngets 200 or fails";
    await holds([{ sent: get, wanted: 1 }], steps);
    await holds([{ sent: get + get, wanted: 2 }], steps);
    const again = "ask GET /a\n> GET /a\n<< a\nrepeat 5\ngets 200";
    await holds([{ sent: get + get + get, wanted: 3 }], again);
  });

  test("is kept for a phase that continues", async () => {
    await holds(
      [
        { sent: get, wanted: 1 },
        { sent: get, wanted: 1 },
      ],
      `ask GET /a
       > GET /a
       << a
       gets 200

       ## Q (RFC 9110 §9, must)

       continue
       ask GET /a
       on main
       > GET /a
       << a
       gets 200`,
    );
  });

  test("holds with its bytes one by one", async () => {
    const steps = "ask GET /a\n> GET /a\n< abc\ngets 200\n|| abc\\r\\n";
    expect(await failure([{ sent: get, wanted: 5 }], steps, { cut: { kind: "every" } })).toBe(
      "held",
    );
  });
});

describe("a client that does otherwise", () => {
  const steps = "ask GET /a\n> GET /a HTTP/1.1\n<< abc\ngets 200\n|| abc";
  const one = { sent: get, wanted: 3 } as const;

  test.each<[string, readonly Turn[], string, string]>([
    [
      "asks for something else",
      [{ ...one, sent: "POST /a HTTP/1.1\r\n\r\n" }],
      steps,
      "8: GET /a HTTP/1.1 / POST /a HTTP/1.1",
    ],
    [
      "sends something else",
      [{ ...one, sent: "GET /a\n\n" }],
      steps,
      "8: a well-formed request: lines ended by CRLF (RFC 9112 §2.2) / \\n\\n",
    ],
    [
      "makes something else of it",
      [one],
      steps.replace("|| abc", "|| abd"),
      "11: this body, 3 bytes / 3 bytes of body",
    ],
    [
      "does not fail",
      [one],
      steps.replace("gets 200\n|| abc", "fails"),
      "10: a client that fails / it got status 200 with 3 bytes: abc",
    ],
    [
      "asks once more than it may",
      [{ ...one, sent: get + get }],
      "ask GET /a\n> GET /a HTTP/1.1\n<< abc\ngets 200",
      `10: a client that gets 200, and asks no more / ${get.length} more bytes: ${get.replaceAll("\r\n", "\\r\\n")}`,
    ],
    [
      "closes",
      [{ ...one, end: "close" }],
      `${steps}\nopen`,
      "12: an open connection, and nothing on it for 20 ms / the client closed the connection",
    ],
    [
      "opens a connection that it should not need",
      [one, { ...one, on: "b" }],
      `${steps}\nask GET /a\non main\n> GET /a\n<< abc\ngets 200`,
      "14: a request, GET, on main / one on another connection",
    ],
    [
      "concludes without a request",
      [{ sent: "", wanted: 0 }],
      steps,
      "8: a request, GET / it failed: nothing came",
    ],
    [
      "leaves in the middle of its request",
      [{ sent: "GET /a HT", wanted: 0, end: "close" }],
      steps,
      "8: a request, GET / a part of one, and the client closed the connection: the rest of the header section",
    ],
  ])("%s", async (_, turns, script, says) => {
    expect(await failure(turns, script)).toBe(says);
  });

  test("hangs, and is ended", async () => {
    const short = { responseMs: 300 };
    const waits = [{ sent: get, wanted: 99 }];
    expect(await failure(waits, steps, short)).toBe(
      "10: a client that gets 200 / no conclusion within 300 ms",
    );
    const silent = [{ sent: "", wanted: 1 }];
    expect(await failure(silent, steps, { ...short, startMs: 500 })).toBe(
      "8: a request, GET / nothing within 800 ms",
    );
  });

  test("is not asked for what continues", async () => {
    const outcomes = await play(
      [{ ...one, sent: "POST /a HTTP/1.1\r\n\r\n" }],
      `${steps}\n\n## Q (RFC 9110 §9, must)\n\ncontinue\n${steps}`,
    );
    expect(outcomes[1]).toEqual({
      kind: "not-played",
      reason: "the phase before, which it continues, did not hold",
    });
  });
});
