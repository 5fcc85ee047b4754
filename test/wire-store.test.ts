/**
 * The wire scripts against an object store. A script's tree becomes objects: names, contents, and
 * modes and dates in the metadata, as rclone writes them.
 */

import { readFileSync } from "node:fs";

import { nameText } from "../src/base/file-name.ts";
import { contentBytes } from "../src/check/play/script-tree.ts";
import type { Script } from "../src/check/script/script.ts";
import { latin1Bytes } from "../src/http/octets/bytes.ts";
import { StoreStub } from "./tree/store/store-stub.ts";
import type { ServedTree } from "./wire-on-tree.ts";
import { mtimeMsDefault, playWireScripts } from "./wire-on-tree.ts";

async function objectsOf({ tree }: Script, fresh: number): Promise<ServedTree> {
  const stub = await StoreStub.start();
  for (const entry of tree) {
    if (entry.kind !== "file" && entry.kind !== "dir") continue;
    const key = nameText(latin1Bytes(entry.path));
    const type = entry.kind === "dir" ? 0o040000 : 0o100000;
    const { mode, mtimeMs = mtimeMsDefault } = entry;
    const fields = {
      "x-amz-meta-mode": (type | mode).toString(8),
      "x-amz-meta-mtime": `${mtimeMs / 1000}`,
    };
    if (entry.kind === "dir") stub.put(`${key}/`, "", fields, mtimeMs);
    else stub.put(key, contentBytes(entry.content), fields, mtimeMs);
  }
  const { root, store } = stub.options();
  const options = { root, store: { ...store, fresh } };
  return { options, end: async () => await stub.stop(), isWritable: true };
}

/** A command that mends a file on disk; for an object, `store.test.ts` has the metadata instead. */
const command = /\bchmod o\+r?x? /;

/** Why `script` is about something that no store has; undefined when it isn't. */
function reasonToLeaveOut({ file, tree }: Script): string | undefined {
  if (command.test(readFileSync(file, "utf8"))) return "names the command that mends a file";
  const names = tree.map(({ path }) => nameText(latin1Bytes(path)));
  return names.every((name) => name.isWellFormed()) ? undefined : "has names that are not UTF-8";
}

playWireScripts(
  "an object store that is always asked",
  async (script) => await objectsOf(script, 0),
  reasonToLeaveOut,
);

playWireScripts(
  "an object store whose answers are fresh for a minute",
  async (script) => await objectsOf(script, 60),
  reasonToLeaveOut,
);
