/**
 * Reads a client's opening handshake (RFC 6455 §4.2.1). That it is a GET of HTTP/1.1, names a host
 * and asks for the protocol "websocket" is known by then.
 */

import { isToken } from "../http/octets/grammar.ts";
import type { Fields } from "../http/fields/fields.ts";
import { tokenList, trimBlanks } from "../http/fields/fields.ts";
import type { RequestHead } from "../http/message/request.ts";

/** The only version there is (RFC 6455 §4.1). */
export const webSocketVersion = "13";

/** What comes of a handshake. */
export type OpeningHandshake =
  | {
      readonly kind: "accepted";
      readonly key: string;
      /** The subprotocol that both sides know; undefined where there is none. */
      readonly protocol: string | undefined;
    }
  | {
      readonly kind: "refused";
      /** 426 for another version (RFC 6455 §4.2.2 step 4), else 400. */
      readonly status: 400 | 426;
      readonly text: string;
    };

/** Sixteen octets in base64 (RFC 6455 §4.1): the last digit has four bits of none. */
const keyPattern = /^[A-Za-z\d+/]{21}[AQgw]==$/;

function refused(status: 400 | 426, text: string): OpeningHandshake {
  return { kind: "refused", status, text };
}

/** The only value of the field `name`; undefined where there is none, or more than one. */
function onlyValue(fields: Fields, name: string): string | undefined {
  const [value, ...others] = fields.getAll(name);
  return others.length === 0 ? value : undefined;
}

/** The subprotocols that the client offers, in its order; undefined where they are malformed. */
function offeredProtocols(fields: Fields): readonly string[] | undefined {
  const lines = fields.getAll("sec-websocket-protocol");
  if (lines.length === 0) return [];
  const offered = lines.join(",").split(",").map(trimBlanks);
  const isRight = offered.every(isToken) && new Set(offered).size === offered.length;
  return isRight ? offered : undefined;
}

/**
 * The handshake of the request with `head`, for a server that knows the subprotocols `protocols`.
 * Of those, the first that the client names is chosen.
 */
export function readHandshake(head: RequestHead, protocols: readonly string[]): OpeningHandshake {
  const { fields } = head;
  const version = onlyValue(fields, "sec-websocket-version");
  if (version !== webSocketVersion) {
    return refused(426, `The version of WebSocket here is ${webSocketVersion} (RFC 6455 §4.2.2).`);
  }
  // RFC 9110 §7.8: without the option, the field was meant for another hop.
  const options = fields.getAll("connection").flatMap(tokenList);
  if (!options.includes("upgrade")) {
    return refused(400, "Connection has to name Upgrade; a proxy may have dropped it.");
  }
  const key = onlyValue(fields, "sec-websocket-key");
  if (key === undefined || !keyPattern.test(key)) {
    return refused(400, "Sec-WebSocket-Key has to be 16 octets in base64 (RFC 6455 §4.2.1).");
  }
  if (head.hasContent) return refused(400, "A handshake has no content.");
  const offered = offeredProtocols(fields);
  if (offered === undefined) {
    return refused(400, "Sec-WebSocket-Protocol has to be a list of different tokens.");
  }
  const protocol = offered.find((one) => protocols.includes(one));
  return { kind: "accepted", key, protocol };
}
