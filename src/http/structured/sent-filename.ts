/**
 * The name of a file in the Content-Disposition of a request (RFC 6266):
 *
 *   content-disposition = "Content-Disposition" ":" disposition-type *( ";" disposition-parm )
 *   filename-parm       = "filename" "=" value / "filename*" "=" ext-value
 *   ext-value           = charset "'" [ language ] "'" value-chars   (RFC 8187 §3.2.1)
 *
 * `filename*` goes first, whichever stands first (RFC 6266 §4.3). Of its charsets UTF-8 alone is
 * read, as RFC 8187 §3.2.1 demands of a recipient. The type doesn't matter: "inline" or
 * "attachment" is about how a file is shown. What is returned is untrusted, and may be a path.
 */

import { nameText } from "../../base/file-name.ts";
import type { Fields } from "../fields/fields.ts";
import { parseMediaType } from "../fields/media-type.ts";
import { latin1Bytes } from "../octets/bytes.ts";

const extended = /^utf-8'[A-Za-z\d-]*'((?:[\w!#$&+\-.^`|~]|%[\dA-Fa-f]{2})*)$/i;

/** The octets that `text` stands for, each "%" with two digits being one. */
function unescaped(text: string): Uint8Array {
  return latin1Bytes(
    text.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
  );
}

/** The name, as text; undefined when there is none, or the field is malformed. */
export function sentFilename(fields: Fields): string | undefined {
  const [value, ...others] = fields.getAll("content-disposition");
  if (value === undefined || others.length > 0) return undefined;
  // The parameters have the syntax of those of a media type, whose names are tokens, "*" included.
  const separator = value.indexOf(";");
  if (separator === -1) return undefined;
  const parameters = parseMediaType(`a/b${value.slice(separator)}`)?.parameters;
  const whole = extended.exec(parameters?.get("filename*") ?? "")?.[1];
  if (whole !== undefined) return nameText(unescaped(whole));
  const plain = parameters?.get("filename");
  return plain === undefined ? undefined : nameText(latin1Bytes(plain));
}
