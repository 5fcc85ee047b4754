/**
 * Faults of a connection before its first request: at its accept, and in its handshake. Nothing is
 * known of a request then, so they hold for a server and not for a path.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Milliseconds } from "../../../base/units.ts";
import { milliseconds } from "../../../base/units.ts";
import type { CertificateFlaw } from "../../tls/local/faulty-certificate.ts";
import type { FaultOptions } from "../fault-options.ts";

/** How a handshake ends. */
export interface HandshakeBreak {
  /** What comes after the octets; `stall` is silence for `stallMs`, and then a reset. */
  readonly by: "fin" | "reset" | "stall";
  /** The part of the server's first flight that is sent before, from 0 to 1. */
  readonly part: number;
  readonly stallMs: Milliseconds;
}

/** What befalls one connection, in this order. */
export interface ConnectionFaults {
  /** How long nothing is read. */
  readonly waitMs: Milliseconds | undefined;
  /** How it is then closed. */
  readonly close: "fin" | "reset" | undefined;
  /** Under TLS, how its handshake is broken. */
  readonly handshake: HandshakeBreak | undefined;
  /** Under TLS, what is wrong with the certificate that it is shown. */
  readonly flaw: CertificateFlaw | undefined;
}

/** What `options` do to a connection. */
export function connectionFaults(options: FaultOptions, limits: Limits): ConnectionFaults {
  const { acceptAfterMs, closeAtAccept, certificate, cutHandshake, handshakePart } = options;
  return {
    waitMs: acceptAfterMs === undefined ? undefined : milliseconds(acceptAfterMs),
    close: closeAtAccept,
    handshake:
      cutHandshake === undefined
        ? undefined
        : { by: cutHandshake, part: handshakePart ?? 0, stallMs: limits.faultWaitTimeMs },
    flaw: certificate,
  };
}
