import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";

import { canBeReplayed, playScript, replayScript } from "../../../src/check/play/replay.ts";
import type { Played } from "../../../src/check/play/replay.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { Stalls } from "../../../src/check/play/stalls.ts";
import type { FakeServer, FakeSocket } from "../fake-server.ts";
import { answering, fakeServer, response } from "../fake-server.ts";

const servers: FakeServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
  mock.restore();
});

function serve(receive: (socket: FakeSocket, received: string) => void): FakeServer {
  const server = fakeServer(receive);
  servers.push(server);
  return server;
}

function scriptOf(text: string): Script {
  const script = parseScript("t.wire", `# T\n\n${text}\n`);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

/** A request of 18 bytes in the first phase and one of 17 in the second, without tree or state. */
const twoPhases = scriptOf(`## One (RFC 9110 §9, must)

    > GET / HTTP/1.1
    >
    < 200
    save n = N
    open

## Two (RFC 9110 §9, must)

    > GET {{n}} HTTP/1.1
    >> \\r\\n
    < 200
    open`);

async function played(script: Script, server: FakeServer): Promise<Played> {
  const stage = { endpoint: server.endpoint, root: undefined, restore: () => {} };
  const uncut = await playScript(script, stage);
  for (const phase of uncut.phases) expect(phase).toEqual({ kind: "held" });
  return replayScript(script, uncut, [stage]);
}

describe("a replay", () => {
  test("cuts at every byte and once everywhere, and a good server holds", async () => {
    const server = serve(answering(() => response("200 OK", "", "N: x\r\n")));
    const { phases, replays } = await played(twoPhases, server);
    expect(phases).toEqual([{ kind: "held" }, { kind: "held" }]);
    expect(replays).toBe(17 + 1 + 17 + 1);
  });

  test("finds a server that works with whole requests only, and says with which cut", async () => {
    const server = serve((socket, received) => {
      const whole = received.endsWith("\r\n\r\n");
      if (socket.data.reads === 1)
        socket.write(response(whole ? "200 OK" : "400 Bad", "", "N: x\r\n"));
    });
    const { phases, replays } = await played(twoPhases, server);
    expect(phases[0]).toMatchObject({
      kind: "failed",
      failure: { line: 7, expected: "status 200", came: "HTTP/1.1 400 Bad" },
      replay: expect.stringMatching(/^with the block at line 5 cut behind its byte \d+$/u),
    });
    expect(replays).toBeLessThan(36);
  });

  test("finds a server that fails at one place only", async () => {
    const server = serve((socket, received) => {
      if (received === "GET x HTTP/1.1\r") socket.data.answered = 1;
      if (!received.endsWith("\r\n\r\n")) return;
      socket.write(response(socket.data.answered === 1 ? "400 Bad" : "200 OK", "", "N: x\r\n"));
    });
    const { phases } = await played(twoPhases, server);
    expect(phases).toMatchObject([
      { kind: "held" },
      { kind: "failed", replay: "with the block at line 13 cut behind its byte 15" },
    ]);
  });

  test("finds a server that fails byte by byte only", async () => {
    const server = serve((socket, received) => {
      if (!received.endsWith("\r\n\r\n")) return;
      socket.write(response(socket.data.reads > 2 ? "400 Bad" : "200 OK", "", "N: x\r\n"));
    });
    const { phases } = await played(twoPhases, server);
    expect(phases).toMatchObject([
      { kind: "failed", replay: "when sent byte by byte" },
      { kind: "failed", replay: "when sent byte by byte" },
    ]);
  });

  test("cuts a long fill at its ends and in its middle", async () => {
    const script = scriptOf(`## One (RFC 9110 §9, must)

    >> A
    fill 100000 b
    >> C
    < 200`);
    const cuts = new Set<number>();
    const server = serve((socket, received) => {
      if (socket.data.reads === 1 && !received.endsWith("C")) cuts.add(received.length);
      if (received.length === 100_002) socket.write(response("200 OK", ""));
    });
    const { phases, replays } = await played(script, server);
    expect(phases).toEqual([{ kind: "held" }]);
    expect(replays).toBe(6);
    for (const cut of [1, 2, 100_000, 100_001]) expect(cuts).toContain(cut);
  });

  test("thins the places of a script that has thousands, and plays the rest", async () => {
    const script = scriptOf(`## One (RFC 9110 §9, must)

    >> ${"x".repeat(3000)}
    < 200`);
    const server = serve((socket, received) => {
      if (received.length === 3000) socket.write(response("200 OK", ""));
    });
    expect((await played(script, server)).replays).toBe(2000);
  }, 60_000);

  test("keeps the failure that a phase had uncut, and replays the runs that held", async () => {
    const script = scriptOf(`## One (RFC 9110 §9, should)

    > A
    < 404

## Two (RFC 9110 §9, must)

    > B
    < 200`);
    const server = serve((socket, received) => {
      if (received.endsWith("\r\n")) socket.write(response("200 OK", ""));
    });
    const stage = { endpoint: server.endpoint, root: undefined, restore: () => {} };
    const uncut = await playScript(script, stage);
    expect(canBeReplayed(script, uncut)).toBe(true);
    const { phases, replays } = await replayScript(script, uncut, [stage]);
    expect(phases[0]).toEqual(uncut.phases[0]);
    expect(phases[1]).toEqual({ kind: "held" });
    expect(replays).toBe(2 + 1);
  });

  test("begins each time from the state as it was, where a script is stateful", async () => {
    const script = scriptOf(`    stateful

## One (RFC 9110 §9, must)

    > A
    < 200

## Two (RFC 9110 §9, must)

    > B
    < 200`);
    let state = "";
    let restored = 0;
    const server = serve((socket, received) => {
      if (!received.endsWith("\r\n")) return;
      state += received.trim();
      socket.write(response(state === "A" || state === "AB" ? "200 OK" : "500 State", ""));
    });
    const restore = (): void => {
      state = "";
      restored += 1;
    };
    const stage = { endpoint: server.endpoint, root: undefined, restore };
    const uncut = await playScript(script, stage);
    const { phases, replays } = await replayScript(script, uncut, [stage]);
    expect(phases).toEqual([{ kind: "held" }, { kind: "held" }]);
    expect(replays).toBe(6);
    expect(restored).toBe(7);
  });

  test("is not for a script that says uncut, or of which nothing held", () => {
    const uncut = scriptOf(
      `    uncut it waits\n\n## One (RFC 9110 §9, must)\n\n    > A\n    < 200`,
    );
    expect(canBeReplayed(uncut, { phases: [{ kind: "held" }], replays: 0 })).toBe(false);
    const failed = { kind: "failed", failure: { line: 1, expected: "", came: "" } } as const;
    expect(canBeReplayed(twoPhases, { phases: [failed, failed], replays: 0 })).toBe(false);
    expect(canBeReplayed(twoPhases, { phases: [failed, { kind: "held" }], replays: 0 })).toBe(true);
  });
});

/** Two requests with a pause that is shorter than the server's idle timeout. */
const paused = scriptOf(`## One (RFC 9110 §9, must)

    > A
    < 200
    save n = N
    pause 20ms
    > B
    < 200
    < N: {{n}}`);

/**
 * A server that closes a connection `afterMs` after its first answer, unless a second request has
 * come. On the first `stalls` connections it blocks the event loop, and so the player, meanwhile.
 */
function closing(
  afterMs: (connection: number) => number,
  stalls = 0,
): { server: FakeServer; count: () => number } {
  let connections = 0;
  const server = serve((socket, received) => {
    if (socket.data.reads === 1) connections++;
    if (!received.endsWith("\r\n")) return;
    socket.write(response("200 OK", "", `N: ${connections}\r\n`));
    if (socket.data.reads > 1) return;
    setTimeout(() => {
      if (socket.data.reads === 1) socket.end();
    }, afterMs(connections));
    if (connections <= stalls) setTimeout(() => Bun.sleepSync(100), 5);
  });
  return { server, count: () => connections };
}

/** A server that closes its first `wrong` connections too early. */
const closingEarly = (wrong: number): ReturnType<typeof closing> =>
  closing((connection) => (connection <= wrong ? 1 : 10_000));

async function playedOnce(script: Script, server: FakeServer): Promise<Played["phases"]> {
  const stage = { endpoint: server.endpoint, root: undefined, restore: () => {} };
  return (await playScript(script, stage)).phases;
}

describe("a run that tells of time", () => {
  test("is played again when it fails while the player is held up", async () => {
    const { server } = closing(() => 60, 2);
    expect(await playedOnce(paused, server)).toEqual([{ kind: "held" }]);
  });

  test("holds as soon as one play does, with what that has saved", async () => {
    spyOn(Stalls.prototype, "lostMs").mockReturnValue(21);
    const { server, count } = closingEarly(2);
    expect(await playedOnce(paused, server)).toEqual([{ kind: "held" }]);
    expect(count()).toBe(3);
  });

  test("counts in the end, with what may have been the matter", async () => {
    spyOn(Stalls.prototype, "lostMs").mockReturnValue(95.4);
    const { server, count } = closingEarly(Infinity);
    const came = expect.stringMatching(/ \(the player was held up for 95 ms\)$/u);
    expect(await playedOnce(paused, server)).toMatchObject([{ kind: "failed", failure: { came } }]);
    expect(count()).toBe(5);
  });

  test("counts at once when it fails in time", async () => {
    spyOn(Stalls.prototype, "lostMs").mockReturnValue(20);
    const { server, count } = closingEarly(1);
    expect(await playedOnce(paused, server)).toMatchObject([{ kind: "failed" }]);
    expect(count()).toBe(1);
  });

  test("is played once where that has changed something", async () => {
    spyOn(Stalls.prototype, "lostMs").mockReturnValue(95);
    const { server, count } = closingEarly(1);
    const script = { ...paused, settings: { ...paused.settings, stateful: true } };
    expect(await playedOnce(script, server)).toMatchObject([{ kind: "failed" }]);
    expect(count()).toBe(1);
  });
});
