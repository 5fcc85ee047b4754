import { describe, expect, test } from "bun:test";

import { LiveStreams } from "../../../src/site/live/live-streams.ts";
import { FakeClock, startMs } from "../../schedule/fake-clock.ts";

type Chunks = AsyncIterator<Uint8Array, void>;

/** The next chunk of a stream as text; undefined at its end. */
async function next(chunks: Chunks): Promise<string | undefined> {
  const { done, value } = await chunks.next();
  return done === true ? undefined : new TextDecoder().decode(value);
}

/** What a message says. */
function read(text: string | undefined): unknown {
  const [, data = ""] = /^retry: 1000\ndata: (.*)\n\n$/.exec(text ?? "") ?? [];
  return JSON.parse(data);
}

function open(): { readonly clock: FakeClock; readonly streams: LiveStreams } {
  const clock = new FakeClock();
  return { clock, streams: new LiveStreams(clock, clock) };
}

const chunksOf = (streams: LiveStreams, address = "::1"): Chunks =>
  streams.open(address, 20_000)[Symbol.asyncIterator]();

describe("the event streams of live reload", () => {
  test("tell a client that comes of the latest changes, and then of each", async () => {
    const { clock, streams } = open();
    clock.advance(5);
    streams.tell(["style"]);
    clock.advance(5);
    const chunks = chunksOf(streams);
    const before = [
      [startMs, ["page"]],
      [startMs + 5, ["style"]],
    ];
    expect(read(await next(chunks))).toEqual({ now: startMs + 10, changes: before });
    const coming = next(chunks);
    expect(streams.tell(["image"])).toEqual(["::1"]);
    expect(read(await coming)).toEqual({
      now: startMs + 10,
      changes: [...before, [startMs + 10, ["image"]]],
    });
  });

  test("give each change an id that is later than those before", async () => {
    const { streams } = open();
    const chunks = chunksOf(streams);
    for (let i = 0; i < 3; i++) streams.tell(["page"]);
    const { changes, now } = read(await next(chunks)) as { changes: [number][]; now: number };
    expect(changes.map(([id]) => id - startMs)).toEqual([0, 1, 2, 3]);
    expect(now).toBe(startMs + 3);
  });

  test("queue nothing: a client that reads slowly gets the latest message once", async () => {
    const { streams } = open();
    const chunks = chunksOf(streams);
    await next(chunks);
    for (let i = 0; i < 1000; i++) streams.tell(["style"]);
    const { changes } = read(await next(chunks)) as { changes: [number, string[]][] };
    expect(changes.length).toBe(32);
    // What is not known any more may have been anything.
    expect(changes[0]?.[1]).toEqual(["page"]);
    expect(changes[0]?.[0]).toBe(startMs + 1000 - 31);
    const coming = next(chunks);
    expect(await Promise.race([coming, Bun.sleep(1)])).toBeUndefined();
    streams.close();
    expect(await coming).toBeUndefined();
  });

  test("have a comment when nothing else has been sent for a time", async () => {
    const { clock, streams } = open();
    const chunks = chunksOf(streams);
    await next(chunks);
    for (let i = 0; i < 2; i++) {
      const coming = next(chunks);
      clock.advance(20_000);
      expect(await coming).toBe(":\n\n");
    }
    // A message is more than a comment.
    streams.tell(["page"]);
    clock.advance(20_000);
    expect(await next(chunks)).toStartWith("retry");
  });

  test("count from the first chunk on, and until the client has gone", async () => {
    const { clock, streams } = open();
    const chunks = chunksOf(streams);
    expect(streams.size).toBe(0);
    await next(chunks);
    expect(streams.size).toBe(1);
    const coming = chunks.next();
    await chunks.return?.();
    expect(await coming).toEqual({ done: true, value: undefined });
    expect(streams.size).toBe(0);
    expect(clock.alarmMs).toBe(Infinity);
    expect(streams.tell(["page"])).toEqual([]);
  });

  test("end all at once, also those that are busy", async () => {
    const { clock, streams } = open();
    const all = [chunksOf(streams, "a"), chunksOf(streams, "b")];
    await Promise.all(all.map(next));
    const coming = all.map(next);
    expect(streams.tell(["page"])).toEqual(["a", "b"]);
    await Promise.all(coming);
    streams.close();
    expect(await Promise.all(all.map(next))).toEqual([undefined, undefined]);
    expect(clock.alarmMs).toBe(Infinity);
  });
});
