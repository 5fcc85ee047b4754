/**
 * Servers that aren't any: whatever is let off, noted or left out, they stay red, in each profile
 * and with the scripts of the project.
 */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { profileNames } from "../../src/check/blame/profile.ts";
import { check } from "../../src/check/check.ts";
import type { FakeServer } from "./fake-server.ts";
import { answering, fakeServer, response } from "./fake-server.ts";

const scripts = join(import.meta.dir, "../../fixtures/wire");

/** What an HTTP/1.0 server isn't asked stands in the one on Host. */
function sectionsOf(profile: string | undefined): readonly string[] {
  return [profile === "http10" ? "9110-9-methods" : "9112-3.2-host"];
}

const always = (status: string, fields = ""): FakeServer =>
  fakeServer(answering(() => response(status, "hello", `Date: now\r\n${fields}`)));

const dummies: Readonly<Record<string, () => FakeServer>> = {
  "one that answers everything with 200": () => always("200 OK"),
  "one that does, and closes": () =>
    fakeServer((socket) => {
      socket.write(response("200 OK", "hello", "Connection: close\r\n"));
      socket.end();
    }),
  "one that answers everything with 404": () => always("404 Not Found"),
  "one that answers everything with 400": () => always("400 Bad Request"),
  "one that answers everything with 304": () =>
    fakeServer(answering(() => "HTTP/1.1 304 Not Modified\r\n\r\n")),
  "one that closes at once": () => fakeServer((socket) => void socket.end()),
  "one that never answers": () => fakeServer(() => {}),
};

interface Report {
  readonly servers: readonly { totals: { must: { held: number; played: number } } }[];
}

/** The exit status, and the musts of a server that has no files of the scripts. */
async function red(
  server: FakeServer,
  profile: (typeof profileNames)[number] | undefined,
): Promise<{ status: number; held: number; played: number }> {
  let text = "";
  const status = await check({
    paths: [scripts],
    sections: sectionsOf(profile),
    against: [server.url.href],
    json: true,
    replay: false,
    responseMs: 20,
    jobs: 6,
    start: () => Promise.reject(new Error("none is started")),
    out: (more) => (text += more),
    ...(profile === undefined ? {} : { profile }),
  });
  const [first] = (JSON.parse(text) as Report).servers;
  return { status, ...(first?.totals.must ?? { held: 0, played: 0 }) };
}

test("no dummy is green, whatever is asked of it", async () => {
  const green = await Promise.all(
    Object.entries(dummies).map(async ([name, start]) => {
      const server = start();
      const profiles = name.includes("200") ? profileNames : [];
      const all = await Promise.all([undefined, ...profiles].map((each) => red(server, each)));
      server.stop();
      const isRed = all.every(({ status, held, played }) => {
        return status === 1 && played > 15 && played - held > played / 5;
      });
      return isRed ? [] : [name, all];
    }),
  );
  expect(green.flat()).toEqual([]);
}, 60_000);
