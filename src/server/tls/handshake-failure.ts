/**
 * Why a TLS handshake has failed, in words for the log. Loaded by the first failure.
 *
 * A client that refuses the certificate says so by an alert (RFC 8446 §6.2). In TLS 1.3 OpenSSL
 * sends it in cleartext when the server has keys already and awaits an encrypted record, so Bun's
 * TLS fails at the length of that record ("bad packet length") and doesn't tell of the alert. It is
 * read here from the octets that came last.
 */

/** What is known of a handshake that has failed. */
interface HandshakeEnd {
  /** The words of TLS, or "reset" or "cut off"; nothing that the client has sent. */
  readonly words: string;
  /** The octets that the client sent last, behind its first record; undefined without any. */
  readonly latest: Uint8Array | undefined;
  /** Whether a whole first record came, which the server answers with its certificate. */
  readonly hasAsked: boolean;
  /** Whether the certificate's authority is one that postern made. */
  readonly isOwn: boolean;
}

/** The alerts by which a client refuses a certificate (RFC 8446 §6). */
const refusals: ReadonlyMap<number, string> = new Map([
  [42, "bad certificate"],
  [43, "unsupported certificate"],
  [44, "certificate revoked"],
  [45, "certificate expired"],
  [46, "certificate unknown"],
  [48, "unknown ca"],
]);

/** Those of them that a client which knows the authority doesn't send. */
const ofTrust: ReadonlySet<string> = new Set([
  "bad certificate",
  "certificate unknown",
  "unknown ca",
]);

/** The record of an alert: type 21, version 3.x, the length 2, level and alert. */
const alertRecordBytes = 7;
const alertType = 21;

/** The number of the alert in cleartext that `octets` end with (RFC 8446 §5.1, §6). */
function lastAlert(octets: Uint8Array): number | undefined {
  const record = octets.subarray(-alertRecordBytes);
  const [type, major, , high, low, level = 0, alert] = record;
  const isAlert = type === alertType && major === 3 && high === 0 && low === 2;
  return isAlert && (level === 1 || level === 2) ? alert : undefined;
}

/** The name of the alert by which the client has refused the certificate, if it has. */
function refusalName({ words, latest }: HandshakeEnd): string | undefined {
  const [, told] = / alert (.+)$/.exec(words) ?? [];
  if (told !== undefined) return [...refusals.values()].find((name) => name === told);
  const alert = latest === undefined ? undefined : lastAlert(latest);
  return alert === undefined ? undefined : refusals.get(alert);
}

/** Why the handshake that has come to `end` has failed. */
export function failureText(end: HandshakeEnd): string {
  const { words, hasAsked, isOwn } = end;
  const hint = isOwn ? "; postern trust has browsers trust it" : "";
  const name = refusalName(end);
  if (name !== undefined) {
    return `the client refused the certificate (${name})${ofTrust.has(name) ? hint : ""}`;
  }
  // Some clients look at the certificate after the handshake, or leave without an alert.
  const isSilent = hasAsked && (words === "reset" || words === "cut off");
  return isSilent ? `${words}; the client may not trust the certificate${hint}` : words;
}
