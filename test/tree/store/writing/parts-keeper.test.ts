import { expect, test } from "bun:test";

import { SystemClock } from "../../../../src/schedule/clock.ts";
import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { ObjectWriter } from "../../../../src/tree/store/writing/object-writer.ts";
import { PlainKeeper } from "../../../../src/tree/store/writing/parts-keeper.ts";
import { PartsRecords } from "../../../../src/tree/store/writing/parts-records.ts";
import { StoredTree } from "../stored-tree.ts";

test("a record is there from the beginning of an upload to its end", async () => {
  await using stored = await StoredTree.open();
  const { client, reader, stub } = stored;
  const records = new PartsRecords({ writer: new ObjectWriter(client), reader, prefix: "" });
  const keeper = new PlainKeeper({ records, clock: new SystemClock(new EventLoop()) });
  const facts = { mode: 0o100600, mtimeMs: 0, mediaType: "", token: "" };
  const upload = { name: "a", key: "a", uploadId: "id", facts, parts: [], isAwaited: false };
  expect(await keeper.begun(upload)).toBeUndefined();
  const [key = ""] = stub.stored.objects.keys();
  const read = await records.read(key.replace(".json", ""));
  expect(read).toMatchObject({ record: { key: "a", uploadId: "id", resumable: undefined } });
  await keeper.over();
  expect(stub.stored.objects.size).toBe(0);
  stub.fault = () => ({ status: 403, code: "AccessDenied" });
  expect(await keeper.begun(upload)).toMatchObject({ status: 502 });
});
