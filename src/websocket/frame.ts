/**
 * Frames as a server sends them (RFC 6455 §5.2): not fragmented, and not masked (§5.1).
 *
 *   first octet    FIN, RSV1 to RSV3, and four bits of opcode
 *   second octet   MASK, and the payload's length, or 126 or 127
 *   2 or 8 octets  the length, where it is more than 125
 */

/** What a frame is (RFC 6455 §5.2). Those from 8 on are control frames (§5.5). */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The opcode of a frame that is not a continuation. */
export type Opcode = Exclude<(typeof opcodes)[keyof typeof opcodes], 0>;

/** The most octets of a control frame's payload (RFC 6455 §5.5). */
export const controlPayloadBytesMax = 125;

/** How many octets the header of a frame with a payload of `octets` has, without a mask. */
function headerOctets(octets: number): number {
  if (octets <= controlPayloadBytesMax) return 2;
  return octets <= 0xffff ? 4 : 10;
}

/** A frame with its header, and room for a payload of `octets` behind it. */
function frameFor(opcode: Opcode, octets: number): Buffer {
  const start = headerOctets(octets);
  const frame = Buffer.allocUnsafe(start + octets);
  frame[0] = 0x80 | opcode;
  if (start === 2) frame[1] = octets;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(octets, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(Math.floor(octets / 2 ** 32), 2);
    frame.writeUInt32BE(octets % 2 ** 32, 6);
  }
  return frame;
}

/** A frame with a copy of `payload`. Throws a RangeError on a control frame that is too long. */
export function encodeFrame(opcode: Opcode, payload: Uint8Array): Uint8Array {
  if (opcode >= opcodes.close && payload.length > controlPayloadBytesMax) {
    throw new RangeError(`${payload.length} octets are too many for a control frame`);
  }
  const frame = frameFor(opcode, payload.length);
  frame.set(payload, frame.length - payload.length);
  return frame;
}

/** A text frame. A lone surrogate, which UTF-8 can't express, becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  const octets = Buffer.byteLength(text);
  const frame = frameFor(opcodes.text, octets);
  frame.write(text, frame.length - octets);
  return frame;
}
