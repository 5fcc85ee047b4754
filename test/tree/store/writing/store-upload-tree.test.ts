import { afterEach, beforeEach, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import type { UploadTree } from "../../../../src/tree/writing/upload-tree.ts";
import { pathOf } from "../../temp-tree.ts";
import { StoredTree } from "../stored-tree.ts";

let stored: StoredTree;
beforeEach(async () => (stored = await StoredTree.open({ prefix: "site" })));
afterEach(async () => await stored[Symbol.asyncDispose]());

const makeRoom = (): Promise<boolean> => Promise.resolve(false);

/** What is answered to a file for the folder at `path`. */
async function kindOf(uploads: UploadTree, path: string): Promise<string> {
  const opened = await uploads.open(pathOf(path));
  return opened.ok ? "folder" : opened.error.kind;
}

test("a folder takes files when it is there, and strangers may pass into it", async () => {
  const { stub } = stored;
  stub.put("site/in/a/x", "");
  stub.put("site/shut/", "", { "x-amz-meta-mode": "40700" });
  stub.put("site/shut/a/", "");
  stub.put("site/file", "");
  const uploads = stored.uploads();
  const paths = ["/", "/in/", "/in/a/", "/none/", "/shut/", "/shut/a/", "/file/"];
  const kinds = await Promise.all(paths.map(async (path) => await kindOf(uploads, path)));
  expect(kinds).toEqual([
    "folder",
    "folder",
    "folder",
    "absent",
    "forbidden",
    "forbidden",
    "absent",
  ]);
});

test("the folder of uploads is there before a key is in it", async () => {
  const uploads = stored.uploads("/inbox/");
  expect([await kindOf(uploads, "/inbox/"), await kindOf(uploads, "/inbox/a/")]).toEqual([
    "folder",
    "absent",
  ]);
});

test("a store that fails is told as such", async () => {
  stored.stub.fault = () => ({ status: 403, code: "AccessDenied" });
  const opened = await stored.uploads().open(pathOf("/none/"));
  expect(opened).toMatchObject({
    error: { kind: "failed", gateway: { status: 502 }, code: expect.stringContaining("403") },
  });
});

test("a quota counts what all keys below the folder have", async () => {
  stored.stub.put("site/in/a/b", "x".repeat(5000));
  stored.stub.put("site/in/.hidden", "x");
  stored.stub.put("site/other", "x".repeat(100_000));
  stored.stub.keysMax = 1;
  const folder = pathOf("/in/");
  const quota = { folder, bytesMax: 5 * 4096, makeRoom };
  const opened = await stored.folder("/in/", stored.uploads("/in/", { quota }));
  const begin = async () => {
    const begun = await opened.begin(() =>
      Promise.resolve(success({ name: "n", mode: 0o600, isNumbered: false })),
    );
    if (!begun.ok) throw new Error("not begun");
    return begun.value;
  };
  const first = await begin();
  expect(await first.write(new Uint8Array(2 * 4096 + 1))).toBe("quota");
  await first.discard();
  const second = await begin();
  expect(await second.write(new Uint8Array(2 * 4096))).toBeUndefined();
  await second.finish(0o600);
  expect(await second.commit("n")).toEqual({ kind: "stored" });
  expect(await (await begin()).lacks(1)).toBe("quota");
  expect(await opened.makeFolder("f", 0o755)).toBe("quota");
  expect(await opened.remove("n")).toBeUndefined();
  expect(await opened.makeFolder("f", 0o755)).toBeUndefined();
});

test("more keys than are counted leave no room", async () => {
  const { stub } = stored;
  for (const name of ["a", "b", "c"]) stub.put(`site/${name}`, "");
  await stored[Symbol.asyncDispose]();
  stored = await StoredTree.open({ limits: { uploadSweepEntriesMax: 2 } });
  for (const name of ["a", "b", "c"]) stored.stub.put(name, "");
  const quota = { folder: pathOf("/"), bytesMax: 1_000_000, makeRoom };
  const folder = await stored.folder("/", stored.uploads("/", { quota }));
  expect(await folder.makeFolder("f", 0o755)).toBe("quota-uncounted");
});
