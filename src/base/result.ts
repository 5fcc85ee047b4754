/**
 * A value or an error, which the caller has to tell apart. What a peer, a user or the disk may do
 * wrong is an error of this type; only a programmer's mistake is thrown.
 */
export type Result<Value, Failure> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Failure };

/** The result that holds `value`. */
export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** The result that holds `error`. */
export function failure<Failure>(error: Failure): { readonly ok: false; readonly error: Failure } {
  return { ok: false, error };
}
