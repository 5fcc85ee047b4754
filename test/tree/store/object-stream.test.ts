import { describe, expect, test } from "bun:test";

import { BrokenBody } from "../../../src/http/message/response.ts";
import type { ObjectStreams } from "../../../src/tree/store/object-stream.ts";
import { StoredTree } from "./stored-tree.ts";

type ObjectRange = Parameters<ObjectStreams["read"]>[0];

const size = 3_000_000;
const content = new Uint8Array(size).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

/** Sets the object, and says how all of it is read. */
function put(stored: StoredTree): ObjectRange {
  stored.stub.put("big.bin", content);
  const etag = `"${new Bun.CryptoHasher("md5").update(content).digest("hex")}"`;
  return { key: "big.bin", etag, size, from: 0, end: size };
}

async function octetsOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

/** The error that reading `range` ends with. */
async function errorOf(stored: StoredTree, range: ObjectRange): Promise<unknown> {
  try {
    await octetsOf(stored.streams.read(range));
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("the octets of a large object", () => {
  test("come by one request, under its version", async () => {
    await using stored = await StoredTree.open();
    const range = { ...put(stored), from: 1000, end: size - 1000 };
    const read = await octetsOf(stored.streams.read(range));
    expect(Bun.hash(read)).toBe(Bun.hash(content.subarray(1000, size - 1000)));
    const [request] = stored.stub.requests;
    expect(stored.stub.requests).toHaveLength(1);
    expect(request?.headers["if-match"]).toBe(range.etag);
    expect(request?.headers.range).toBe("bytes=1000-2998999");
    expect(stored.streams.open).toBe(0);
  });

  test("go on where the store's connection broke off", async () => {
    await using stored = await StoredTree.open();
    const range = put(stored);
    const faults = [{ closeAfter: 1_000_000 }, { status: 500 }, { closeAfter: 1_000_000 }];
    stored.stub.fault = () => faults.shift();
    const read = await octetsOf(stored.streams.read(range));
    expect(Bun.hash(read)).toBe(Bun.hash(content));
    const starts = stored.stub.requests.map(({ headers }) =>
      Number(/\d+/.exec(headers.range ?? "")),
    );
    expect(starts).toHaveLength(4);
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts.toSorted((a, b) => a - b)).toEqual(starts);
  });

  test("go on after more failures than one request has attempts", async () => {
    await using stored = await StoredTree.open({ limits: { storeTriesMax: 2 } });
    const range = put(stored);
    const faults = [{ closeAfter: 1_000_000 }, { status: 500 }, { closeAfter: 0 }, { status: 503 }];
    stored.stub.fault = () => faults.shift();
    expect(Bun.hash(await octetsOf(stored.streams.read(range)))).toBe(Bun.hash(content));
    expect(stored.stub.requests).toHaveLength(5);
  });

  test("break off when the store has failed for storeStreamTimeMs without an octet", async () => {
    await using stored = await StoredTree.open({ limits: { storeStreamTimeMs: 15_000 } });
    const range = put(stored);
    stored.stub.fault = () => {
      stored.clock.addedMs += 6000;
      return { closeAfter: 0 };
    };
    expect(await errorOf(stored, range)).toBeInstanceOf(BrokenBody);
    // The first failure is at 6 s, the last one at 24 s.
    expect(stored.stub.requests).toHaveLength(4);
  });

  test("count the time anew after each octet", async () => {
    await using stored = await StoredTree.open({ limits: { storeStreamTimeMs: 15_000 } });
    const range = put(stored);
    let times = 0;
    stored.stub.fault = () => {
      stored.clock.addedMs += 10_000;
      times++;
      return times < 5 ? { closeAfter: 500_000 } : undefined;
    };
    expect(Bun.hash(await octetsOf(stored.streams.read(range)))).toBe(Bun.hash(content));
  });

  test("wait while the circuit is open", async () => {
    await using stored = await StoredTree.open({
      limits: { storeFailuresMax: 2, storeOpenTimeMs: 100 },
    });
    const range = put(stored);
    const faults = [{ closeAfter: 0 }, { closeAfter: 0 }];
    // The list is the probe that opens the circuit.
    stored.stub.fault = ({ key }) => (key === "" ? { status: 503 } : faults.shift());
    expect(await octetsOf(stored.streams.read(range))).toHaveLength(size);
    expect(stored.stub.told().filter((line) => line.startsWith("GET big.bin"))).toHaveLength(3);
  });

  test("break off when the store has failed for too long, however seldom it was asked", async () => {
    await using stored = await StoredTree.open({
      limits: {
        storeFailuresMax: 1,
        storeTriesMax: 1e9,
        storeOpenTimeMs: 10,
        storeStreamTimeMs: 200,
      },
    });
    const range = put(stored);
    stored.stub.fault = () => ({ status: 503 });
    expect(await errorOf(stored, range)).toBeInstanceOf(BrokenBody);
  });

  test("break off when the store refuses", async () => {
    await using stored = await StoredTree.open();
    const range = put(stored);
    stored.stub.fault = () => ({ status: 403, code: "AccessDenied" });
    expect(await errorOf(stored, range)).toBeInstanceOf(BrokenBody);
    expect(stored.stub.requests).toHaveLength(1);
  });

  test.each([[[]], [["if-match"]]])(
    "break off when the object changes meanwhile, and the store ignores %p",
    async (ignores: string[]) => {
      await using stored = await StoredTree.open();
      const range = put(stored);
      const faults = [{ closeAfter: 1_000_000 }, { ignores }];
      stored.stub.fault = () => {
        const fault = faults.shift();
        if (faults.length === 0) stored.stub.put("big.bin", content.toReversed());
        return fault;
      };
      const error = await errorOf(stored, range);
      expect(error).toBeInstanceOf(BrokenBody);
      expect(String(error)).toContain("changed");
      expect(stored.streams.open).toBe(0);
    },
  );

  test("are asked for no further than the reader reads", async () => {
    await using stored = await StoredTree.open();
    const range = put(stored);
    const reading = stored.streams.read(range);
    await reading.next();
    expect(stored.streams.open).toBe(1);
    await reading.return();
    expect(stored.streams.open).toBe(0);
  });

  test("that are silent for too long are asked for anew", async () => {
    const storeResponseTimeMs = 600_000;
    const storeSilenceTimeMs = storeResponseTimeMs;
    await using stored = await StoredTree.open({
      limits: { storeResponseTimeMs, storeSilenceTimeMs },
    });
    const range = put(stored);
    const faults = [{ wait: new Promise(() => undefined) }];
    stored.stub.fault = () => faults.shift();
    const octets = octetsOf(stored.streams.read(range));
    while (stored.stub.requests.length === 0) await Bun.sleep(1);
    stored.scheduler.ringThoseOf(storeResponseTimeMs);
    expect(await octets).toHaveLength(size);
    expect(stored.stub.requests).toHaveLength(2);
  });
});

describe("more streams than connections", () => {
  test("take the connection of the one that has paused for longest, which goes on later", async () => {
    await using stored = await StoredTree.open({ limits: { storeStreamsMax: 2 } });
    const range = put(stored);
    const [first, second] = [stored.streams.read(range), stored.streams.read(range)];
    const begun = [await first.next(), await second.next()];
    stored.clock.addedMs += 10;
    expect(Bun.hash(await octetsOf(stored.streams.read(range)))).toBe(Bun.hash(content));
    expect(stored.streams.open).toBe(1);
    for (const [i, reading] of [first, second].entries()) {
      const rest = await octetsOf(reading);
      const beginning = begun[i]?.value ?? new Uint8Array(0);
      expect(Bun.hash(Buffer.concat([beginning, rest]))).toBe(Bun.hash(content));
    }
    const starts = stored.stub.requests.map(({ headers }) =>
      Number(/\d+/.exec(headers.range ?? "")),
    );
    expect(starts).toEqual([0, 0, 0, begun[0]?.value?.length ?? 0]);
    expect(stored.streams.open).toBe(0);
  });

  test("find a client that pauses only after they have begun to wait", async () => {
    await using stored = await StoredTree.open({ limits: { storeStreamsMax: 1 } });
    const range = put(stored);
    const { promise, resolve } = Promise.withResolvers<void>();
    const faults = [{ wait: promise }];
    stored.stub.fault = () => faults.shift();
    const first = stored.streams.read(range);
    const beginning = first.next();
    while (stored.stub.requests.length === 0) await Bun.sleep(1);
    const second = octetsOf(stored.streams.read(range));
    resolve();
    expect((await beginning).done).toBe(false);
    expect(await second).toHaveLength(size);
    await first.return();
    expect(stored.streams.open).toBe(0);
  });
});
