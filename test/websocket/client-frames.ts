/**
 * Frames as a client and a server send them, written here once more, so that the code under test
 * isn't compared with itself.
 */

import { concatBytes, utf8Bytes } from "../../src/http/octets/bytes.ts";

/** The key of RFC 6455 §5.7. */
const exampleKey = [0x37, 0xfa, 0x21, 0x3d];

/** How a frame differs from a whole, masked one without extensions. */
export interface FrameChanges {
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv?: number;
  readonly masked?: boolean;
  /** The octets of the length: 0, 2 or 8; the shortest form by default. */
  readonly lengthOctets?: number;
  /** The length that is declared, whatever the payload has. */
  readonly declared?: number | bigint;
}

export const octetsOf = (payload: string | Uint8Array): Uint8Array =>
  typeof payload === "string" ? utf8Bytes(payload) : payload;

/** A frame (RFC 6455 §5.2). */
export function clientFrame(
  opcode: number,
  payload: string | Uint8Array = "",
  changes: FrameChanges = {},
): Uint8Array {
  const octets = octetsOf(payload);
  const { fin = true, rsv = 0, masked = true, declared = octets.length } = changes;
  const shortest = octets.length < 126 ? 0 : octets.length < 65_536 ? 2 : 8;
  const { lengthOctets = shortest } = changes;
  const length: number[] = [];
  for (let i = lengthOctets - 1; i >= 0; i--) {
    length.push(Number((BigInt(declared) >> BigInt(8 * i)) & 0xffn));
  }
  const short = lengthOctets === 0 ? Number(declared) : lengthOctets === 2 ? 126 : 127;
  const first = (fin ? 0x80 : 0) + rsv * 0x10 + opcode;
  const header = [first, (masked ? 0x80 : 0) + short, ...length, ...(masked ? exampleKey : [])];
  const body = masked ? octets.map((octet, i) => octet ^ (exampleKey[i % 4] as number)) : octets;
  return concatBytes([Uint8Array.from(header), body]);
}

/** A whole frame that isn't masked. */
export const serverFrame = (opcode: number, payload: string | Uint8Array = ""): Uint8Array =>
  clientFrame(opcode, payload, { masked: false });

/** The payload of a Close frame. */
export const closing = (code: number, reason: string | Uint8Array = ""): Uint8Array =>
  concatBytes([Uint8Array.of(code >> 8, code & 0xff), octetsOf(reason)]);
