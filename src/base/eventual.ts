/**
 * A value that is there at once or comes later. `whenReady` handles both, so that no function has a
 * synchronous and an asynchronous copy, and a value that is there at once makes no promise.
 */

/** A value, or the promise of one. */
export type Eventual<Value> = Value | Promise<Value>;

/** What `use` makes of `value`: at once when the value is there, else when it has come. */
export function whenReady<Value, Used>(
  value: Eventual<Value>,
  use: (value: Value) => Eventual<Used>,
): Eventual<Used> {
  return value instanceof Promise ? value.then(use) : use(value);
}

/** All of `values`, at once when all are there. */
export function all<Value>(values: readonly Eventual<Value>[]): Eventual<readonly Value[]> {
  return values.some((value) => value instanceof Promise)
    ? Promise.all(values)
    : (values as readonly Value[]);
}
