import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { ArchiveBody } from "../../../src/site/archive/archive-body.ts";

type Open = ConstructorParameters<typeof ArchiveBody>[0];

/** A body over `open`, and what happened to it. */
function bodyOf(open: Open): { readonly body: ArchiveBody; ended: number } {
  const made = { body: new ArchiveBody(open, () => made.ended++), ended: 0 };
  return made;
}

async function* twoChunks(): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  yield utf8Bytes("a");
  yield utf8Bytes("b");
}

describe("the body of an archive", () => {
  test("ends once, when it has been read", async () => {
    const made = bodyOf(twoChunks);
    const texts: string[] = [];
    for await (const chunk of made.body) {
      texts.push(new TextDecoder().decode(chunk));
      expect(made.ended).toBe(0);
    }
    expect([texts, made.ended]).toEqual([["a", "b"], 1]);
    await made.body.return();
    expect([made.ended, (await made.body.next()).done]).toEqual([1, true]);
  });

  test("opens nothing when it is left before its first chunk, and ends", async () => {
    const made = bodyOf(() => {
      throw new Error("it was opened");
    });
    expect((await made.body.return()).done).toBe(true);
    expect([made.ended, (await made.body.next()).done]).toEqual([1, true]);
  });

  test("passes an error on and ends", async () => {
    const made = bodyOf(async function* () {
      yield utf8Bytes("a");
      await Promise.resolve();
      throw new Error("it broke");
    });
    await made.body.next();
    expect(made.body.next()).rejects.toThrow("it broke");
    expect(made.ended).toBe(1);
  });

  test("ends when what it waits for has been closed, though the client left before", async () => {
    const { promise: waiting, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    let isClosed = false;
    const made = bodyOf(async function* (check) {
      try {
        yield utf8Bytes("a");
        reach();
        await waiting;
        check();
        yield utf8Bytes("never sent");
      } finally {
        isClosed = true;
      }
    });
    await made.body.next();
    const next = made.body.next();
    await reached;
    const left = made.body.return();
    expect(made.ended).toBe(0);
    goOn();
    expect([(await next).done, (await left).done]).toEqual([true, true]);
    expect([isClosed, made.ended]).toEqual([true, 1]);
  });
});
