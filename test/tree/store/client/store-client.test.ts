import { describe, expect, test } from "bun:test";

import { readUpTo, StoreFailure } from "../../../../src/tree/store/client/store-client.ts";
import { StoredTree } from "../stored-tree.ts";

const get = { method: "GET", key: "a.txt" } as const;

/** What `stored` gets for `a.txt`, or what `asked` says, as text. */
async function ask(
  stored: StoredTree,
  asked: { readonly key?: string; readonly isOptional?: boolean } = {},
): Promise<string | StoreFailure> {
  return await stored.client.ask({ ...get, ...asked }, async (answer) => {
    const { content } = await readUpTo(answer, 1000);
    const announced = Number(answer.headers.get("content-length"));
    if (content.length < announced) throw new Error("short");
    return new TextDecoder().decode(content);
  });
}

/** Waits until the circuit is open. */
async function open(stored: StoredTree): Promise<void> {
  while (true) {
    const begun = await stored.client.begin({ method: "HEAD", key: "" }, new AbortController());
    if (!(begun instanceof Response) && begun.isPassing === "later") return;
  }
}

describe("a request to a store", () => {
  test("is repeated after a failure that may pass", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "hello");
    const faults = [{ closeAfter: 0 }, { status: 503, code: "SlowDown" }];
    stored.stub.fault = () => faults.shift();
    expect(await ask(stored)).toBe("hello");
    expect(stored.stub.told()).toEqual(["GET a.txt 0", "GET a.txt 503", "GET a.txt 200"]);
  });

  test("is repeated after an answer that broke off", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "hello");
    const faults = [{ closeAfter: 2 }];
    stored.stub.fault = () => faults.shift();
    expect(await ask(stored)).toBe("hello");
  });

  test.each([
    [403, 502, "AccessDenied", ["GET a.txt 403"]],
    [500, 502, "InternalError", ["GET a.txt 500", "GET a.txt 500", "GET a.txt 500"]],
    [503, 503, "SlowDown", ["GET a.txt 503", "GET a.txt 503", "GET a.txt 503"]],
    [429, 503, "SlowDown", ["GET a.txt 429", "GET a.txt 429", "GET a.txt 429"]],
    [504, 504, "Late", ["GET a.txt 504", "GET a.txt 504", "GET a.txt 504"]],
  ])("that is answered %d fails as %d", async (status, failed, code, requests) => {
    await using stored = await StoredTree.open();
    stored.stub.fault = () => ({ status, code, retryAfter: "7" });
    const failure = await ask(stored);
    expect(failure).toBeInstanceOf(StoreFailure);
    expect(failure).toMatchObject({
      status: failed,
      reason: `the object store answered ${status} ${code}`,
      retryAfterSeconds: 7,
    });
    expect(stored.stub.told()).toEqual(requests);
  });

  test("that gets no answer fails as 504", async () => {
    await using stored = await StoredTree.open({ limits: { storeResponseTimeMs: 300 } });
    stored.stub.fault = () => ({ wait: new Promise(() => undefined) });
    expect(await ask(stored)).toMatchObject({ status: 504 });
    expect(stored.stub.requests).toHaveLength(3);
  });

  test("that can't be sent fails as 502", async () => {
    const stored = await StoredTree.open();
    await stored.stub.stop();
    expect(await ask(stored)).toMatchObject({ status: 502 });
  });

  test("isn't sent while the circuit is open", async () => {
    await using stored = await StoredTree.open({ limits: { storeFailuresMax: 3 } });
    stored.stub.put("a.txt", "hello");
    expect(await ask(stored)).toBe("hello");
    stored.stub.fault = () => ({ status: 500 });
    await ask(stored);
    await open(stored);
    // What was there is asked for once more before the circuit opens.
    const told = stored.stub.told().filter((line) => !line.startsWith("HEAD list"));
    expect(told).toEqual([
      "GET a.txt 200",
      "GET a.txt 500",
      "GET a.txt 500",
      "GET a.txt 500",
      "HEAD a.txt 500",
    ]);
    stored.stub.fault = undefined;
    expect(await ask(stored)).toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(stored.stub.told()).toEqual([]);
    stored.clock.addedMs = 1001;
    expect(await ask(stored)).toBe("hello");
  });

  test("is sent while others fail, if what is there can be had", async () => {
    await using stored = await StoredTree.open({ limits: { storeFailuresMax: 3 } });
    stored.stub.put("a.txt", "hello");
    stored.stub.loseNodes();
    for (let i = 0; i < 20; i++) {
      // Nothing is known to be there at first: a list names it.
      expect(await ask(stored, { key: `no${i}.txt` })).toMatchObject({ status: 503 });
    }
    expect(await ask(stored)).toBe("hello");
    const told = stored.stub.told();
    expect(told.filter((line) => line === "HEAD a.txt 200")).toHaveLength(1);
  });

  test("isn't repeated while so many have failed in a row", async () => {
    await using stored = await StoredTree.open({ limits: { storeFailuresMax: 3 } });
    // The probe has no answer yet.
    stored.stub.fault = ({ query }) =>
      query.has("list-type") ? { wait: new Promise(() => undefined) } : { status: 503 };
    await ask(stored);
    expect(stored.stub.told().filter((line) => line === "GET a.txt 503")).toHaveLength(3);
    await ask(stored);
    expect(stored.stub.told().filter((line) => line === "GET a.txt 503")).toHaveLength(1);
  });

  test("waits for its turn, and is refused when too many wait", async () => {
    await using stored = await StoredTree.open({
      limits: { storeRequestsMax: 1, storeQueueMax: 1 },
    });
    stored.stub.put("a.txt", "hello");
    const answers = await Promise.all([ask(stored), ask(stored), ask(stored)]);
    expect(
      answers.map((answer) => (answer instanceof StoreFailure ? answer.status : answer)),
    ).toEqual(["hello", "hello", 503]);
  });

  test("is signed for the very host, and asks for octets that aren't coded", async () => {
    await using stored = await StoredTree.open();
    await ask(stored);
    const [request] = stored.stub.requests;
    expect(request?.headers["authorization"]).toContain("Credential=key/");
    expect(request?.headers["accept-encoding"]).toBe("identity");
    expect(request?.headers.host).toBe(new URL(stored.stub.endpoint).host);
  });
});

/** Waits until the store has got `count` requests since it was last asked what it got. */
async function gotten({ stub }: StoredTree, count: number): Promise<void> {
  while (stub.requests.length < count) await Bun.sleep(1);
}

describe("requests to a store that takes connections and answers nothing", () => {
  const storeSilenceTimeMs = 600_000;
  const limits = { storeSilenceTimeMs, storeResponseTimeMs: 9_000_000, storeTimeMs: 9_000_001 };

  test("all end as soon as that is known, without another attempt, and later ones aren't sent", async () => {
    await using stored = await StoredTree.open({ limits: { ...limits, storeRequestsMax: 4 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "hello");
    expect(await ask(stored)).toBe("hello");
    stored.stub.told();
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: promise });
    // Some of them wait for their turn.
    const asked = Array.from({ length: 10 }, () => ask(stored));
    await gotten(stored, 4);
    stored.scheduler.ringThoseOf(storeSilenceTimeMs);
    await gotten(stored, 5);
    stored.scheduler.ringThoseOf(storeSilenceTimeMs);
    const failures = await Promise.all(asked);
    const statuses = failures.map((failure) => (failure as StoreFailure).status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([
      ...Array(6).fill(503),
      ...Array(4).fill(504),
    ]);
    for (const failure of failures) expect(failure).toMatchObject({ retryAfterSeconds: 1 });
    const told = (): string[] => stored.stub.told().toSorted();
    expect(told()).toEqual([...Array(4).fill("GET a.txt 0"), "HEAD a.txt 0"]);
    expect(await ask(stored)).toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(told()).toEqual([]);
    // One that is let through is let go with the probe.
    stored.clock.addedMs = 1000;
    const through = ask(stored);
    await gotten(stored, 2);
    expect(await ask(stored)).toMatchObject({ status: 503 });
    stored.scheduler.ringThoseOf(storeSilenceTimeMs);
    expect(await through).toMatchObject({ status: 504 });
    stored.clock.addedMs = 2000;
    stored.stub.fault = undefined;
    expect(await ask(stored)).toBe("hello");
    resolve();
  });

  test("go on while it answers anything else", async () => {
    await using stored = await StoredTree.open({ limits });
    stored.clock.stop();
    stored.stub.put("a.txt", "hello");
    stored.stub.put("b.txt", "there");
    expect(await ask(stored, { key: "b.txt" })).toBe("there");
    stored.stub.told();
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = ({ key }) => (key === "a.txt" ? { wait: promise } : undefined);
    const slow = ask(stored);
    await gotten(stored, 1);
    const probes = (): number => stored.stub.requests.length - 1;
    // The store is looked at again when nothing was answered after the last look.
    while (probes() < 2) {
      stored.clock.addedMs += 1000;
      stored.scheduler.ringThoseOf(storeSilenceTimeMs);
      // Besides that of the question, which goes on, there is one of a probe.
      while (stored.scheduler.countOf(storeSilenceTimeMs) > 1) await Bun.sleep(1);
    }
    expect(stored.scheduler.countOf(storeSilenceTimeMs)).toBe(1);
    resolve();
    expect(await slow).toBe("hello");
  });

  test("don't wait for a connection that was kept, the second time", async () => {
    const storeResponseTimeMs = storeSilenceTimeMs;
    await using stored = await StoredTree.open({ limits: { ...limits, storeResponseTimeMs } });
    stored.stub.put("a.txt", "hello");
    expect(await ask(stored)).toBe("hello");
    // What comes on a connection that has had a request is lost.
    const used = new Set<unknown>();
    stored.stub.fault = ({ socket }) => {
      if (used.has(socket)) return { wait: new Promise(() => undefined) };
      used.add(socket);
      return undefined;
    };
    const hellos = ["hello", "hello", "hello"];
    for (let times = 0; times < 2; times++) {
      stored.stub.told();
      const asked: Promise<unknown>[] = hellos.map(() => ask(stored));
      await gotten(stored, 3);
      stored.scheduler.ringThoseOf(storeResponseTimeMs);
      expect(await Promise.all(asked)).toEqual(hellos);
    }
  });
});

describe("an optional question", () => {
  const optional = { key: "a.txt.br", isOptional: true };

  test("is put once, and its failures keep no other from being put", async () => {
    await using stored = await StoredTree.open({ limits: { storeFailuresMax: 3 } });
    stored.stub.put("a.txt", "hello");
    stored.stub.loseNodes();
    for (let i = 0; i < 3; i++) {
      expect(await ask(stored, optional)).toMatchObject({ status: 503 });
      expect(stored.stub.told()).toEqual(["GET a.txt.br 503"]);
    }
    // Three in a row: none is put for a while, and all else is.
    expect(await ask(stored, optional)).toMatchObject({ status: 503 });
    expect(stored.stub.told()).toEqual([]);
    expect(await ask(stored)).toBe("hello");
    stored.clock.addedMs = 1001;
    stored.stub.fault = undefined;
    stored.stub.put("a.txt.br", "coded");
    expect(await ask(stored, optional)).toBe("coded");
    expect(await ask(stored, optional)).toBe("coded");
  });

  test("has a deadline of its own", async () => {
    await using stored = await StoredTree.open({
      limits: { storeOptionalTimeMs: 50, storeResponseTimeMs: 600_000, storeTimeMs: 600_000 },
    });
    stored.stub.fault = () => ({ wait: new Promise(() => undefined) });
    expect(await ask(stored, optional)).toMatchObject({ status: 504 });
    expect(stored.stub.requests).toHaveLength(1);
  });

  test("isn't put while the circuit is open", async () => {
    await using stored = await StoredTree.open({ limits: { storeFailuresMax: 3 } });
    stored.stub.fault = () => ({ status: 500 });
    await ask(stored);
    await open(stored);
    stored.stub.told();
    expect(await ask(stored, optional)).toMatchObject({ status: 503 });
    expect(stored.stub.told()).toEqual([]);
  });
});

const octets = (count: number): Response => new Response(new Uint8Array(count).fill(65));

describe("a body", () => {
  test("is read up to a bound", async () => {
    expect(await readUpTo(octets(3), 3)).toEqual({
      content: new Uint8Array([65, 65, 65]),
      isWhole: true,
    });
    expect(await readUpTo(octets(4), 3)).toEqual({
      content: new Uint8Array([65, 65, 65]),
      isWhole: false,
    });
  });
});
