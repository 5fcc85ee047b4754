/**
 * What the server has to know of a client's first message before TLS reads it (RFC 8446 §4.1.2):
 * whether it names a host (RFC 6066 §3), as it does unless it was given an address.
 */

/** The header of a record: its type, its version, and the length of what follows (§5.1). */
export const recordHeaderBytes = 5;

/** The longest record (RFC 8446 §5.1). */
const recordBytesMax = 16_384;

const handshakeRecord = 22;
const clientHello = 1;
const serverName = 0;

/** The type of the message and its length, the version, and the random octets before the rest. */
const beforeSessionId = 1 + 3 + 2 + 32;

/**
 * How many octets the record that `octets` begin with has; undefined when they don't begin one, or
 * its header isn't whole.
 */
export function recordBytes(octets: Uint8Array): number | undefined {
  const [type, , , high = 0, low = 0] = octets;
  if (octets.length < recordHeaderBytes || type !== handshakeRecord) return undefined;
  const length = high * 256 + low;
  return length > recordBytesMax ? undefined : recordHeaderBytes + length;
}

/** Whether the record `octets` holds a ClientHello that names a host. */
export function namesHost(octets: Uint8Array): boolean {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  try {
    if (view.getUint8(recordHeaderBytes) !== clientHello) return false;
    let at = recordHeaderBytes + beforeSessionId;
    at += 1 + view.getUint8(at);
    // The cipher suites, the compression methods, and the length of the extensions.
    at += 2 + view.getUint16(at);
    at += 1 + view.getUint8(at);
    at += 2;
    while (at + 4 <= octets.length) {
      if (view.getUint16(at) === serverName) return true;
      at += 4 + view.getUint16(at + 2);
    }
    return false;
  } catch {
    // A length leads past the end: TLS will say so.
    return false;
  }
}
