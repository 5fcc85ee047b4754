import { expect, test } from "bun:test";

import type { UploadTurn } from "../../../../src/site/uploads/resumable/upload-turns.ts";
import { UploadTurns } from "../../../../src/site/uploads/resumable/upload-turns.ts";

/** Pieces that never come. */
const nothing: AsyncIterator<Uint8Array> = { next: () => Promise.withResolvers<never>().promise };

/** How a request that receives has ended. */
const endOf = (turn: UploadTurn): Promise<string> =>
  turn.next(nothing).then(
    () => "piece",
    (error: { kind?: string }) => error.kind ?? "other",
  );

test("the next one ends the one that receives, and waits until it is over", async () => {
  const turns = new UploadTurns();
  const first = await turns.take("a");
  const end = endOf(first);
  const order: string[] = [];
  const second = turns.take("a").then((turn) => {
    order.push("second");
    return turn;
  });
  expect(await end).toBe("gone");
  order.push("first");
  first.end();
  (await second).end();
  expect(order).toEqual(["first", "second"]);
});

test("one that was asked to end before it receives, receives nothing", async () => {
  const turns = new UploadTurns();
  const first = await turns.take("a");
  const second = turns.take("a");
  expect(await endOf(first)).toBe("gone");
  first.end();
  (await second).end();
});

test("several that wait come one after the other", async () => {
  const turns = new UploadTurns();
  let had = 0;
  let most = 0;
  const one = async (): Promise<void> => {
    const turn = await turns.take("a");
    most = Math.max(most, ++had);
    await Promise.resolve();
    had--;
    turn.end();
  };
  await Promise.all([one(), one(), one(), one()]);
  expect([had, most]).toEqual([0, 1]);
});

test("another upload isn't waited for", async () => {
  const turns = new UploadTurns();
  const first = await turns.take("a");
  const other = await turns.take("b");
  other.end();
  first.end();
});

test("pieces are handed on", async () => {
  const turn = await new UploadTurns().take("a");
  const pieces = [new Uint8Array([1])][Symbol.iterator]();
  const source = { next: () => Promise.resolve(pieces.next()) };
  expect((await turn.next(source)).value).toEqual(new Uint8Array([1]));
  expect((await turn.next(source)).done).toBe(true);
});
