/**
 * Runs `work` on each item, `width` items at a time, and resolves when all are done. `lane` is the
 * number, from 0, of the loop that runs the item: no two running items have the same one.
 */
export async function inParallel<Item>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item, lane: number) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const run = async (_: unknown, lane: number): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      await work(next.value, lane);
    }
  };
  await Promise.all(Array.from({ length: width }, run));
}
