/**
 * Content-Disposition of a response that is to be saved under a name (RFC 6266).
 */

import { nameOctets } from "../../base/file-name.ts";

/** attr-char of RFC 8187 §3.2.1: what stands for itself in an extended value. */
const attrChar = /[\w!#$&+.^`|~-]/;

/** `octets` as value-chars of RFC 8187 §3.2.1. */
function extended(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    const character = String.fromCharCode(octet);
    const isPlain = octet < 0x80 && attrChar.test(character);
    text += isPlain ? character : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** What needs no quotes, and means the same to every client. */
const plainName = /^[\w.-]+$/;

/**
 * `attachment` with the name of a file. A client that knows RFC 8187 takes `filename*`, which holds
 * the whole name; for others, characters that they read in different ways are replaced (RFC 6266
 * appendix D).
 */
export function attachmentNamed(name: string): string {
  if (plainName.test(name)) return `attachment; filename=${name}`;
  const simple = name.replace(/[^ \w!#$&'()+,.;=@[\]^`{}~-]/gu, "_");
  return `attachment; filename="${simple}"; filename*=UTF-8''${extended(nameOctets(name))}`;
}
