import { expect, test } from "bun:test";

import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import { formShareBytes, inShares } from "../../../src/site/forms/form-shares.ts";

test("long forms are read share after share, a few in each turn for all of them", async () => {
  const loop = new EventLoop();
  const budgets = new TurnBudgets(loop);
  const turns: number[] = [];
  const lengths: number[] = [];
  const read = (share: Uint8Array): void => {
    turns.push(loop.turn());
    lengths.push(share.length);
  };
  const octets = new Uint8Array(8 * formShareBytes + 1);
  await Promise.all([inShares(octets, budgets, read), inShares(octets, budgets, read)]);
  expect(lengths.filter((length) => length === formShareBytes)).toHaveLength(16);
  expect(lengths.filter((length) => length === 1)).toHaveLength(2);
  const perTurn = new Map<number, number>();
  for (const turn of turns) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(8);
  expect(perTurn.size).toBeGreaterThanOrEqual(2);
});

test("an error of the reader ends it", async () => {
  const budgets = new TurnBudgets(new EventLoop());
  const reading = inShares(new Uint8Array(2), budgets, () => {
    throw new RangeError("no");
  });
  expect(await reading.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
});
