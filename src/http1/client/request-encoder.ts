/**
 * Writes the head of a request to a backend:
 *
 *   request-line = method SP request-target SP HTTP-version   (RFC 9112 §3)
 *
 * It is made anew of what was parsed. Framing, Connection, Upgrade and Expect are written here and
 * nowhere else, so a request can't have two of them.
 */

import type { OutgoingHead } from "../../http/message/outgoing-head.ts";

/** The head of a request, up to the empty line. */
export function encodeRequestHead(request: OutgoingHead): string {
  const { method, target, fields, content, expectsContinue, upgrade } = request;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  if (content === "chunked") head += "Transfer-Encoding: chunked\r\n";
  else if (content !== "none") head += `Content-Length: ${content}\r\n`;
  if (expectsContinue) head += "Expect: 100-continue\r\n";
  if (upgrade !== undefined) head += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return `${head}\r\n`;
}
