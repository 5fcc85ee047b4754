/**
 * A place in a cached object for one value that was derived from it. The value is dropped with the
 * object: it needs no cache of its own and can't outlive what it was derived from. The layer that
 * fills a slot checks by `instanceof` that the value in it is its own.
 */
export class Slot {
  value: unknown = undefined;
}
