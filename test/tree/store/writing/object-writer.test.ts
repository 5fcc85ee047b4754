import { afterEach, describe, expect, test } from "bun:test";

import { StoreFailure } from "../../../../src/tree/store/client/store-client.ts";
import { contentOf, ObjectWriter } from "../../../../src/tree/store/writing/object-writer.ts";
import { StoredTree } from "../stored-tree.ts";
import type { StubFault } from "../store-stub.ts";

let stored: StoredTree | undefined;
afterEach(async () => {
  await stored?.[Symbol.asyncDispose]();
  stored = undefined;
});

/** A writer, and the store in memory that it writes to. */
async function open(limits = {}) {
  stored = await StoredTree.open({ limits });
  const { stub, client } = stored;
  return { stub, writer: new ObjectWriter(client) };
}

const facts = {
  mode: 0o100640,
  mtimeMs: 1_700_000_000_250,
  mediaType: "text/plain",
  token: "token-1",
} as const;

const octets = (text: string) => contentOf(new TextEncoder().encode(text));

/** What `fault` does to the first request that `is` describes, and to no other. */
function once(method: string, fault: StubFault) {
  let isDone = false;
  return (request: { readonly method: string }): StubFault | undefined => {
    if (isDone || request.method !== method) return undefined;
    isDone = true;
    return fault;
  };
}

describe("an object by one request", () => {
  test("has its octets, its mode as rclone writes it, its time and its type", async () => {
    const { stub, writer } = await open();
    const written = await writer.put("a b.txt", octets("one"), facts, { kind: "nothing" });
    const object = stub.stored.objects.get("a b.txt");
    expect(written).toEqual({ kind: "written", etag: object?.etag ?? "" });
    expect(new TextDecoder().decode(object?.content)).toBe("one");
    expect(object?.fields).toEqual({
      "content-type": "text/plain",
      "x-amz-meta-mode": "100640",
      "x-amz-meta-mtime": "1700000000.250",
      "x-amz-meta-postern-upload": "token-1",
    });
  });

  test("is taken when the condition is false, and nothing is changed", async () => {
    const { stub, writer } = await open();
    stub.put("a", "old");
    expect(await writer.put("a", octets("new"), facts, { kind: "nothing" })).toEqual({
      kind: "taken",
    });
    const other = { kind: "object", etag: '"other"' } as const;
    expect(await writer.put("a", octets("new"), facts, other)).toEqual({ kind: "taken" });
    expect(new TextDecoder().decode(stub.stored.objects.get("a")?.content)).toBe("old");
  });

  test("is there when the answer is lost, and the repeated request finds it taken", async () => {
    const { stub, writer } = await open();
    stub.fault = once("PUT", { losesAnswer: true });
    const written = await writer.put("a", octets("one"), facts, { kind: "nothing" });
    expect(written).toMatchObject({ kind: "written" });
    expect(stub.told()).toEqual(["PUT a 200", "PUT a 412", "HEAD a 200"]);
  });

  test("is there when all answers are lost", async () => {
    const { stub, writer } = await open();
    stub.fault = ({ method }) => (method === "PUT" ? { losesAnswer: true } : undefined);
    expect(await writer.put("a", octets("one"), facts, { kind: "any" })).toMatchObject({
      kind: "written",
    });
  });

  test("of another writer isn't taken for the own one", async () => {
    const { stub, writer } = await open();
    stub.put("a", "other", { "x-amz-meta-postern-upload": "token-2" });
    stub.fault = ({ method }) => (method === "PUT" ? { closeAfter: 0 } : undefined);
    const written = await writer.put("a", octets("one"), facts, { kind: "any" });
    expect(written).toBeInstanceOf(StoreFailure);
  });

  test("is repeated when the store fails, and when the line breaks in mid of it", async () => {
    const { stub, writer } = await open();
    stub.fault = once("PUT", { status: 503, code: "SlowDown" });
    const slow = await writer.put("a", octets("one"), facts, { kind: "nothing" });
    expect(slow).toMatchObject({ kind: "written" });
    stub.fault = once("PUT", { breaksAfter: 1 });
    const big = contentOf(new Uint8Array(3_000_000));
    expect(await writer.put("b", big, facts, { kind: "nothing" })).toMatchObject({
      kind: "written",
    });
    expect(stub.stored.objects.get("b")?.content.length).toBe(3_000_000);
  });

  test("is refused as the store says it", async () => {
    const { stub, writer } = await open();
    stub.fault = () => ({ status: 403, code: "AccessDenied" });
    const written = await writer.put("a", octets("one"), facts, { kind: "nothing" });
    expect(written).toMatchObject({
      status: 502,
      reason: "the object store answered 403 AccessDenied",
    });
  });

  test("is written without a condition by a store that answers 501 to one", async () => {
    const { stub, writer } = await open();
    stub.fault = ({ method, headers }) =>
      method === "PUT" && headers["if-none-match"] !== undefined
        ? { status: 501, code: "NotImplemented" }
        : undefined;
    expect(await writer.put("a", octets("one"), facts, { kind: "nothing" })).toMatchObject({
      kind: "written",
    });
    await writer.put("b", octets("one"), facts, { kind: "nothing" });
    expect(stub.told()).toEqual(["PUT a 501", "PUT a 200", "PUT b 200"]);
  });
});

test("a true condition that the store finds false is sent otherwise, and then left out", async () => {
  const { stub, writer } = await open();
  stub.put("a", "old");
  const etag = stub.stored.objects.get("a")?.etag ?? "";
  const sent: unknown[] = [];
  stub.fault = ({ method, headers }) => {
    if (method !== "PUT") return undefined;
    sent.push(headers["if-match"]);
    return headers["if-match"] === undefined
      ? undefined
      : { status: 412, code: "PreconditionFailed" };
  };
  const condition = { kind: "object", etag } as const;
  expect(await writer.put("a", octets("new"), facts, condition)).toMatchObject({ kind: "written" });
  expect(sent).toEqual([etag, etag.replaceAll('"', ""), undefined]);
  expect(await writer.put("a", octets("newer"), facts, { kind: "any" })).toMatchObject({
    kind: "written",
  });
});

describe("an object in parts", () => {
  const part = new Uint8Array(5 * 1024 * 1024).fill(7);

  /** An upload with one part. */
  async function begun(more = {}) {
    const opened = await open(more);
    const uploadId = await opened.writer.begin("a", facts);
    if (typeof uploadId !== "string") throw new Error("no upload");
    const place = { key: "a", uploadId, number: 1 };
    const etag = await opened.writer.putPart(place, contentOf(part));
    if (typeof etag !== "string") throw new Error("no part");
    opened.stub.told();
    const parts = [{ number: 1, etag, size: part.length, modifiedMs: 0 }];
    const complete = async (condition: Parameters<ObjectWriter["complete"]>[4]) =>
      await opened.writer.complete("a", uploadId, parts, facts.token, condition);
    return { ...opened, uploadId, parts, complete };
  }

  test("is there when it is complete, and not before", async () => {
    const { stub, complete } = await begun();
    expect([...stub.stored.objects.keys()]).toEqual([]);
    expect(await complete({ kind: "nothing" })).toMatchObject({ kind: "written" });
    expect(stub.stored.objects.get("a")?.content.length).toBe(part.length);
    expect(stub.stored.objects.get("a")?.fields["x-amz-meta-mode"]).toBe("100640");
    expect(stub.stored.uploads.size).toBe(0);
  });

  test("is taken when the condition is false", async () => {
    const { stub, complete } = await begun();
    stub.put("a", "old");
    expect(await complete({ kind: "nothing" })).toEqual({ kind: "taken" });
    expect(await complete({ kind: "object", etag: '"x"' })).toEqual({ kind: "taken" });
    const etag = stub.stored.objects.get("a")?.etag ?? "";
    expect(await complete({ kind: "object", etag })).toMatchObject({ kind: "written" });
  });

  test("is there when the answer to completing it is lost", async () => {
    const { stub, complete } = await begun();
    stub.fault = once("POST", { losesAnswer: true });
    expect(await complete({ kind: "nothing" })).toMatchObject({ kind: "written" });
    expect(stub.told()).toEqual(["POST a complete 200", "POST a complete 404", "HEAD a 200"]);
  });

  test("is completed again when 200 has an error in it", async () => {
    const { stub, complete } = await begun();
    stub.fault = once("POST", { errorInside: "InternalError" });
    expect(await complete({ kind: "nothing" })).toMatchObject({ kind: "written" });
    stub.stored.objects.clear();
  });

  test("is taken when 200 has a refused condition in it", async () => {
    const { stub, complete } = await begun();
    stub.put("a", "old");
    stub.fault = once("POST", { errorInside: "PreconditionFailed" });
    expect(await complete({ kind: "nothing" })).toEqual({ kind: "taken" });
  });

  test("isn't made of parts that another process has sent", async () => {
    const { stub, writer, uploadId, complete } = await begun();
    await writer.putPart({ key: "a", uploadId, number: 1 }, contentOf(new Uint8Array(9)));
    expect(await complete({ kind: "nothing" })).toMatchObject({
      reason: "the object store answered 400 InvalidPart",
    });
    expect([...stub.stored.objects.keys()]).toEqual([]);
  });

  test("has its parts listed, a piece at a time", async () => {
    const { stub, writer, uploadId } = await begun();
    stub.keysMax = 2;
    for (const number of [2, 3, 4, 5]) {
      await writer.putPart({ key: "a", uploadId, number }, octets(`part ${number}`));
    }
    const parts = await writer.parts("a", uploadId);
    if (parts === undefined || parts instanceof StoreFailure) throw new Error("no parts");
    expect(parts.map(({ number, size }) => [number, size])).toEqual([
      [1, part.length],
      [2, 6],
      [3, 6],
      [4, 6],
      [5, 6],
    ]);
    expect(await writer.parts("a", "none")).toBeUndefined();
  });

  test("leaves nothing when it is ended, twice, too", async () => {
    const { stub, writer, uploadId } = await begun();
    expect(await writer.abort("a", uploadId)).toBeUndefined();
    expect(await writer.abort("a", uploadId)).toBeUndefined();
    expect(stub.stored.uploads.size).toBe(0);
  });
});

test("an object is removed; with a tag only the one that has it", async () => {
  const { stub, writer } = await open();
  stub.put("a", "one");
  expect(await writer.remove("a", '"other"')).toBe("taken");
  expect(await writer.remove("a", stub.stored.objects.get("a")?.etag)).toBe("removed");
  expect(await writer.remove("a")).toBe("removed");
  expect(stub.stored.objects.size).toBe(0);
});
