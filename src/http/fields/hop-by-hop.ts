/**
 * The fields of a message that are about one connection and that an intermediary must not pass on:
 * those that Connection names, and those that are so by themselves (RFC 9110 §7.6.1).
 */

import type { ResponseField } from "../message/response.ts";
import type { Fields } from "./fields.ts";
import { tokenList } from "./fields.ts";

/**
 * The fields of RFC 9110 §7.6.1, and those that are about one hop by their own definition. A proxy
 * that passed on HTTP2-Settings could be made to open a tunnel of HTTP/2 that no guard looks into.
 */
const ofOneHop: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The lines of `fields` that an intermediary passes on, in their order and spelling, without those
 * whose names, in lower case, `replaced` has.
 */
export function endToEndLines(
  fields: Fields,
  replaced: { has(name: string): boolean },
): readonly ResponseField[] {
  const named = fields.getAll("connection").flatMap(tokenList);
  const lines: ResponseField[] = [];
  for (const line of fields) {
    const name = line[0].toLowerCase();
    if (!ofOneHop.has(name) && !replaced.has(name) && !named.includes(name)) lines.push(line);
  }
  return lines;
}
