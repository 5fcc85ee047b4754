/**
 * A value that is there at once or comes later. The helper joins both, so that no function has a
 * synchronous and an asynchronous copy, and what is there at once makes no promise.
 */

/** A value, or the promise of one. */
export type Eventual<Value> = Value | Promise<Value>;

/** `next` of `value`: at once when it is there, else when it has come. */
export function whenReady<Value, Next>(
  value: Eventual<Value>,
  next: (value: Value) => Eventual<Next>,
): Eventual<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
