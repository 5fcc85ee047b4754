import { describe, expect, test } from "bun:test";

import { ReceivedUploads } from "../../../src/cli/terminal/received-uploads.ts";

/** Uploads of one process, at moments that a test sets. */
function receiving() {
  const told: boolean[] = [];
  const time = { nowMs: 1000 };
  const uploads = new ReceivedUploads(
    () => time.nowMs,
    (isReceiving) => told.push(isReceiving),
  );
  const begin = (name: string, octets = 0, length?: number) => {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const end = async (): Promise<void> => {
      resolve();
      await Bun.sleep(0);
    };
    const upload = { name, octets, length, over, end };
    uploads.began(upload);
    return upload;
  };
  return { uploads, begin, told, time };
}

describe("the uploads of a process", () => {
  test("are counted, with the newest, and when the first began and the last ended", async () => {
    const { uploads, begin, told, time } = receiving();
    expect(uploads.look()).toEqual({ count: 0, octets: 0, newest: undefined });
    const first = begin("a.txt", 0, 100);
    time.nowMs = 2000;
    const second = begin("b.txt");
    second.octets = 7;
    const newest = { name: "b.txt", octets: 7, length: undefined, beganMs: 2000 };
    expect(uploads.look()).toEqual({ count: 2, octets: 7, newest });
    await second.end();
    expect(uploads.look().newest).toEqual({ name: "a.txt", octets: 0, length: 100, beganMs: 1000 });
    expect(told).toEqual([true]);
    await first.end();
    expect(told).toEqual([true, false]);
    expect(uploads.look()).toEqual({ count: 0, octets: 7, newest: undefined });
  });

  test("count what comes, and nothing that had come before", () => {
    const { uploads, begin } = receiving();
    const resumed = begin("a.txt", 5000);
    resumed.octets = 5010;
    expect(uploads.look().octets).toBe(10);
    // A part that was sent again begins where the last one ended.
    resumed.octets = 5005;
    expect(uploads.look().octets).toBe(10);
    resumed.octets = 5006;
    expect(uploads.look().octets).toBe(11);
  });

  test("have a name of a few hundred characters at most", () => {
    const { uploads, begin } = receiving();
    begin("x".repeat(8000));
    expect(uploads.look().newest?.name).toBe("x".repeat(512));
  });
});
