import { expect, test } from "bun:test";

import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import { Traits } from "../../../src/check/blame/traits.ts";
import type { Gone, ScriptOutcome } from "../../../src/check/report/column.ts";
import { Presence } from "../../../src/check/run/presence.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { answering, fakeServer, response } from "../fake-server.ts";
import { failed, held, scriptOf } from "../report/sample.ts";

interface OpenColumn {
  readonly outcomes: Map<Script, ScriptOutcome>;
  readonly traits: Traits;
  gone?: Gone;
}

const [first, second, third] = ["a", "b", "c"].map((name) => scriptOf(`s/${name}.wire`, ["must"]));
if (first === undefined || second === undefined || third === undefined) throw new Error("none");

function played(...phases: readonly PhaseOutcome[]): ScriptOutcome {
  return { kind: "played", phases, replays: 0 };
}

test("a failure against a server that is there stays one", async () => {
  const server = fakeServer(() => {});
  const column: OpenColumn = { outcomes: new Map(), traits: new Traits() };
  const presence = new Presence(column, server.endpoint);
  await presence.during(first, async () => void column.outcomes.set(first, played(failed)));
  server.stop();
  expect(column.outcomes.get(first)).toEqual(played(failed));
  expect(column.gone).toBeUndefined();
});

test("one that goes is told once, with what was played then, and the rest isn't played", async () => {
  const server = fakeServer(() => {});
  const column: OpenColumn = { outcomes: new Map(), traits: new Traits() };
  const presence = new Presence(column, server.endpoint);
  await presence.during(third, async () => void column.outcomes.set(third, played(held)));
  await Promise.all(
    [second, first].map((script) =>
      presence.during(script, async () => {
        server.stop();
        column.outcomes.set(script, played(failed));
        await Bun.sleep(1);
      }),
    ),
  );
  expect(column.gone).toEqual({ error: "ECONNREFUSED", during: ["s/a.wire", "s/b.wire"] });
  const reason = "the server went away while it was played";
  expect(column.outcomes.get(first)).toEqual({ kind: "not-played", reason });
  expect(column.outcomes.get(second)).toEqual({ kind: "not-played", reason });
  column.outcomes.delete(first);
  await presence.during(first, () => Promise.reject(new Error("played all the same")));
  expect(column.outcomes.get(first)).toMatchObject({ kind: "not-played" });
  expect(column.outcomes.get(third)).toEqual(played(held));
});

const silence: PhaseOutcome = {
  kind: "failed",
  failure: { line: 12, expected: "status 200", came: "nothing", silent: true },
};
const many = Array.from({ length: 9 }, (_, index) => scriptOf(`s/${index}.wire`, ["must"]));

/** Has each of `scripts` meet silence, one after another. */
async function meetSilence(presence: Presence, column: OpenColumn): Promise<void> {
  for (const script of many) {
    await presence.during(script, async () => {
      column.outcomes.set(script, played(silence));
      await presence.ended(script, [silence]);
    });
  }
}

test("one that only accepts hangs after eight scripts that met silence; the rest isn't played", async () => {
  const server = fakeServer(() => {});
  const column: OpenColumn = { outcomes: new Map(), traits: new Traits() };
  const presence = new Presence(column, server.endpoint, 20);
  expect(presence.reasonToStop).toBeUndefined();
  await meetSilence(presence, column);
  server.stop();
  const error = "answers nothing any more since s/0.wire:12";
  const during = many.slice(0, 8).map(({ file }) => file);
  expect(column.gone).toEqual({ error, during, hangs: true });
  expect(presence.reasonToStop).toContain("answered nothing any more");
  const reasons = many.map((script) => column.outcomes.get(script));
  const reason = "the server answered nothing any more while it was played";
  expect(reasons.slice(0, 8)).toEqual(during.map(() => ({ kind: "not-played", reason })));
  expect(reasons[8]).toEqual({ kind: "not-played", reason: reason.replace("while", "before") });
});

test("one that is slow doesn't: it answers a plain request, or answered in between", async () => {
  const slow = fakeServer(answering(() => response("404 Not Found", "")));
  const column: OpenColumn = { outcomes: new Map(), traits: new Traits() };
  await meetSilence(new Presence(column, slow.endpoint, 5000), column);
  slow.stop();
  expect(column.gone).toBeUndefined();
  expect([...column.outcomes.values()]).toEqual(many.map(() => played(silence)));
  const silent = fakeServer(() => {});
  const presence = new Presence(column, silent.endpoint, 20);
  for (const script of many) {
    const empty = { version: "HTTP/1.1", status: 200, reason: "", fields: [], trailers: [] };
    column.traits.note({ ...empty, body: new Uint8Array(0) });
    await presence.ended(script, [silence]);
  }
  silent.stop();
  expect(column.gone).toBeUndefined();
});
