import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import type { Destining, Upload, UploadFolder } from "../../../../src/tree/writing/upload-tree.ts";
import type { StoredTree } from "../stored-tree.ts";
import { openSmall, partBytes } from "./small-parts.ts";

let stored: StoredTree;
let folder: UploadFolder;
beforeEach(async () => {
  stored = await openSmall();
  folder = await stored.folder();
  stored.stub.told();
});
afterEach(async () => await stored[Symbol.asyncDispose]());

/** No two parts of it are equal. */
function content(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff);
}

const as =
  (name: string, mode = 0o600, isNumbered = false): Destining =>
  () =>
    Promise.resolve(success({ name, mode, isNumbered }));

async function begin(destining = as("a")): Promise<Upload> {
  const begun = await folder.begin(destining);
  if (!begun.ok) throw new Error("not begun");
  return begun.value;
}

/** Writes `octets` in pieces of 64 KiB. */
async function write(upload: Upload, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length; at += 65_536) {
    expect(await upload.write(octets.subarray(at, at + 65_536))).toBeUndefined();
  }
}

const object = (key: string) => stored.stub.stored.objects.get(key);
const uploads = () => stored.stub.stored.uploads.size;
const keys = () => [...stored.stub.stored.objects.keys()];

describe("a small file", () => {
  test("is one request, when it gets its name", async () => {
    const upload = await begin();
    await write(upload, content(100_000));
    expect(await upload.finish(0o640)).toBeUndefined();
    expect(stored.stub.told()).toEqual([]);
    expect(await upload.commit("a.txt")).toEqual({ kind: "stored" });
    expect(stored.stub.told()).toEqual(["PUT a.txt 200"]);
    expect(object("a.txt")?.content).toEqual(Buffer.from(content(100_000)));
    expect(object("a.txt")?.fields).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "x-amz-meta-mode": "100640",
    });
  });

  test("of exactly one part is one request, too", async () => {
    const upload = await begin();
    await write(upload, content(partBytes));
    await upload.finish(0o600);
    expect(await upload.commit("a")).toEqual({ kind: "stored" });
    expect(stored.stub.told()).toEqual(["PUT a 200"]);
  });

  test("may have no octets", async () => {
    const upload = await begin();
    await upload.finish(0o600);
    expect(await upload.commit("a")).toEqual({ kind: "stored" });
    expect(object("a")?.content.length).toBe(0);
  });

  test("is told when its name is taken, and can get another one", async () => {
    stored.stub.put("a", "old");
    const upload = await begin();
    await write(upload, content(10));
    await upload.finish(0o600);
    expect(await upload.commit("a")).toEqual({ kind: "taken" });
    expect(await upload.commit("b")).toEqual({ kind: "stored" });
    expect(object("a")?.content.length).toBe(3);
  });

  test("replaces the file that was seen, and no other one", async () => {
    stored.stub.put("a", "old");
    const seen = await folder.look("a");
    if (seen.kind !== "file") throw new Error("no file");
    const first = await begin();
    await write(first, content(10));
    await first.finish(0o600);
    expect(await first.commit("a", seen)).toEqual({ kind: "stored" });
    const second = await begin();
    await second.finish(0o600);
    expect(await second.commit("a", seen)).toEqual({ kind: "taken" });
    expect(object("a")?.content.length).toBe(10);
  });

  test("that is discarded asks nothing of the store", async () => {
    const upload = await begin();
    await write(upload, content(10));
    await upload.discard();
    expect(stored.stub.told()).toEqual([]);
  });
});

describe("a large file", () => {
  test("is sent in parts, and is there when all of them are", async () => {
    const octets = content(2 * partBytes + 1000);
    const upload = await begin(as("a.bin", 0o644));
    expect(await upload.lacks(octets.length)).toBeUndefined();
    await write(upload, octets);
    expect(upload.syncedOctets).toBe(2 * partBytes);
    expect(upload.boundName).toBe("a.bin");
    await upload.finish(0o644);
    expect(object("a.bin")).toBeUndefined();
    expect(await upload.commit("a.bin")).toEqual({ kind: "stored" });
    expect(Bun.hash(object("a.bin")?.content ?? "")).toBe(Bun.hash(octets));
    expect(keys()).toEqual(["a.bin"]);
    expect(uploads()).toBe(0);
  });

  test("of unknown length is the same", async () => {
    const octets = content(partBytes + 1);
    const upload = await begin();
    await write(upload, octets);
    await upload.finish(0o600);
    expect(await upload.commit("a")).toEqual({ kind: "stored" });
    expect(Bun.hash(object("a")?.content ?? "")).toBe(Bun.hash(octets));
  });

  test("has a record while it is under way, which says how to end it", async () => {
    const upload = await begin(as("a ü.bin"));
    await write(upload, content(partBytes + 1));
    const [record = ""] = keys();
    expect(record).toMatch(/^\.postern-upload-[\da-f]{32}\.json$/);
    expect(JSON.parse(Buffer.from(object(record)?.content ?? "").toString())).toEqual({
      version: 1,
      key: "a ü.bin",
      uploadId: "upload-1",
    });
    expect(object(record)?.fields["x-amz-meta-mode"]).toBe("100600");
    await upload.discard();
    expect([keys(), uploads()]).toEqual([[], 0]);
  });

  test("gets no other name, and no other mode", async () => {
    const upload = await begin(as("a", 0o600));
    await write(upload, content(partBytes + 1));
    await upload.finish(0o644);
    expect(await upload.commit("a")).toEqual({ kind: "taken" });
    expect(await upload.commit("b")).toEqual({ kind: "taken" });
    await upload.discard();
    expect([keys(), uploads()]).toEqual([[], 0]);
  });

  test("isn't stored over a file that came meanwhile, where the store ignores conditions", async () => {
    stored.stub.fault = () => ({ ignores: ["if-match", "if-none-match"] });
    const upload = await begin();
    await write(upload, content(partBytes + 1));
    await upload.finish(0o600);
    stored.stub.put("a", "other");
    expect(await upload.commit("a")).toEqual({ kind: "taken" });
    await upload.discard();
    expect(object("a")?.content.length).toBe(5);
  });

  test("whose part can't be stored is ended, and leaves nothing", async () => {
    const upload = await begin();
    stored.stub.fault = ({ query }) =>
      query.has("partNumber") ? { status: 500, code: "InternalError" } : undefined;
    await write(upload, content(partBytes));
    const fault = await upload.write(content(1));
    expect(fault).toMatchObject({ status: 502, reason: expect.stringContaining("InternalError") });
    await upload.discard();
    expect([keys(), uploads()]).toEqual([[], 0]);
  });

  test("that can't be ended now leaves its record for the next sweep", async () => {
    const upload = await begin();
    await write(upload, content(partBytes + 1));
    stored.stub.fault = ({ method }) => (method === "DELETE" ? { closeAfter: 0 } : undefined);
    await upload.discard();
    expect([keys().length, uploads()]).toEqual([1, 1]);
  });

  test("whose name was chosen for it is awaited, so that no other one gets it", async () => {
    const chosen: string[] = [];
    const choose: Destining = async () => {
      for (let number = 1; ; number++) {
        const name = `a${number}`;
        if (!(await folder.isFree(name))) continue;
        chosen.push(name);
        return success({ name, mode: 0o600, isNumbered: true });
      }
    };
    const both = await Promise.all([begin(choose), begin(choose)]);
    await Promise.all(both.map((upload) => write(upload, content(partBytes + 1))));
    expect(new Set(both.map(({ boundName }) => boundName))).toEqual(new Set(["a1", "a2"]));
    for (const upload of both) await upload.discard();
    expect(await folder.isFree("a1")).toBe(true);
  });
});

describe("memory", () => {
  test("of all uploads is bounded: one more waits until another one has sent its part", async () => {
    await stored[Symbol.asyncDispose]();
    stored = await openSmall({ storePartsBytesMax: partBytes });
    folder = await stored.folder();
    const [first, second] = [await begin(as("a")), await begin(as("b"))];
    await write(first, content(100));
    let isWritten = false;
    const waiting = second.write(content(100)).then(() => (isWritten = true));
    await Bun.sleep(20);
    expect(isWritten).toBe(false);
    await first.finish(0o600);
    await first.commit("a");
    await waiting;
    await second.discard();
  });

  test("isn't held by a file of a form while the next one comes", async () => {
    await stored[Symbol.asyncDispose]();
    stored = await openSmall({ storePartsBytesMax: partBytes });
    folder = await stored.folder();
    const [first, second] = [await begin(as("a")), await begin(as("b"))];
    await write(first, content(200_000));
    await first.finish(0o600);
    expect(await first.rest()).toBeUndefined();
    await write(second, content(200_000));
    await second.finish(0o600);
    expect(await first.commit("a")).toEqual({ kind: "stored" });
    expect(await second.commit("b")).toEqual({ kind: "stored" });
    expect([object("a")?.content.length, object("b")?.content.length]).toEqual([200_000, 200_000]);
  });
});
