/**
 * Uploads to a disk that takes long to sync, on a connection whose clock the test moves.
 */

import { afterAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";

import { Admissions } from "../../../src/site/uploads/admissions.ts";
import { PutEndpoint } from "../../../src/site/uploads/put-endpoint.ts";
import { UploadResources } from "../../../src/site/uploads/resumable/upload-resources.ts";
import { UploadSite } from "../../../src/site/uploads/upload-site.ts";
import { ErrorPages } from "../../../src/site/pages/error-page.ts";
import { rootPath } from "../../../src/tree/path.ts";
import { DiskUploadTree } from "../../../src/tree/writing/disk/disk-upload-tree.ts";
import { FakeClient } from "../../server/fake-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Alarms } from "../../tree/writing/disk/fake-alarms.ts";
import type { Waits } from "../../tree/writing/disk/fake-calls.ts";
import { slowCalls, treeOptions } from "../../tree/writing/disk/fake-calls.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name));
});

const { tree, limits, surroundings } = new SiteClient(site.root);
const handlerTimeMs = Number(limits.handlerTimeMs);
const diskTimeMs = Number(limits.uploadDiskTimeMs);

/** Resolves when `holds` does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(1);
}

/** A client of a site whose disk waits. */
class SlowDiskClient {
  readonly alarms = new Alarms();
  readonly client: FakeClient;

  /** Resolves when the disk is asked for the step that waits. */
  readonly #reached = Promise.withResolvers<void>();

  constructor(waits: Omit<Waits, "reached">) {
    const { alarms } = this;
    const reached = (): void => this.#reached.resolve();
    const scheduler = treeOptions.scheduler;
    const options = {
      ...treeOptions,
      root: site.root,
      scheduler: { nextTurn: () => scheduler.nextTurn(), alarm: () => alarms.alarm() },
    };
    const uploads = new DiskUploadTree(options, slowCalls({ ...waits, reached }));
    const pages = new ErrorPages(tree, limits, false);
    const uploadSite = new UploadSite({
      tree,
      uploads,
      pages,
      limits,
      budgets: surroundings.budgets,
      admissions: new Admissions(limits, treeOptions.clock),
      permissions: "other",
      home: rootPath,
      folder: rootPath,
      mode: 0o644,
      ownNames: undefined,
    });
    const endpoint = new PutEndpoint(uploadSite, new UploadResources(uploadSite));
    this.client = new FakeClient((request) => {
      const answer = endpoint.answer(request);
      if (answer === undefined) throw new Error("no answer");
      return answer;
    });
  }

  /** Time passes for the connection and for the disk. */
  pass(ms: number): void {
    this.client.clock.advance(ms);
    this.alarms.advance(ms);
  }

  /** Sends a file; resolves when the disk is waited for. */
  async put(): Promise<void> {
    this.client.send("PUT /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none");
    await this.#reached.promise;
    await until(() => this.alarms.set > 0);
  }

  get statuses(): readonly number[] {
    return this.client.statuses;
  }
}

test("a file that takes longer to sync than a handler may is stored, and its client is told", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new SlowDiskClient({ finish: promise });
  await slow.put();
  for (let ms = 0; ms + handlerTimeMs < diskTimeMs; ms += handlerTimeMs) {
    slow.pass(handlerTimeMs);
    await Bun.sleep(1);
    expect(slow.statuses).toEqual([]);
  }
  resolve();
  await until(() => slow.statuses.length > 0);
  expect(slow.statuses).toEqual([201]);
  expect(readdirSync(site.root)).toEqual(["a.txt"]);
});

test("one that takes longer than a disk may is answered 503, and isn't stored, then or later", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new SlowDiskClient({ finish: promise });
  await slow.put();
  slow.pass(diskTimeMs);
  // The file is closed when the disk has answered, for which nothing waits for longer either.
  await until(() => slow.alarms.set > 0);
  slow.pass(diskTimeMs);
  await until(() => slow.statuses.length > 0);
  expect(slow.statuses).toEqual([503]);
  expect(slow.client.text).toContain("Retry-After: 1");
  expect(readdirSync(site.root)).toEqual([]);
  resolve();
  await Bun.sleep(50);
  expect(readdirSync(site.root)).toEqual([]);
});

test("one whose folder isn't synced in time has its name, and its client is told of a failure", async () => {
  const slow = new SlowDiskClient({ syncFolder: new Promise(() => undefined) });
  await slow.put();
  slow.pass(diskTimeMs);
  await until(() => slow.statuses.length > 0);
  expect(slow.statuses).toEqual([500]);
  expect(readdirSync(site.root)).toEqual(["a.txt"]);
});
