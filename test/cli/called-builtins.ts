/**
 * Preloaded by a program under test: answers a message with what postern's code has called by then
 * of functions that the engine itself has as JavaScript, and of patterns. The engine parses and
 * compiles each such function at its first call, which takes a start 0.1 to 0.3 ms. The first
 * pattern of a process takes 0.2 ms, and each other one 0.03.
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
  // The first line is the error's, the second this file's; the engine's may follow.
  const [, , first = "", second = ""] = stack.split("\n");
  const line = first.endsWith("(unknown)") ? second : first;
  const at = line.indexOf("/src/");
  return at === -1 ? undefined : line.slice(at + 1, line.lastIndexOf(":"));
}

function watch(owner: object, name: string | symbol): void {
  const { value, ...how } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
  const builtin = value as (this: unknown, ...given: unknown[]) => unknown;
  Object.defineProperty(owner, name, {
    ...how,
    value(this: unknown, ...given: unknown[]): unknown {
      const caller = isOver ? undefined : callerIn(new Error().stack ?? "");
      if (caller !== undefined) calls.add(`${String(name)} in ${caller}`);
      return builtin.apply(this, given);
    },
  });
}

for (const [owner, names] of builtins) for (const name of names.split(" ")) watch(owner, name);
for (const name of ["exec", "test", Symbol.match, Symbol.replace, Symbol.search, Symbol.split]) {
  watch(RegExp.prototype, name);
}

process.on("message", () => {
  isOver = true;
  process.send?.([...calls]);
});
