import { describe, expect, test } from "bun:test";

import { View } from "../../../src/tree/view.ts";
import { pathOf } from "../temp-tree.ts";
import { StoredTree } from "./stored-tree.ts";

/** The content of the file at `path`, or the outcome's kind. */
async function textAt(stored: StoredTree, path: string): Promise<string> {
  const found = await stored.ask(path);
  if (found.kind !== "file") return found.kind;
  return new TextDecoder().decode(found.file.content);
}

describe("an answer of the store", () => {
  test("is confirmed by a condition for each request", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    expect(await textAt(stored, "/a.txt")).toBe("one");
    expect(await textAt(stored, "/a.txt")).toBe("one");
    expect(stored.stub.told()).toEqual(["GET a.txt 206", "GET a.txt 304"]);
    stored.stub.put("a.txt", "two");
    expect(await textAt(stored, "/a.txt")).toBe("two");
    stored.stub.remove("a.txt");
    expect(await textAt(stored, "/a.txt")).toBe("absent");
    stored.stub.put("a.txt", "three");
    expect(await textAt(stored, "/a.txt")).toBe("three");
  });

  test("is the same file for all requests while it is unchanged", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    const files = [await stored.ask("/a.txt"), await stored.ask("/a.txt")];
    const [first, second] = files.map((found) => (found.kind === "file" ? found.file : undefined));
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  test("is one for all who wait, and a later request has a later question", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "old");
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waits = [{ wait: first.promise }, { wait: second.promise }];
    stored.stub.fault = () => waits.shift();
    const view = stored.view();
    const early = [textOf(stored, view), textOf(stored, view), textOf(stored, view)];
    while (stored.stub.requests.length < 1) await Bun.sleep(1);
    const late = [textAt(stored, "/a.txt"), textAt(stored, "/a.txt")];
    first.resolve();
    expect(await Promise.all(early)).toEqual(["old", "old", "old"]);
    while (stored.stub.requests.length < 2) await Bun.sleep(1);
    stored.stub.put("a.txt", "new");
    second.resolve();
    expect(await Promise.all(late)).toEqual(["new", "new"]);
    expect(stored.stub.told()).toEqual(["GET a.txt 206", "GET a.txt 206"]);
  });

  test("that can be done without is none for one who needs it", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    const faults = [{ status: 503 }];
    stored.stub.fault = () => faults.shift();
    const view = stored.view();
    const optional = stored.tree.openFile(pathOf("/a.txt"), view);
    // Only this one is asked for again.
    expect(await textOf(stored, view)).toBe("one");
    expect(["file", "failed"]).toContain((await optional).kind);
  });

  test("of a metadata that changed under the same entity tag is seen", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one", { "x-amz-meta-mode": "100644" });
    expect(await stored.tell("/a.txt")).toContain("file");
    stored.stub.put("a.txt", "one", { "x-amz-meta-mode": "100600" }, stored.stub.nowMs - 60_000);
    expect(await stored.peek("/a.txt")).toBe("forbidden");
    expect(stored.stub.told()).toEqual(["GET a.txt 206", "GET a.txt 304", "GET a.txt 206"]);
  });

  test("that is younger than the unit of its date is read anew", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one", {}, stored.stub.nowMs - 500);
    await stored.ask("/a.txt");
    await stored.ask("/a.txt");
    expect(stored.stub.told()).toEqual(["GET a.txt 206", "GET a.txt 206"]);
  });
});

async function textOf(stored: StoredTree, view: ReturnType<StoredTree["view"]>): Promise<string> {
  const found = await stored.tree.open(pathOf("/a.txt"), view);
  return found.kind === "file" ? new TextDecoder().decode(found.file.content) : found.kind;
}

describe("an answer that is fresh for some seconds", () => {
  test("is used without a question, and at once", async () => {
    await using stored = await StoredTree.open({ store: { fresh: 10 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "one");
    expect(await textAt(stored, "/a.txt")).toBe("one");
    stored.stub.told();
    stored.stub.put("a.txt", "two");
    expect(stored.tree.open(pathOf("/a.txt"), stored.view())).not.toBeInstanceOf(Promise);
    stored.clock.addedMs = 9999;
    expect(await textAt(stored, "/a.txt")).toBe("one");
    expect(stored.stub.told()).toEqual([]);
    stored.clock.addedMs = 10_000;
    expect(await textAt(stored, "/a.txt")).toBe("two");
    expect(stored.stub.told()).toEqual(["GET a.txt 206"]);
  });

  test("is also that there is nothing", async () => {
    await using stored = await StoredTree.open({ store: { fresh: 10 } });
    stored.clock.stop();
    expect(await textAt(stored, "/a.txt")).toBe("absent");
    stored.stub.told();
    stored.stub.put("a.txt", "one");
    expect(await textAt(stored, "/a.txt")).toBe("absent");
    expect(stored.stub.told()).toEqual([]);
    stored.clock.addedMs = 10_000;
    expect(await textAt(stored, "/a.txt")).toBe("one");
  });

  test("can be depended on, so that a response is given out again", async () => {
    await using stored = await StoredTree.open({ store: { fresh: 10 } });
    stored.clock.stop();
    stored.stub.put("docs/a.txt", "one");
    const view = stored.view();
    await stored.tree.open(pathOf("/docs/a.txt"), view);
    expect(view.dependencies).toHaveLength(2);
    const since = stored.logicalClock.tick();
    const areCurrent = (): boolean =>
      view.dependencies?.every((dependency) => dependency.isCurrent(since)) === true;
    expect(areCurrent()).toBe(true);
    stored.clock.addedMs = 10_000;
    expect(areCurrent()).toBe(false);
  });

  test("but without that no response depends on one", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    const view = stored.view();
    await stored.tree.open(pathOf("/a.txt"), view);
    expect(view.dependencies).toBeUndefined();
  });
});

describe("when the store fails", () => {
  const failing = { status: 403 };

  test("its failure is the answer", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    await stored.ask("/a.txt");
    stored.stub.fault = () => failing;
    expect(await stored.ask("/a.txt")).toMatchObject({
      kind: "failed",
      gateway: { status: 502, retryAfterSeconds: 1 },
    });
    stored.stub.fault = undefined;
    expect(await textAt(stored, "/a.txt")).toBe("one");
  });

  test("an answer that was confirmed not too long ago is used if that is allowed", async () => {
    await using stored = await StoredTree.open({ store: { staleIfError: 60 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "one");
    await stored.ask("/a.txt");
    await stored.ask("/nothing");
    stored.stub.fault = () => failing;
    stored.clock.addedMs = 59_000;
    expect(await textAt(stored, "/a.txt")).toBe("one");
    expect(await textAt(stored, "/nothing")).toBe("absent");
    expect(await textAt(stored, "/other")).toBe("failed");
    stored.clock.addedMs = 61_000;
    expect(await textAt(stored, "/a.txt")).toBe("failed");
    stored.stub.fault = undefined;
    stored.stub.put("a.txt", "two");
    expect(await textAt(stored, "/a.txt")).toBe("two");
  });
});

/** Lets the requests that wait be answered, so that the store can be stopped. */
async function wake({ stub }: StoredTree, resolve: () => void): Promise<void> {
  stub.fault = undefined;
  resolve();
  while (stub.requests.some(({ isOver }) => !isOver)) await Bun.sleep(1);
}

describe("while the store is silent", () => {
  const storeOptionalTimeMs = 600_000;
  const storeSilenceTimeMs = 700_000;
  const deadlines = { storeResponseTimeMs: 900_000, storeTimeMs: 900_000 };
  const limits = { storeOptionalTimeMs, storeSilenceTimeMs, ...deadlines };
  const store = { staleIfError: 3600 };

  test("an answer that may be stale is waited for as long as one that can be done without", async () => {
    await using stored = await StoredTree.open({ store, limits });
    stored.clock.stop();
    stored.stub.put("docs/a.txt", "one");
    await stored.ask("/docs/a.txt");
    stored.stub.told();
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: promise });
    stored.stub.put("docs/a.txt", "two");
    const asked = textAt(stored, "/docs/a.txt");
    while (stored.stub.requests.length < 2) await Bun.sleep(1);
    stored.scheduler.ringThoseOf(storeOptionalTimeMs);
    expect(await asked).toBe("one");
    // The question stays under way, and what it comes to is there for the next one.
    const silence = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: silence.promise });
    resolve();
    const tagOf = (): string | undefined => stored.tree.cache.lastFacts("docs/a.txt")?.etag;
    for (const before = tagOf(); tagOf() === before;) await Bun.sleep(1);
    const next = textAt(stored, "/docs/a.txt");
    while (stored.stub.requests.length < 4) await Bun.sleep(1);
    stored.clock.addedMs = storeOptionalTimeMs;
    expect(await textAt(stored, "/docs/a.txt")).toBe("two");
    stored.scheduler.ringThoseOf(storeOptionalTimeMs);
    expect(await next).toBe("two");
    await wake(stored, silence.resolve);
  });

  test("is used at once when another question has waited for so long", async () => {
    await using stored = await StoredTree.open({ store, limits });
    stored.clock.stop();
    stored.stub.put("a.txt", "one");
    await stored.ask("/a.txt");
    expect(await stored.list("/")).toHaveLength(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: promise });
    stored.stub.told();
    const unknown = stored.ask("/b.txt");
    while (stored.stub.requests.length < 1) await Bun.sleep(1);
    stored.clock.addedMs = storeOptionalTimeMs;
    expect(await textAt(stored, "/a.txt")).toBe("one");
    expect(await stored.list("/")).toHaveLength(1);
    await wake(stored, resolve);
    expect((await unknown).kind).toBe("absent");
  });

  test("is used at once while the circuit is open, also by the one that is let through", async () => {
    await using stored = await StoredTree.open({ store, limits });
    stored.clock.stop();
    stored.stub.put("a.txt", "one");
    await stored.ask("/a.txt");
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: promise });
    stored.stub.told();
    const unknown = stored.ask("/b.txt");
    // The question, then the probe.
    for (const count of [1, 2]) {
      while (stored.stub.requests.length < count) await Bun.sleep(1);
      stored.scheduler.ringThoseOf(storeSilenceTimeMs);
    }
    expect((await unknown).kind).toBe("failed");
    expect(await textAt(stored, "/a.txt")).toBe("one");
    stored.stub.told();
    stored.clock.addedMs = 2000;
    expect(await textAt(stored, "/a.txt")).toBe("one");
    while (stored.stub.requests.length < 2) await Bun.sleep(1);
    const put = stored.stub.requests.map(({ method, key }) => `${method} ${key}`);
    expect(put.toSorted()).toEqual(["GET a.txt", "HEAD a.txt"]);
    await wake(stored, resolve);
  });
});

describe("what is kept", () => {
  test("is bounded, and is made of what is asked for again", async () => {
    const fileCacheBytesMax = 10_000;
    await using stored = await StoredTree.open({ limits: { fileCacheBytesMax } });
    for (let i = 0; i < 20; i++) stored.stub.put(`${i}.txt`, "x".repeat(2000));
    for (let i = 0; i < 20; i++) await stored.ask(`/${i}.txt`);
    stored.stub.told();
    for (let i = 0; i < 3; i++) await stored.ask(`/${i}.txt`);
    expect(stored.stub.told()).toEqual(["GET 0.txt 304", "GET 1.txt 304", "GET 2.txt 304"]);
  });

  test("is not driven out by what is read through once", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    await stored.tree.open(pathOf("/a.txt"), View.passing());
    await stored.tree.open(pathOf("/a.txt"), View.passing());
    expect(stored.stub.told()).toEqual(["GET a.txt 206", "GET a.txt 206"]);
  });
});
