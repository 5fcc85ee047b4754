/**
 * Why a WebSocket is closed: the codes of RFC 6455 §7.4, and the payload of a Close frame (§5.5.1).
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { utf8Bytes } from "../http/octets/bytes.ts";
import { controlPayloadBytesMax, encodeFrame, opcodes } from "./frame.ts";

/** The codes that this server sends by itself, and those that never are in a frame. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Never sent: the Close frame had no code. */
  none: 1005,
  /** Never sent: there was no Close frame. */
  abnormal: 1006,
  /** A payload that isn't what its type says: text that isn't UTF-8. */
  invalidPayload: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internalError: 1011,
  /** IANA: "Try Again Later". */
  tryAgainLater: 1013,
} as const;

/** Why the client broke the protocol or a limit, and the code that it is told. */
export interface WebSocketFault {
  readonly code: number;
  /** The reason of the Close frame; at most 123 octets. */
  readonly text: string;
}

/** A code with its reason. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/**
 * Whether `code` may be in a Close frame (RFC 6455 §7.4.1, §7.4.2): one that is defined there or
 * registered with IANA (1012 to 1014), or one of libraries, frameworks and applications.
 */
function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/** The most octets of a reason: those of a control frame, without the code. */
const reasonBytesMax = controlPayloadBytesMax - 2;

/**
 * The Close frame with `code`, none for 1005, and `reason`. Throws a TypeError on a code that may
 * not be sent, and on a reason of more than 123 octets.
 */
export function encodeClose(code: number, reason: string): Uint8Array {
  if (code === closeCodes.none) return encodeFrame(opcodes.close, new Uint8Array(0));
  if (!isCloseCode(code)) throw new TypeError(`not a code to close with: ${code}`);
  const text = utf8Bytes(reason);
  if (text.length > reasonBytesMax) {
    throw new TypeError(`a reason has at most ${reasonBytesMax} octets, not ${text.length}`);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return encodeFrame(opcodes.close, payload);
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the `payload` of a client's Close frame says: 1005 where it is empty. */
export function readClose(payload: Uint8Array): Result<CloseReason, WebSocketFault> {
  if (payload.length === 0) return success({ code: closeCodes.none, reason: "" });
  const protocolError = closeCodes.protocolError;
  if (payload.length === 1) {
    return failure({ code: protocolError, text: "half a close code (RFC 6455 §5.5.1)" });
  }
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  if (!isCloseCode(code)) {
    return failure({ code: protocolError, text: `close code ${code} (RFC 6455 §7.4)` });
  }
  try {
    return success({ code, reason: strictUtf8.decode(payload.subarray(2)) });
  } catch {
    const text = "a close reason that isn't UTF-8 (RFC 6455 §5.5.1)";
    return failure({ code: closeCodes.invalidPayload, text });
  }
}
