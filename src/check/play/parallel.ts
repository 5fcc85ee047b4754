/**
 * Runs `work` on each item in `width` lanes, one item at a time in each, and ends when all have
 * ended. `lane` counts from 0: work that needs a place of its own finds it by that number.
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
