/**
 * Servers that do nothing but one thing. A suite that such a server passes proves nothing, so each
 * of them has to fail most of the musts, or to hang. Folders of different subjects stand for all of
 * them, and the deadline for an answer is short, since the silent server makes phases wait for it.
 */

import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";

import { check } from "../../src/check/check.ts";
import type { FakeServer } from "./fake-server.ts";
import { answering, fakeServer, response } from "./fake-server.ts";

const wire = join(import.meta.dir, "../../fixtures/wire");
const sections = ["9110-14-range", "9112-3.2-host", "9112-9-connections"];

const servers: FakeServer[] = [];
afterAll(() => {
  for (const server of servers) server.stop();
});

function constant(status: string): () => FakeServer {
  return () => fakeServer(answering(() => response(status, "")));
}

const dummies: readonly (readonly [string, () => FakeServer])[] = [
  ["answers 200 to everything", constant("200 OK")],
  ["answers 404 to everything", constant("404 Not Found")],
  ["answers 400 to everything", constant("400 Bad Request")],
  [
    "closes every connection at once",
    () =>
      fakeServer(
        () => {},
        (socket) => socket.end(),
      ),
  ],
  ["never answers", () => fakeServer(() => {})],
];

for (const [what, start] of dummies) {
  test.concurrent(
    `a server that ${what} fails most of the musts, or is said to hang`,
    async () => {
      const server = start();
      servers.push(server);
      let text = "";
      const status = await check({
        paths: [wire],
        sections,
        strengths: ["must"],
        against: [server.url.href],
        json: true,
        replay: false,
        jobs: 64,
        responseMs: 100,
        start: () => Promise.reject(new Error("not called")),
        out: (more) => (text += more),
      });
      // The silent one is told to hang, and the rest isn't played.
      expect(status).toBe(what === "never answers" ? 2 : 1);
      const report = JSON.parse(text) as {
        servers: { totals: { must: { held: number; played: number } } }[];
      };
      const { held = 0, played = 0 } = report.servers[0]?.totals.must ?? {};
      if (status === 1) expect(played).toBeGreaterThan(80);
      // A server that says 400 to everything is right about each of the malformed hosts.
      if (status === 1) expect(held).toBeLessThan(played / 2);
      else expect(held).toBe(0);
    },
    60_000,
  );
}
