/**
 * A place in a cached object for one value that was derived from it. The value is dropped with the
 * object: it needs no cache of its own and can't outlive what it was derived from. The layer that
 * fills a slot checks by `instanceof` that the value in it is its own.
 */
export class Slot {
  value: unknown = undefined;

  /** Drops the value, because the object is dropped. A `SharedValue` is told. */
  clear(): void {
    const { value } = this;
    this.value = undefined;
    if (value instanceof SharedValue) value.drop();
  }
}

/** A value in a slot that something else holds, too, and that is of use through the slot alone. */
export abstract class SharedValue {
  /** The value must not be used again, and nothing has to hold it any more. */
  abstract drop(): void;
}
