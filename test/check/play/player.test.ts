import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import type { Play } from "../../../src/check/play/player.ts";
import { freshMemory } from "../../../src/check/play/judgement.ts";
import { playRun } from "../../../src/check/play/player.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import { phaseRuns } from "../../../src/check/script/script.ts";
import type { FakeServer, FakeSocket } from "../fake-server.ts";
import { answering, fakeServer, response } from "../fake-server.ts";

const servers: FakeServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

function serve(
  receive: (socket: FakeSocket, received: string) => void,
  opened?: (socket: FakeSocket) => void,
): FakeServer {
  const server = fakeServer(receive, opened);
  servers.push(server);
  return server;
}

const get = "> GET / HTTP/1.1\n> Host: localhost\n>\n";

/** Statements, indented as a script needs it. Headings stay as they are. */
function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimStart())
    .map((line) => (line === "" || line.startsWith("#") ? line : `    ${line}`))
    .join("\n");
}

/** Plays a script with one phase. */
async function play(
  server: Pick<FakeServer, "endpoint">,
  steps: string,
  options: Partial<Play> = {},
  head = "",
): Promise<readonly PhaseOutcome[]> {
  const text = `# T\n\n${indented(head)}\n## P (RFC 9110 §9.3.1, must)\n\n${indented(steps)}\n`;
  const script = parseScript("t.wire", text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  const memory = freshMemory(script.value);
  const outcomes: PhaseOutcome[] = [];
  for (const run of phaseRuns(script.value)) {
    const base = { endpoint: server.endpoint, root: undefined, cut: { kind: "none" } } as const;
    const bounds = { settleMs: 20, responseMs: 5000 };
    outcomes.push(...(await playRun(run, { ...base, ...bounds, ...options }, memory)));
  }
  return outcomes;
}

async function holds(server: FakeServer, steps: string, head = ""): Promise<void> {
  for (const outcome of await play(server, steps, {}, head))
    expect(outcome).toEqual({ kind: "held" });
}

/** The failure of the first phase that failed, as `line: expected / came`. */
async function failure(
  server: Pick<FakeServer, "endpoint">,
  steps: string,
  options: Partial<Play> = {},
  head = "",
): Promise<string> {
  const outcomes = await play(server, steps, options, head);
  const failed = outcomes.find((outcome) => outcome.kind === "failed");
  if (failed?.kind !== "failed") return "held";
  return `${failed.failure.line}: ${failed.failure.expected} / ${failed.failure.came}`;
}

const hello = (): FakeServer => serve(answering(() => response("200 OK", "hello\n", "A: b\r\n")));

describe("a server that does as expected", () => {
  test("holds, with status, fields and body", async () => {
    await holds(
      hello(),
      `${get}    < 200 OK
    < A: b
    < a ~ ^b$
    has Content-Length
    one A
    no B
    | hello
    body length 6
    body has ell
    body lacks jello
    body ~ ^h.*o\\n$
    body sha256 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
    open`,
    );
  });

  test("holds on several requests, in one packet and after another", async () => {
    await holds(
      hello(),
      `${get}${get}< 200
      < 200
      open
      ${get}< 2xx
      open`,
    );
  });

  test("holds on two connections at once", async () => {
    await holds(
      hello(),
      `>> GET / HT
      on b
      ${get}< 200
      open
      on main
      > TP/1.1
      >
      < 200
      open`,
    );
  });

  test("holds on what it saved, in what it sends and in what it expects", async () => {
    let nth = 0;
    const server = serve(
      answering((head) =>
        response("200 OK", head.split("\r\n").at(-1) ?? "", `N: n=${++nth};\r\n`),
      ),
    );
    await holds(
      server,
      `${get}< 200
      save n = N ~ n=(\\d+)
      save all = N
      > GET /
      > Echo: {{n}} {{all}}
      >
      < 200
      || Echo: {{n}} n=1;
      < N: n=2;`,
    );
  });

  test("holds on captures of the phase before, and on its connection after continue", async () => {
    let connections = 0;
    const server = serve(
      answering(() => response("200 OK", "", `C: ${connections}\r\n`)),
      () => (connections += 1),
    );
    await holds(
      server,
      `${get}< 200
      save c = C

      ## Q (RFC 9110 §9, must)

      continue
      ${get}< 200
      < C: {{c}}

      ## R (RFC 9110 §9, must)

      ${get}< 200
      < C: 2
      `,
    );
  });

  test("holds on a body that the end of the connection ends", async () => {
    const server = serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\nhello\n");
      socket.shutdown();
    });
    await holds(server, `${get}    < 200\n    | hello\n    closed`);
  });

  test("holds on an interim response, expected or permitted", async () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const server = serve(answering(() => interim + response("200 OK", "")));
    await holds(server, `${get}    < 100\n    < 200\n    open`);
    await holds(server, `${get}    maybe 100\n    < 200\n    open`);
    await holds(hello(), `${get}    maybe 100\n    < 200\n    open`);
  });

  test("holds on HEAD's length without content", async () => {
    const server = serve(answering(() => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    await holds(server, `${get}    < 200\n    body none\n    open`);
  });

  test("holds on half-close, and on the client's close and abort", async () => {
    const server = serve(answering(() => response("200 OK", "x")));
    await holds(server, `${get}    half-close\n    < 200\n    closed`);
    await holds(
      server,
      `${get}    < 200\n    close\n${get}    < 200\n    abort\n${get}    < 200\n    open`,
    );
  });

  test("holds on a reset, and on a close without an answer where that is permitted", async () => {
    const resets = serve((socket) => socket.terminate());
    const closes = serve((socket) => socket.shutdown());
    await holds(resets, `${get}    reset`);
    await holds(resets, `${get}    < 400 or closed or reset\n    closed or reset`);
    await holds(closes, `${get}    < 400 or closed\n    closed`);
  });

  test("holds on silence, and on a server that speaks first", async () => {
    await holds(
      hello(),
      `    >> GET\n    silence 30ms\n    > / HTTP/1.1\n    >\n    < 200\n    open`,
    );
    const speaks = serve(
      () => {},
      (socket) => void socket.write(response("503 Busy", "")),
    );
    await holds(speaks, `    on main\n    < 503\n    open`);
  });

  test("holds on a file of the tree, whole and in part, and on coded content", async () => {
    const zipped = Buffer.from(Bun.gzipSync(latin1Bytes("a\nb\n"))).toString("latin1");
    const tree = "    file f\n    | a\n    | b\n";
    await holds(serveBody("a\nb\n"), `${get}    < 200\n    body is f`, tree);
    await holds(serveBody("\nb"), `${get}    < 200\n    body is f 1-2`, tree);
    const coded = serveBody(zipped, "Content-Encoding: gzip\r\n");
    await holds(coded, `${get}    < 200\n    decoded\n    body is f`, tree);
  });

  test("leaves no connection behind", async () => {
    const server = hello();
    await holds(server, `${get}    < 200\n    on b\n${get}    < 200`);
    const deadline = performance.now() + 5000;
    while (server.open.size > 0 && performance.now() < deadline) await Bun.sleep(1);
    expect(server.open.size).toBe(0);
  });
});

/** Wrong servers, what the script expects of them, and the failure that must be reported. */
const wrong: readonly {
  readonly name: string;
  readonly answer: string;
  readonly end?: "shutdown" | "terminate";
  readonly expect: string;
  readonly says: string;
}[] = [
  {
    name: "another status",
    answer: response("404 Not Found", ""),
    expect: "< 200",
    says: "9: status 200 / HTTP/1.1 404 Not Found",
  },
  {
    name: "another reason phrase",
    answer: response("200 Fine", ""),
    expect: "< 200 OK",
    says: '9: the reason phrase "OK" / HTTP/1.1 200 Fine',
  },
  {
    name: "a status outside the choices",
    answer: response("500 Oops", ""),
    expect: "< 200 or 4xx or closed",
    says: "9: status 200 or 4xx or closed / HTTP/1.1 500 Oops",
  },
  {
    name: "another value",
    answer: response("200 OK", "", "A: c\r\n"),
    expect: "< 200\n    < A: b",
    says: "10: A: b / A: c",
  },
  {
    name: "a value twice",
    answer: response("200 OK", "", "A: b\r\nA: b\r\n"),
    expect: "< 200\n    < A: b",
    says: "10: A: b / A: b and A: b",
  },
  {
    name: "no such field",
    answer: response("200 OK", ""),
    expect: "< 200\n    < A ~ .*",
    says: "10: A ~ .* / no A",
  },
  {
    name: "a value in another case",
    answer: response("200 OK", "", "A: B\r\n"),
    expect: "< 200\n    < A: b",
    says: "10: A: b / A: B",
  },
  {
    name: "a missing field",
    answer: response("200 OK", ""),
    expect: "< 200\n    has Date",
    says: "10: the field Date / no Date",
  },
  {
    name: "a field too many",
    answer: response("200 OK", "", "Server: x\r\n"),
    expect: "< 200\n    no server",
    says: "10: no server / server: x",
  },
  {
    name: "a field twice",
    answer: response("200 OK", "", "A: b\r\nA: c\r\n"),
    expect: "< 200\n    one A",
    says: "10: A exactly once / A: b and A: c",
  },
  {
    name: "another body",
    answer: response("200 OK", "hellO\n"),
    expect: "< 200\n    | hello",
    says: "10: this body, 6 bytes / 6 bytes of body",
  },
  {
    name: "a body where none is expected",
    answer: response("200 OK", "x"),
    expect: "< 200\n    body empty",
    says: "10: an empty body / 1 bytes of body: x",
  },
  {
    name: "a body of another length",
    answer: response("200 OK", "x"),
    expect: "< 200\n    body length 2",
    says: "10: a body of 2 bytes / 1 bytes of body",
  },
  {
    name: "a body without the text",
    answer: response("200 OK", "x"),
    expect: "< 200\n    body has y",
    says: '10: a body that has "y"',
  },
  {
    name: "a body with the text",
    answer: response("200 OK", "xyz"),
    expect: "< 200\n    body lacks y",
    says: '10: a body that lacks "y"',
  },
  {
    name: "a body that does not match",
    answer: response("200 OK", "x"),
    expect: "< 200\n    body ~ ^y",
    says: "10: a body ~ ^y",
  },
  {
    name: "a body with another digest",
    answer: response("200 OK", "x"),
    expect: `< 200\n    body sha256 ${"0".repeat(64)}`,
    says: "10: a body with the digest 0000",
  },
  {
    name: "content that is not in its coding",
    answer: response("200 OK", "x", "Content-Encoding: gzip\r\n"),
    expect: "< 200\n    decoded\n    | x",
    says: "9: content in the coding gzip",
  },
  {
    name: "content in an unknown coding",
    answer: response("200 OK", "x", "Content-Encoding: rot13\r\n"),
    expect: "< 200\n    decoded\n    | x",
    says: "9: a known content coding / Content-Encoding: rot13",
  },
  {
    name: "nothing to save",
    answer: response("200 OK", ""),
    expect: "< 200\n    save a = ETag",
    says: "10: the field ETag / no ETag",
  },
  {
    name: "a content longer than its length, before open",
    answer: `${response("200 OK", "abc")}d`,
    expect: "< 200\n    open",
    says: "10: an open connection, and nothing on it for 20 ms / 1 more bytes: d",
  },
  {
    name: "a content longer than its length, at the end of the phase",
    answer: `${response("200 OK", "abc")}d`,
    expect: "< 200",
    says: "4: nothing after what the phase expects / 1 more bytes: d",
  },
  {
    name: "a second answer",
    answer: response("200 OK", "") + response("200 OK", ""),
    expect: "< 200",
    says: "4: nothing after what the phase expects / 38 more bytes: HTTP/1.1 200 OK",
  },
  {
    name: "content after HEAD",
    answer: response("200 OK", "abc"),
    expect: "< 200\n    body none\n    open",
    says: "11: an open connection, and nothing on it for 20 ms / 3 more bytes: abc",
  },
  {
    name: "bytes before the close",
    answer: `${response("200 OK", "")}x`,
    end: "shutdown",
    expect: "< 200\n    closed",
    says: "10: the connection closed by the server, nothing before / 1 more bytes: x",
  },
  {
    name: "a close where it should stay open",
    answer: response("200 OK", ""),
    end: "shutdown",
    expect: "< 200\n    open",
    says: "on it for 20 ms / the server closed the connection",
  },
  {
    name: "a reset where it should stay open",
    answer: response("200 OK", ""),
    end: "terminate",
    expect: "< 200\n    open",
    says: "on it for 20 ms / the server reset the connection",
  },
  {
    name: "a reset instead of a close",
    answer: response("200 OK", ""),
    end: "terminate",
    expect: "< 200\n    closed",
    says: "10: the connection closed by the server / the server reset the connection",
  },
  {
    name: "a close instead of a reset",
    answer: response("200 OK", ""),
    end: "shutdown",
    expect: "< 200\n    reset",
    says: "10: the connection reset by the server / the server closed the connection",
  },
  {
    name: "an early close",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    end: "shutdown",
    expect: "< 200",
    says: "9: status 200, whole / HTTP/1.1 200 OK and 2 bytes of its body, then the server closed",
  },
  {
    name: "an early reset",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    end: "terminate",
    expect: "< 200",
    says: "2 bytes of its body, then the server reset the connection; missing: 3 more bytes",
  },
  {
    name: "a reset in a body that the end would end",
    answer: "HTTP/1.1 200 OK\r\n\r\nab",
    end: "terminate",
    expect: "< 200",
    says: "then the server reset the connection; missing: the end of the connection",
  },
  {
    name: "a close without an answer",
    answer: "",
    end: "shutdown",
    expect: "< 200 or reset",
    says: "9: status 200 or reset, whole / nothing, then the server closed the connection",
  },
  {
    name: "half an answer where none is permitted",
    answer: "HTTP/1.1 400",
    end: "shutdown",
    expect: "< 400 or closed",
    says: "12 bytes: HTTP/1.1 400, then the server closed the connection",
  },
  {
    name: "an answer that is not HTTP",
    answer: "<html>",
    expect: "< 200",
    says: "9: a well-formed response: a status line, HTTP/1.1 STATUS … / <html>",
  },
  {
    name: "framing that contradicts itself",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    expect: "< 200",
    says: "9: a well-formed response: Content-Length or Transfer-Encoding, not both",
  },
  {
    name: "an interim response that is not expected",
    answer: `HTTP/1.1 102 Wait\r\n\r\n${response("200 OK", "")}`,
    expect: "maybe 100\n    < 200",
    says: "10: status 200 / HTTP/1.1 102 Wait",
  },
  {
    name: "noise in a silence",
    answer: "x",
    expect: "silence 100ms",
    says: "9: an open connection, and nothing on it for 100 ms / 1 more bytes: x",
  },
  {
    name: "nothing, in time",
    answer: "",
    expect: "within 50ms\n    < 200",
    says: "10: status 200 within 50 ms / nothing; missing: a status line",
  },
  {
    name: "half an answer, in time",
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    expect: "within 50ms\n    < 200",
    says: "0 bytes of its body; missing: 5 more bytes of the content that Content-Length announced",
  },
  {
    name: "no close, in time",
    answer: response("200 OK", ""),
    expect: "< 200\n    within 50ms\n    closed",
    says: "11: the connection closed by the server / still open after 50 ms",
  },
];

describe("a server that does wrong fails", () => {
  for (const { name, answer, end, expect: steps, says } of wrong) {
    test(name, async () => {
      const server = serve((socket) => {
        if (socket.data.reads > 1) return;
        socket.write(Buffer.from(answer, "latin1"));
        if (end === "shutdown") socket.shutdown();
        if (end === "terminate") socket.terminate();
      });
      expect(await failure(server, `${get}    ${steps}`)).toContain(says);
    });
  }

  test("for hanging, at the bound that every response has", async () => {
    const server = serve(() => {});
    const text = await failure(server, `${get}    < 200`, { responseMs: 50 });
    expect(text).toContain("9: status 200 within 50 ms / nothing");
  });

  test("for not being there", async () => {
    const server = serve(() => {});
    server.stop();
    const text = await failure(server, `${get}    < 200`);
    expect(text).toBe(`6: a connection to 127.0.0.1 port ${server.endpoint.port} / ECONNREFUSED`);
  });

  test("and what builds on the failed phase is not played, and the rest is", async () => {
    const outcomes = await play(
      hello(),
      `${get}< 404
      save e = A

      ## Q (RFC 9110 §9, must)

      continue
      ${get}< 200

      ## R (RFC 9110 §9, must)

      ${get}< 200

      ## S (RFC 9110 §9, must)

      > {{e}}
      >
      < 200`,
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      "failed",
      "not-played",
      "held",
      "not-played",
    ]);
    expect(outcomes[1]).toMatchObject({
      reason: "the phase before, which it continues, did not hold",
    });
    expect(outcomes[3]).toMatchObject({
      reason: "{{e}}: nothing was saved: the phase that saves it did not hold",
    });
  });
});

describe("a body that differs", () => {
  test("has both sides, and the response", async () => {
    const [outcome] = await play(hello(), `${get}    < 200\n    | hullo`);
    expect(outcome).toMatchObject({
      failure: {
        difference: { expected: latin1Bytes("hullo\n"), came: latin1Bytes("hello\n") },
        response: { status: 200 },
      },
    });
  });
});

/** A request that is answered with the number of reads in which it arrived. */
function seen(reads: number): string {
  return `${get}< 200\n|| ${reads}`;
}

function serveBody(text: string, fields = ""): FakeServer {
  return serve(answering(() => response("200 OK", text, fields)));
}

/** Blocks the event loop for a while, soon. */
function stall(): void {
  setTimeout(() => Bun.sleepSync(300), 5);
}

describe("what has come by the time that it is due is seen, though the player is late", () => {
  test("an answer", async () => {
    const server = serve((socket) => {
      setTimeout(() => socket.write(response("200 OK", "")), 20);
      stall();
    });
    await holds(server, `${get}    within 200ms\n    < 200`);
  });

  test("an end", async () => {
    const server = serve((socket) => {
      socket.write(response("200 OK", ""));
      setTimeout(() => socket.shutdown(), 20);
      stall();
    });
    await holds(server, `${get}    < 200\n    within 200ms\n    closed`);
  });

  test("noise in a silence", async () => {
    const server = serve((socket) => {
      setTimeout(() => socket.write("x"), 20);
      stall();
    });
    expect(await failure(server, `${get}    silence 200ms`)).toContain("1 more bytes: x");
  });
});

describe("what is sent", () => {
  test("goes out in one piece, and in several where there is a pause", async () => {
    const server = serve((socket, received) => {
      if (received.endsWith("\r\n\r\n")) {
        socket.write(response("200 OK", `${socket.data.reads} ${received.length}`));
      }
    });
    await holds(server, `${get}    < 200\n    || 1 35`);
    await holds(server, `    > GET / HTTP/1.1\n    pause 20ms\n    >\n    < 200\n    || 2 18`);
    await holds(
      server,
      `> GET / HTTP/1.1
      >> A: 
      fill 7 xyz
      >> \\r\\n
      >
      < 200
      || 1 30`.replace("A: \n", "A:\\x20\n"),
    );
  });

  test("may be more than the socket takes, with the answer coming first", async () => {
    const server = serve((socket) => {
      if (socket.data.answered++ === 0) socket.write(response("413 Too much", ""));
    });
    await holds(server, `    fill 20000000 x\n    < 413\n    open`);
  });

  test("is cut where the replay says, and the server sees two reads", async () => {
    const server = serve((socket, received) => {
      if (received.endsWith("\r\n\r\n")) socket.write(response("200 OK", `${socket.data.reads}`));
    });
    for (const offset of [1, 17, 34]) {
      const cut = { kind: "at", line: 6, offset } as const;
      expect(await play(server, seen(2), { cut })).toEqual([{ kind: "held" }]);
    }
    expect(await play(server, seen(35), { cut: { kind: "every" } })).toEqual([{ kind: "held" }]);
  });

  test("stops when the server has left in the middle of a replay", async () => {
    const server = serve((socket, received) => {
      if (!received.startsWith("X")) return;
      socket.write(response("400 Bad Request", ""));
      socket.end();
    });
    const steps = `    > X / HTTP/1.1\n    >\n    < 400\n    closed`;
    expect(await play(server, steps, { cut: { kind: "every" } })).toEqual([{ kind: "held" }]);
  });
});

describe("a tree that changes", () => {
  test("changes on the disk, at that step", async () => {
    const root = mkdtempSync(join(tmpdir(), "player-test-"));
    const server = serve(
      answering(() => response("200 OK", readFileSync(join(root, "f"), "utf8"))),
    );
    const steps = `file f
      | a
      ${get}< 200
      body is f
      file f
      | b
      ${get}< 200
      || b\\n
      body is f
      open`;
    expect(await play(server, steps, { root })).toEqual([{ kind: "held" }]);
    rmSync(root, { recursive: true });
  });

  test("fails the phase if there is no such file, or no tree to change", async () => {
    const root = mkdtempSync(join(tmpdir(), "player-test-"));
    const steps = `    chmod f 0600\n${get}    < 200`;
    expect(await failure(hello(), steps, { root })).toContain("6: chmod f to be possible / ENOENT");
    expect(await failure(hello(), steps)).toContain("6: a tree that may be changed / none");
    rmSync(root, { recursive: true });
  });
});

test("a play that is recorded comes with what passed, also for a phase that held", async () => {
  const server = serve(answering(() => response("200 OK", "a")));
  const [outcome] = await play(server, `${get}< 200\nhalf-close\nclosed`, { record: true });
  expect(outcome?.kind).toBe("held");
  const shown = outcome?.exchange?.map((part) =>
    part.kind === "event" ? part.text : `${part.from}: ${latin1Text(part.octets)}`,
  );
  expect(shown).toEqual([
    "client: GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "server: HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    "the client half-closes",
    "the server closed the connection",
  ]);
});

/** Closes behind every answer, as HTTP/1.0 servers do; each request gets its path back. */
const closing = (fields = "Connection: close\r\n"): FakeServer =>
  serve((socket, received) => {
    const end = received.indexOf("\r\n\r\n");
    if (end === -1 || socket.data.answered > 0) return;
    socket.data.answered = 1;
    socket.write(response("200 OK", received.split(" ")[1] ?? "", fields));
    socket.end();
  });

/** Sends a head and a beginning of content, and resets the connection. */
const resetting = (head: string): FakeServer =>
  serve((socket) => {
    socket.write(`HTTP/1.1 ${head}\r\nConnection: close\r\n\r\ntoo`);
    socket.flush();
    setTimeout(() => socket.terminate(), 20);
  });

const ask = (path: string): string => `> GET ${path} HTTP/1.1\n    >\n    `;

describe("a server of others", () => {
  const foreign = { foreign: true };
  const persistence = "## Q (RFC 9112 §9.3, should)";

  test("that closes behind an answer isn't blamed where that isn't the subject", async () => {
    const steps = `${ask("/a")}< 200\n    || /a\n    open\n    ${ask("/b")}< 200\n    || /b\n    open`;
    const [outcome] = await play(closing(), steps, foreign);
    expect(outcome).toMatchObject({
      kind: "held",
      behind: [
        { line: 10, status: 200, closed: true, announced: true },
        { line: 15, status: 200, closed: true, announced: true },
      ],
    });
    expect(await failure(closing(), steps)).toContain("the server closed the connection");
  });

  test("is asked each request that was sent in one piece, on a connection of its own", async () => {
    const steps = `${ask("/a")}${ask("/b")}${ask("/c")}< 200\n    || /a\n    < 200\n    || /b\n    < 200\n    || /c`;
    expect(await play(closing(""), steps, foreign)).toMatchObject([{ kind: "held" }]);
    const pipelined = `${ask("/x")}< 200\n\n    ## Q (RFC 9112 §9.3.2, must)\n\n    ${steps}`;
    expect(await play(closing(), pipelined, foreign)).toMatchObject([
      { kind: "held" },
      { kind: "not-played", reason: "the server closed the connection behind an earlier answer" },
    ]);
  });

  test("that closes where the script permits it is let be, and not asked again", async () => {
    const piece = `${ask("/a")}${ask("/b")}< 200\n    < 200 or closed or reset`;
    const [outcome] = await play(closing(), piece, foreign);
    expect(outcome).toEqual({ kind: "held" });
    const later = `${ask("/a")}< 200\n    ${ask("/b")}< 400 or closed`;
    expect(await play(closing(), later, foreign)).toEqual([{ kind: "held" }]);
  });

  test("that resets behind an error has answered, where the script permits the reset", async () => {
    const steps = `${ask("/a")}< 431 or 200\n    closed or reset`;
    const refused = "431 Request Header Fields Too Large";
    expect(await play(resetting(refused), steps, foreign)).toEqual([{ kind: "held" }]);
    const cut = `${ask("/a")}< 431 or reset`;
    expect(await play(resetting(refused), cut, foreign)).toEqual([{ kind: "held" }]);
    expect(await failure(resetting("200 OK"), steps, foreign)).toContain("server reset the");
    const strict = `${ask("/a")}< 431\n    closed`;
    expect(await failure(resetting(refused), strict, foreign)).toContain("server reset the");
  });

  test("is not asked twice what isn't to be repeated", async () => {
    const steps = `${ask("/a")}> POST /b HTTP/1.1\n    > Content-Length: 0\n    >\n    < 200\n    < 200`;
    expect(await play(closing(), steps, foreign)).toMatchObject([{ kind: "not-played" }]);
  });

  test("fails where persistence is the subject, or the client asked for the end", async () => {
    const about = `${ask("/a")}< 200\n\n    ${persistence}\n\n    ${ask("/a")}< 200\n    open`;
    const [, outcome] = await play(closing(), about, foreign);
    expect(outcome).toMatchObject({ kind: "failed", failure: { closedBehind: true } });
    const asked = "> GET /a HTTP/1.1\n    > Connection: close\n    >\n    < 200\n    open";
    const [closed] = await play(closing(), asked, foreign);
    expect(closed).toMatchObject({ kind: "failed" });
    expect(closed).not.toHaveProperty("failure.closedBehind");
  });

  test("that resets, or sends more, fails as ever", async () => {
    const more = serve(answering(() => `${response("200 OK", "")}more`));
    expect(await failure(more, `${ask("/a")}< 200\n    open`, foreign)).toContain("4 more bytes");
    const silent = serve((socket) => void socket.end());
    expect(await failure(silent, `${ask("/a")}< 200`, foreign)).toContain("then the server closed");
  });

  test("without a Date isn't blamed elsewhere, and is for one that comes twice", async () => {
    const dateless = serve(answering(() => response("200 OK", "")));
    const steps = `${ask("/a")}< 200\n    has Date\n    one Date`;
    expect(await play(dateless, steps, foreign)).toMatchObject([
      { kind: "held", dateless: [9, 10] },
    ]);
    expect(await failure(dateless, steps)).toBe("9: the field Date / no Date");
    const about = `${ask("/a")}< 200\n\n    ## Q (RFC 9110 §6.6.1, must)\n\n    ${steps}`;
    expect(await failure(dateless, about, foreign)).toContain("the field Date / no Date");
    const twice = serve(answering(() => response("200 OK", "", "Date: a\r\nDate: b\r\n")));
    expect(await failure(twice, steps, foreign)).toContain("Date exactly once");
  });
});

describe("an expectation with a strength of its own", () => {
  test("doesn't fail its phase, and is kept with what came", async () => {
    const [outcome] = await play(
      hello(),
      `${get}    < 200
    should RFC 9110 §8.8.3
    has ETag
    may RFC 9110 §8.3
    has A
    within 20ms
    may RFC 9112 §9.6
    closed
    ${get}    < 200`,
    );
    expect(outcome).toMatchObject({
      kind: "held",
      asides: [
        { own: { strength: "should" }, failure: { expected: "the field ETag", came: "no ETag" } },
        { own: { strength: "may", references: ["RFC 9110 §8.3"] } },
        { failure: { came: "still open after 20 ms" } },
      ],
    });
    expect(outcome?.asides?.[1]).not.toHaveProperty("failure");
  });
});
