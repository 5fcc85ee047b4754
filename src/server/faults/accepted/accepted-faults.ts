/**
 * Faults of a connection before its first request: at its accept, and in its handshake. Nothing is
 * known of a request then, so they hold for a server and not for a path.
 */

import type { Milliseconds } from "../../../base/units.ts";
import type { CertificateFlaw } from "../../tls/local/faulty-certificate.ts";
import type { HandshakeBreak } from "./broken-handshake.ts";

/** What happens to a client that has just connected. */
export type AcceptFault =
  | { readonly kind: "late"; readonly waitMs: Milliseconds }
  | { readonly kind: "sent-away"; readonly by: "fin" | "reset" };

/** What happens in a TLS handshake. */
export type HandshakeFault =
  | { readonly kind: "certificate"; readonly flaw: CertificateFlaw }
  | { readonly kind: "broken"; readonly how: HandshakeBreak };

/** The faults of one server. Each call is for another connection, which may be spared. */
export interface AcceptedFaults {
  accept(): AcceptFault | undefined;
  handshake(): HandshakeFault | undefined;
}
