import { describe, expect, test } from "bun:test";

import type { QuotaRoom } from "../../../src/tree/writing/upload-quota.ts";
import { UploadQuota } from "../../../src/tree/writing/upload-quota.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

const block = 4096;
const recountMs = 10_000;

/** A quota of `blocks` over a folder that holds `there` blocks. */
class Folder {
  readonly clock = new FakeClock();
  readonly quota: UploadQuota;
  there: number | undefined;
  counts = 0;
  /** What is waited for before a count is done. */
  until: Promise<void> = Promise.resolve();
  /** The rooms of files that are written too slowly. */
  readonly slow: QuotaRoom[] = [];
  /** The names that a count leaves out. */
  isLeftOut: (name: string) => boolean = () => false;

  constructor(blocks: number, there: number | undefined = 0) {
    this.there = there;
    this.quota = new UploadQuota({
      bytesMax: blocks * block,
      count: async (isLeftOut) => {
        this.counts++;
        this.isLeftOut = isLeftOut;
        const found = this.there;
        await this.until;
        return found === undefined ? undefined : found * block;
      },
      clock: this.clock,
      recountMs,
      makeRoom: () => {
        const room = this.slow.shift();
        room?.release();
        return Promise.resolve(room !== undefined);
      },
    });
  }
}

describe("a quota", () => {
  test("gives room up to its bound, in whole blocks, and takes it back", async () => {
    const { quota } = new Folder(4, 1);
    const [a, b] = [quota.begin("a"), quota.begin("b")];
    expect(await a.grow(block + 1)).toBeUndefined();
    expect(await b.grow(1)).toBeUndefined();
    expect(await b.grow(block)).toBeUndefined();
    expect(await b.grow(block + 1)).toBe("quota");
    a.release();
    expect(await b.grow(3 * block)).toBeUndefined();
    expect(await b.grow(3 * block + 1)).toBe("quota");
  });

  test("is not exceeded by many that ask at one time", async () => {
    const { quota } = new Folder(10);
    const rooms = Array.from({ length: 20 }, (_, i) => quota.begin(String(i)));
    const faults = await Promise.all(rooms.map((room) => room.grow(block)));
    expect(faults.filter((fault) => fault === undefined)).toHaveLength(10);
  });

  test("knows what was stored, replaced and removed without counting again", async () => {
    const folder = new Folder(4);
    const { quota } = folder;
    const first = quota.begin("a");
    await first.grow(4 * block);
    first.shrink(2 * block);
    first.store(2 * block);
    const second = quota.begin("b");
    expect(await second.grow(3 * block)).toBe("quota");
    expect(await second.grow(2 * block)).toBeUndefined();
    // It replaces the first one.
    second.store(2 * block, 2 * block);
    expect(await quota.add(0)).toBeUndefined();
    quota.removed(2 * block);
    quota.removed(0);
    const third = quota.begin("c");
    expect(await third.grow(4 * block)).toBeUndefined();
    expect(folder.counts).toBe(1);
  });

  test("an empty file and a folder take a block", async () => {
    const { quota } = new Folder(2);
    expect(await quota.begin("a").grow(0)).toBeUndefined();
    expect(await quota.add(0)).toBeUndefined();
    expect(await quota.add(0)).toBe("quota");
  });

  test("sees what others have stored and removed when its count is old", async () => {
    const folder = new Folder(4);
    const { quota, clock } = folder;
    expect(await quota.begin("a").grow(1)).toBeUndefined();
    folder.there = 3;
    clock.advance(recountMs - 1);
    expect(await quota.begin("b").grow(1)).toBeUndefined();
    clock.advance(1);
    expect(await quota.begin("c").grow(1)).toBe("quota");
    expect(folder.counts).toBe(2);
  });

  test("counts again before it refuses, but not all the time", async () => {
    const folder = new Folder(4, 4);
    const { quota, clock } = folder;
    const room = quota.begin("a");
    expect(await room.grow(1)).toBe("quota");
    folder.there = 0;
    expect(await room.grow(1)).toBe("quota");
    expect(folder.counts).toBe(1);
    clock.advance(1000);
    expect(await room.grow(1)).toBeUndefined();
    expect(folder.counts).toBe(2);
  });

  test("leaves files that are being written out of the count, since it holds their room", async () => {
    const folder = new Folder(4);
    const { quota } = folder;
    const room = quota.begin("mine");
    await room.grow(1);
    expect([folder.isLeftOut("mine"), folder.isLeftOut("others")]).toEqual([true, false]);
    room.store(1);
    expect(folder.isLeftOut("mine")).toBe(false);
  });

  test("takes the room of slow files, as many as are needed, if that is enough", async () => {
    const { quota, slow } = new Folder(6, 1);
    for (const name of ["a", "b", "c"]) {
      const room = quota.begin(name);
      await room.grow(block);
      slow.push(room);
    }
    const newcomer = quota.begin("d");
    expect(await newcomer.grow(6 * block)).toBe("quota");
    expect(slow).toHaveLength(3);
    expect(await newcomer.grow(4 * block)).toBeUndefined();
    expect(slow).toHaveLength(1);
    expect(await newcomer.grow(5 * block)).toBeUndefined();
    expect(await quota.begin("e").grow(1)).toBe("quota");
  });

  test("counts what is stored while it counts, and counts once for all who wait", async () => {
    const folder = new Folder(4);
    const { quota, clock } = folder;
    const first = quota.begin("a");
    await first.grow(3 * block);
    clock.advance(recountMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    folder.until = promise;
    const waiting = [quota.begin("b"), quota.begin("c")].map((room) => room.grow(block));
    first.store(3 * block);
    resolve();
    expect(await Promise.all(waiting)).toEqual([undefined, "quota"]);
    expect(folder.counts).toBe(2);
  });

  test("refuses all while what is there can't be counted", async () => {
    const folder = new Folder(4);
    folder.there = undefined;
    const { quota, clock } = folder;
    expect(await quota.begin("a").grow(1)).toBe("quota-uncounted");
    folder.there = 0;
    expect(await quota.begin("b").grow(1)).toBe("quota-uncounted");
    expect(folder.counts).toBe(1);
    clock.advance(1000);
    expect(await quota.begin("b").grow(1)).toBeUndefined();
  });

  test("a count that takes long is made less often", async () => {
    const folder = new Folder(4);
    const { quota, clock } = folder;
    const { promise, resolve } = Promise.withResolvers<void>();
    folder.until = promise;
    const first = quota.begin("a").grow(1);
    clock.advance(2000);
    resolve();
    await first;
    clock.advance(39_999);
    await quota.begin("b").grow(1);
    expect(folder.counts).toBe(1);
    clock.advance(1);
    await quota.begin("c").grow(1);
    expect(folder.counts).toBe(2);
  });
});
