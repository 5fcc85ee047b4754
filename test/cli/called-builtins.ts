/**
 * Preloaded by a program under test: answers a message with the calls that postern's code has made,
 * by then or up to the first answer, of functions that the engine itself has as JavaScript. It
 * parses and compiles each at its first call, which takes a start 0.1 to 0.3 ms.
 */

const typed = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Found with `BUN_JSC_reportParseTimes=1`: those of Bun 1.4.5 that code is likely to call. */
const builtins: readonly (readonly [owner: object, names: string])[] = [
  [Array.prototype, "at every filter find findIndex findLast findLastIndex flatMap forEach map"],
  [Array.prototype, "reduce reduceRight some"],
  [Array, "from"],
  [Object, "fromEntries groupBy"],
  [Map.prototype, "forEach"],
  [Set.prototype, "forEach"],
  [String.prototype, "matchAll"],
  [typed, "at"],
];

const calls = new Set<string>();
let isOver = false;

/** Where postern's code is that has made the call, "src/site/site.ts:64"; undefined for others. */
function callerIn(stack: string): string | undefined {
  // The first line is the error's, the second this file's.
  const [, , line = ""] = stack.split("\n");
  return /\/(src\/[^:]+:\d+)/.exec(line)?.[1];
}

function watch(owner: object, name: string): void {
  const { value, ...how } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
  const builtin = value as (this: unknown, ...given: unknown[]) => unknown;
  Object.defineProperty(owner, name, {
    ...how,
    value(this: unknown, ...given: unknown[]): unknown {
      const caller = isOver ? undefined : callerIn(new Error().stack ?? "");
      if (caller !== undefined) calls.add(`${name} in ${caller}`);
      return builtin.apply(this, given);
    },
  });
}

for (const [owner, names] of builtins) for (const name of names.split(" ")) watch(owner, name);

process.on("message", () => {
  isOver = true;
  process.send?.([...calls]);
});
