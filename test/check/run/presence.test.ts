import { expect, test } from "bun:test";

import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import { Traits } from "../../../src/check/blame/traits.ts";
import type { Gone, ScriptOutcome } from "../../../src/check/report/column.ts";
import { Presence } from "../../../src/check/run/presence.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { fakeServer } from "../fake-server.ts";
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
