/** Whether certificates are valid now, and for long enough (RFC 5280 §4.1.2.5). */

import { X509Certificate } from "node:crypto";

/** The part of a certificate's time that has to be left. With less it is made anew. */
const partLeft = 1 / 3;

/** Whether the certificate `cert`, PEM text, is valid at `nowMs` and not about to end. */
export function isFresh(cert: string, nowMs: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  const [fromMs, toMs] = [validFromDate.getTime(), validToDate.getTime()];
  return fromMs <= nowMs && toMs - nowMs > (toMs - fromMs) * partLeft;
}
