/**
 * Units that are easy to mix up. A count of bytes and a time span are both numbers, so a swap of
 * the two would type-check if they were not branded. Only the functions below make one.
 */

declare const unit: unique symbol;

/** A count of bytes: a whole number, zero or more. */
export type ByteCount = number & { readonly [unit]: "bytes" };

/** A time span in milliseconds, zero or more. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** `count` bytes. Throws when it is no count of bytes, which is a programmer's mistake. */
export function bytes(count: number): ByteCount {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`not a byte count: ${count}`);
  return count as ByteCount;
}

/** `count` times 1024 bytes. */
export function kibibytes(count: number): ByteCount {
  return bytes(count * 1024);
}

/** `count` times 1024 × 1024 bytes. */
export function mebibytes(count: number): ByteCount {
  return bytes(count * 1024 * 1024);
}

/** `count` milliseconds. Throws when it is no time span, which is a programmer's mistake. */
export function milliseconds(count: number): Milliseconds {
  if (!Number.isFinite(count) || count < 0) throw new RangeError(`not a span of time: ${count}`);
  return count as Milliseconds;
}

/** `count` seconds, as milliseconds. */
export function seconds(count: number): Milliseconds {
  return milliseconds(count * 1000);
}
