/**
 * The trace that a request belongs to (W3C Trace Context §3.2):
 *
 *   traceparent    = version "-" version-format
 *   version        = 2HEXDIGLC   ; ff is invalid
 *   version-format = trace-id "-" parent-id "-" trace-flags
 *   trace-id       = 32HEXDIGLC  ; all zeroes are invalid
 *   parent-id      = 16HEXDIGLC  ; all zeroes are invalid
 *   trace-flags    = 2HEXDIGLC
 *
 * Of a version above 00 these parts are read as far as they are known, and more may follow behind a
 * hyphen (§4.3). Nothing follows in version 00.
 */

const traceparent =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-.*)?$/;

/**
 * The trace-id in `values`, those of all lines of `traceparent`; undefined unless there is one that
 * is valid, and no other.
 */
export function traceIdOf(values: readonly string[]): string | undefined {
  const [value = "", ...others] = values;
  const [, version, id, more] = traceparent.exec(value) ?? [];
  return others.length > 0 || (version === "00" && more !== undefined) ? undefined : id;
}
