/**
 * A file that is replaced while a request for it is answered: by a rename, before each of the
 * system calls that the answer is made of. Each answer is one version, and never an error.
 */

import { afterAll, afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import { copyFileSync, renameSync, rmSync, symlinkSync } from "node:fs";

import type { Eventual } from "../src/base/eventual.ts";
import { whenReady } from "../src/base/eventual.ts";
import { defaultLimits } from "../src/base/limits.ts";
import type { SystemCalls } from "../src/system/system-calls.ts";
import { systemCalls } from "../src/system/system-choice.ts";
import type { ShownResponse } from "./site/shown-response.ts";
import { show } from "./site/shown-response.ts";
import { requestOf } from "./site/fake-request.ts";
import type { SiteClientOptions } from "./site/site-client.ts";
import { SiteClient } from "./site/site-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
afterEach(() => mock.restore());

const size = 100_000;
const versions = ["a".repeat(size), "b".repeat(size)];
let changes = 0;

/** Puts the next version in the place of the file `name`. */
function replace(name: string): void {
  const next = `next-${changes++}`;
  site.file(next, versions[changes % 2] ?? "");
  renameSync(site.at(next), site.at(name));
}

const intercepted = ["look", "lookInto", "open", "read"] as const;
const calls = systemCalls();

/** Calls `before` before each system call, with the number of calls so far and what is called. */
function interpose(before: (count: number, name: keyof SystemCalls) => void): void {
  let count = 0;
  for (const name of intercepted) {
    const original = calls[name].bind(calls) as (...args: unknown[]) => unknown;
    spyOn(calls, name).mockImplementation(((...args: unknown[]) => {
      before(count++, name);
      return original(...args);
    }) as never);
  }
}

/** What is asked of a file, and how. */
const kinds: readonly [string, string, Record<string, string>, SiteClientOptions][] = [
  ["whole", "big.txt", {}, {}],
  ["coded", "big.txt", { "Accept-Encoding": "gzip" }, {}],
  ["without an extension", "big", {}, {}],
  ["a part", "big.txt", { Range: "bytes=0-9,20-29" }, {}],
  ["a page with hints", "big.html", {}, { earlyHints: true }],
];

/** The versions that `body` has octets of; a coded one is shown as it is. */
const versionsIn = (body: string): number => new Set(body.replace(/[^ab]/g, "")).size;

describe.each(kinds)("a large file, %s", (kind, name, fields, options) => {
  /**
   * As a connection does, this begins to send at once what is answered at once. The request comes
   * so late after the last change that the file is kept open.
   */
  const ask = (client: SiteClient, asked = fields): Eventual<ShownResponse> => {
    const request = { ...requestOf(`GET /${name}`, asked), receivedMs: Date.now() + 1000 };
    return whenReady(client.answer(request), show);
  };

  test.each([0, 1, 2])("asked for %d times before, is replaced at each call", async (before) => {
    replace(name);
    let last = 0;
    for (let at = 0; at <= last + 1; at++) {
      const client = new SiteClient(site.root, options);
      for (let i = 0; i < before; i++) await ask(client, {});
      interpose((count) => {
        last = Math.max(last, count);
        if (count === at) replace(name);
      });
      const answers = await Promise.all([ask(client), ask(client)]);
      mock.restore();
      for (const { status, body, note } of answers) {
        expect([at, status, note?.reason]).toEqual([at, "Range" in fields ? 206 : 200, undefined]);
        if (kind === "whole") expect([at, body.length, versionsIn(body)]).toEqual([at, size, 1]);
      }
      client.opened.tree.close();
    }
    expect(last).toBeGreaterThan(2);
  });
});

describe("a file that is swapped for a link between the look and the opening", () => {
  site.file("kept.txt", versions[0] ?? "");

  /** Puts a link in its place before it is opened, and the file again before a look, `times` times. */
  function swapBeforeOpening(times: number): void {
    const kept = { file: site.at("kept.txt"), place: site.at("swapped.txt") };
    let left = times;
    interpose((_count, call) => {
      if (left === 0 || (call !== "open" && call !== "look")) return;
      rmSync(kept.place, { force: true });
      if (call === "look") copyFileSync(kept.file, kept.place);
      else symlinkSync("kept.txt", kept.place);
      if (call === "open") left--;
    });
  }

  test("is looked up again, up to lookupTriesMax times", async () => {
    const { lookupTriesMax } = defaultLimits;
    const client = new SiteClient(site.root);
    swapBeforeOpening(lookupTriesMax - 1);
    expect(await client.ask("GET /swapped.txt")).toMatchObject({ status: 200, body: versions[0] });
    mock.restore();
    const other = new SiteClient(site.root);
    swapBeforeOpening(lookupTriesMax);
    const reason = "the file system answered ESTALE";
    expect(await other.ask("GET /swapped.txt")).toMatchObject({ status: 500, note: { reason } });
  });

  test("is looked up as often as the limit says", async () => {
    const client = new SiteClient(site.root, { limits: { lookupTriesMax: 2 } });
    swapBeforeOpening(2);
    expect((await client.ask("GET /swapped.txt")).status).toBe(500);
    expect((await client.ask("GET /swapped.txt")).status).toBe(200);
  });
});
