/**
 * A file or folder that the storage fails to read: the answer is 500 with the reason in the log, it
 * is not cached, and it is never a part that looks like the whole.
 */

import { afterAll, afterEach, expect, mock, spyOn, test } from "bun:test";

import { errorNumber } from "../src/system/system-calls.ts";
import { systemCalls } from "../src/system/system-choice.ts";
import { TempSite } from "./temp-site.ts";
import { requestOf } from "./site/fake-request.ts";
import { SiteClient } from "./site/site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
afterEach(() => mock.restore());

site.file("small.txt", "x".repeat(20_000));
site.file("folder/a.txt", "a");
site.file("folder/b.txt", "b");
site.file("large", "x".repeat(200_000));
site.file("large.txt", "x".repeat(200_000));

const calls = systemCalls();

/** From now on a read of a file fails from `position` on. */
function failReading(position = 0): void {
  const read = calls.read.bind(calls);
  spyOn(calls, "read").mockImplementation((descriptor, into, at) => {
    if (at >= position) return -errorNumber.EIO;
    return read(descriptor, into.subarray(0, position - at), at);
  });
}

/** Why `promise` is rejected. */
const failureOf = (promise: Promise<unknown>): Promise<string> => promise.then(String, String);

const eio = "the file system answered EIO";

test.each([0, 8192])("a small file that can't be read from %d on is 500", async (position) => {
  const client = new SiteClient(site.root);
  failReading(position);
  for (let i = 0; i < 2; i++) {
    const failed = await client.ask("GET /small.txt");
    expect(failed).toMatchObject({ status: 500, note: { reason: eio } });
    expect(failed.fields["ETag"]).toBeUndefined();
  }
  mock.restore();
  expect(await client.ask("GET /small.txt")).toMatchObject({ status: 200 });
});

test("a large file without an extension, whose type depends on its octets, is 500", async () => {
  const client = new SiteClient(site.root);
  // Asked twice, so that it is kept open.
  for (let i = 0; i < 2; i++) await client.open("/large");
  failReading();
  const reason = "the file can't be read";
  expect(await client.ask("GET /large")).toMatchObject({ status: 500, note: { reason } });
  mock.restore();
  const { status, fields } = await client.ask("GET /large");
  expect([status, fields["Content-Type"]]).toEqual([200, "text/plain; charset=utf-8"]);
});

test("a page of the tree's own that can't be read is 500 as well", async () => {
  using own = new TempSite("empty");
  own.file("404.html", "<!doctype html><title>None</title>");
  const client = new SiteClient(own.root);
  failReading();
  const reason = "/404.html can't be read: EIO";
  expect(await client.ask("GET /none")).toMatchObject({ status: 500, note: { reason } });
  mock.restore();
  expect((await client.ask("GET /none")).status).toBe(404);
});

test("a large file of which a coded variant is made is 500", async () => {
  const client = new SiteClient(site.root);
  await client.open("/large.txt");
  failReading(100_000);
  const coded = client.ask("GET /large.txt", { "Accept-Encoding": "gzip" });
  expect(await failureOf(coded)).toContain("large.txt can't be read");
});

/** Without the native calls a folder is read all at once, by node:fs. */
const readsInParts = calls.kind === "native";

test.skipIf(!readsInParts)(
  "a folder that can't be read is 500, from the first entry or later on (needs libc)",
  async () => {
    const client = new SiteClient(site.root);
    const readFolder = calls.readFolder.bind(calls);
    for (const readsBefore of [0, 1]) {
      let reads = 0;
      spyOn(calls, "readFolder").mockImplementation((folder, into) =>
        reads++ < readsBefore ? readFolder(folder, into) : -errorNumber.EIO,
      );
      const failed = await client.ask("GET /folder/");
      expect(failed).toMatchObject({ status: 500, note: { reason: eio } });
      mock.restore();
    }
    const { status, body } = await client.ask("GET /folder/");
    expect([status, body.includes("b.txt")]).toEqual([200, true]);
  },
);

test.skipIf(!readsInParts)(
  "a streamed listing breaks off where the folder can't be read further (needs libc)",
  async () => {
    using many = new TempSite("empty");
    for (let i = 0; i < 200; i++) many.file(`${i}-${"x".repeat(200)}`, "");
    const client = new SiteClient(many.root, { limits: { listingWholeEntriesMax: 100 } });
    const readFolder = calls.readFolder.bind(calls);
    let reads = 0;
    spyOn(calls, "readFolder").mockImplementation((folder, into) =>
      // The first reading finds out that there are too many entries for one page.
      reads++ < 2 ? readFolder(folder, into) : -errorNumber.EIO,
    );
    const { status, body } = await client.answer(requestOf("GET /"));
    expect([status, body.kind]).toEqual([200, "stream"]);
    const readAll = async (): Promise<void> => {
      if (body.kind === "stream")
        for await (const chunk of body.chunks) expect(chunk).toBeDefined();
    };
    expect(await failureOf(readAll())).toContain("can't be read: EIO");
  },
);
