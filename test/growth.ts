/**
 * How the time of a piece of work grows with its input. A test that asks for a number of
 * milliseconds fails on a busy machine; the ratio of two times that are measured in turn does not.
 * What is measured is the processor time of this process, which other programs add nothing to.
 */

/** Rounds of each size: the least of them is the one that was disturbed the least. */
const rounds = 25;

/** The larger input is so many times the smaller. */
const factor = 8;

/** The smaller work is repeated until it takes so long, since the clock is coarse. */
const leastMs = 0.2;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The power of its input's size by which the time of `work` grows, from the input that `make` makes
 * of `size` to that of eight times the size: about 1 when it is linear, 2 when it is quadratic.
 * The inputs are made before, since strings of many kilobytes cost the garbage collector's threads.
 */
export function growth<Input>(
  make: (size: number) => Input,
  work: (input: Input) => void,
  size: number,
): number {
  const spanOf = (input: Input, repeats: number): number => {
    const beforeMs = processorMs();
    for (let i = 0; i < repeats; i++) work(input);
    return processorMs() - beforeMs;
  };
  const inputs = { small: make(size), large: make(size * factor) };
  // One span alone may be long for another reason, and a work of nanoseconds must not be taken for
  // one that the clock can see.
  const leastOf = (repeats: number): number =>
    Math.min(...Array.from({ length: 5 }, () => spanOf(inputs.small, repeats)));
  let repeats = 1;
  while (leastOf(repeats) < leastMs) repeats *= 2;
  let [small, large] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    small = Math.min(small, spanOf(inputs.small, repeats));
    large = Math.min(large, spanOf(inputs.large, repeats));
  }
  return Math.log(large / small) / Math.log(factor);
}
