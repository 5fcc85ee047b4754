/**
 * A place on a cached object for one value that follows from it. The value is dropped with the
 * object, so nothing has to be looked up beside it and nothing outlives it. The layer that fills a
 * slot checks by `instanceof` that what it finds is its own.
 */
export class Slot {
  value: unknown = undefined;
}
