import { expect, test } from "bun:test";

import { Course } from "../../../src/check/run/course.ts";
import { playRunning, treeGroups } from "../../../src/check/run/running-servers.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import { fakeServer, response } from "../fake-server.ts";

function scripts(count: number): readonly Script[] {
  return Array.from({ length: count }, (_, index) => {
    const text = "# T\n\n## P (RFC 9110 §9, must)\n\n    > GET / HTTP/1.1\n    >\n    < 200\n";
    const script = parseScript(`s/${index}.wire`, text);
    if (!script.ok) throw new Error(JSON.stringify(script.error));
    return script.value;
  });
}

/** A server that resets connections beyond `most` at once, as a short backlog does. */
function crowdShy(most: number) {
  let widest = 0;
  const server = fakeServer(
    (socket, received) => {
      if (!received.endsWith("\r\n\r\n")) return;
      void Bun.sleep(20).then(() => socket.write(response("200 OK", "")));
    },
    (socket) => {
      widest = Math.max(widest, server.open.size);
      if (server.open.size > most) socket.terminate();
    },
  );
  return { server, widest: () => widest };
}

test("scripts that fail among many are played again among few, which counts", async () => {
  const { server, widest } = crowdShy(12);
  const all = scripts(20);
  const groups = treeGroups(all, false);
  if (!groups.ok) throw new Error("no groups");
  const ended: string[] = [];
  const progress = {
    planned: ({ play }: { play: number }) => ended.push(`planned ${play}`),
    began: () => {},
    ended: (_: unknown, { file }: Script) => ended.push(file),
    over: () => {},
  };
  const course = new Course({ replay: false, bounds: {}, progress });
  const columns = await playRunning(all, groups.value, [server.url], undefined, course);
  server.stop();
  if (!columns.ok) throw new Error(columns.error);
  for (const script of all) {
    expect(columns.value[0]?.outcomes.get(script)).toMatchObject({ phases: [{ kind: "held" }] });
  }
  expect(widest()).toBeGreaterThan(12);
  expect(ended[0]).toBe("planned 20");
  expect(new Set(ended).size).toBe(21);
  expect(ended).toHaveLength(21);
});
