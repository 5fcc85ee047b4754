/** What the command says of the authority that signed its certificate. */

import { X509Certificate } from "node:crypto";

/** How a browser is made to trust it. */
export const howToTrust = "postern trust has browsers trust it";

/** The SHA-256 fingerprint of the certificate `ca`, PEM text. */
export function fingerprintOf(ca: string): string {
  return `SHA-256 ${new X509Certificate(ca).fingerprint256}`;
}

/** The authority with the certificate `ca`, PEM text, and how it is trusted, in one line. */
export function authorityLine(ca: string): string {
  return `the certificate's authority has ${fingerprintOf(ca)}; ${howToTrust}`;
}
