/**
 * How the time of a piece of work grows with its input. A test that asks for a number of
 * milliseconds fails on a busy machine; the ratio of two times that are measured in turn does not.
 */

/** Rounds of each size: the least of them is the one that was disturbed the least. */
const rounds = 25;

/** The larger input is so many times the smaller. */
const factor = 8;

/** The smaller work is repeated until it takes so long, since the clock is coarse. */
const leastMs = 0.2;

/**
 * The power of its input's size by which the time of `work` grows, from inputs of `size` and of
 * eight times that: about 1 when it is linear, 2 when it is quadratic.
 */
export function growth(work: (size: number) => void, size: number): number {
  const spanOf = (ofSize: number, repeats: number): number => {
    const startedMs = performance.now();
    for (let i = 0; i < repeats; i++) work(ofSize);
    return performance.now() - startedMs;
  };
  let repeats = 1;
  while (spanOf(size, repeats) < leastMs) repeats *= 2;
  let [small, large] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    small = Math.min(small, spanOf(size, repeats));
    large = Math.min(large, spanOf(size * factor, repeats));
  }
  return Math.log(large / small) / Math.log(factor);
}
