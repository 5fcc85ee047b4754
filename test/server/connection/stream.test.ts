import { describe, expect, test } from "bun:test";

import { endStream, openStream } from "../../../src/server/connection/stream.ts";

const octets = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** All chunks, one after the other. */
async function all(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return found;
    found.push(value);
  }
}

/** A stream of two chunks. */
async function* generated(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(octets(1));
  yield octets(2, 3);
}

describe("a stream", () => {
  test("is read chunk by chunk, an iterable and a ReadableStream alike", async () => {
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(octets(1));
        controller.enqueue(octets(2, 3));
        controller.close();
      },
    });
    for (const stream of [generated(), readable]) {
      expect(await all(openStream(stream))).toEqual([octets(1), octets(2, 3)]);
    }
  });

  test("that is ended early runs its clean-up", async () => {
    let isOver = false;
    async function* made(): AsyncGenerator<Uint8Array> {
      try {
        yield await Promise.resolve(octets(1));
      } finally {
        isOver = true;
      }
    }
    const chunks = openStream(made());
    await chunks.next();
    await endStream(chunks);
    expect(isOver).toBe(true);
  });

  test("that waits for its source is ended at once, if it is a ReadableStream", async () => {
    let isCancelled = false;
    const chunks = openStream(
      new ReadableStream<Uint8Array>({
        cancel: () => {
          isCancelled = true;
        },
      }),
    );
    const next = chunks.next();
    await endStream(chunks);
    expect(isCancelled).toBe(true);
    expect((await next).done).toBe(true);
  });

  test("that can't be ended is left alone", async () => {
    await endStream({ next: () => new Promise(() => undefined) });
  });
});
