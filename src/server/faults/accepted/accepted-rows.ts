/** The rows of the table for what happens to a connection before its first request. */

import { milliseconds, share, word } from "../fault-kind.ts";

/**
 * These hit connections, where the others hit requests: nothing is known of a request yet, so a
 * rule with them has no path and no method.
 */
export const acceptedRows = {
  acceptAfterMs: {
    kind: milliseconds,
    phase: "accept",
    does: "reads nothing from a new connection for so long, as if it waited to be accepted",
    tests: "the timeout for a connection whose server is busy: it is open, and no answer comes",
  },
  closeAtAccept: {
    kind: word("fin", "reset"),
    phase: "accept",
    does: "closes a new connection before a request, properly (FIN) or by a reset",
    tests: "trying again, and another address; that a request isn't taken for sent",
  },
  certificate: {
    kind: word("expired", "not-yet-valid", "wrong-name", "unknown-ca", "self-signed"),
    phase: "handshake",
    does: "shows a certificate with this flaw, and no other: `server.ca` is still the one to trust",
    tests: "that the client refuses it, before it has sent a request (RFC 9110 §4.3.4)",
  },
  cutHandshake: {
    kind: word("fin", "reset", "stall"),
    phase: "handshake",
    does: "ends the TLS handshake after the ClientHello, or says no more",
    tests: "that a broken handshake is an error that says so; the timeout of a handshake",
    excludes: ["certificate"],
  },
  handshakePart: {
    kind: share,
    phase: "handshake",
    does: "sends this part of the server's first flight before the cut; none by default",
    tests: "a certificate that never comes whole",
    needs: ["cutHandshake"],
  },
} as const;

/** Whether the fault called `name` happens before a request. */
export function isEarly(name: string): boolean {
  return Object.hasOwn(acceptedRows, name);
}

/** Whether the fault called `name` happens in a handshake, so that it needs TLS. */
export function isOfHandshake(name: string): boolean {
  const rows: Readonly<Record<string, { readonly phase: string }>> = acceptedRows;
  return isEarly(name) && rows[name]?.phase === "handshake";
}
