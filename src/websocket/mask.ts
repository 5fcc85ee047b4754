/**
 * The mask of a client's frames (RFC 6455 §5.3): octet i of a payload is changed by octet i mod 4
 * of the key. To change it again is to undo it.
 */

/** From so many octets on, four at a time take less time than one. */
const wordedOctets = 160;

const wordKey = new Int32Array(1);
/** The same memory, so that the order of octets is the machine's. */
const wordKeyOctets = new Uint8Array(wordKey.buffer);

/** Changes `octets` in place, which stand at `start` of their payload. `key` has four octets. */
export function unmask(octets: Uint8Array, key: Uint8Array, start: number): void {
  const { length } = octets;
  let i = 0;
  if (length >= wordedOctets) {
    // Words have to begin at a multiple of four.
    const before = -octets.byteOffset & 3;
    for (; i < before; i++) octets[i] = (octets[i] as number) ^ (key[(start + i) & 3] as number);
    for (let k = 0; k < 4; k++) wordKeyOctets[k] = key[(start + i + k) & 3] as number;
    const word = wordKey[0] as number;
    const words = new Int32Array(octets.buffer, octets.byteOffset + i, (length - i) >> 2);
    for (let k = 0; k < words.length; k++) words[k] = (words[k] as number) ^ word;
    i += words.length * 4;
  }
  for (; i < length; i++) octets[i] = (octets[i] as number) ^ (key[(start + i) & 3] as number);
}
