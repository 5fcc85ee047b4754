/**
 * The credentials of the Basic scheme (RFC 7617 §2).
 *
 * ```
 * credentials = auth-scheme 1*SP token68
 * token68     = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="   (RFC 9110 §11.2)
 * user-pass   = user-id ":" password
 * ```
 *
 * The token68 is Base64 with its padding (RFC 4648 §4), whose decoded octets are UTF-8, since that
 * is the charset that the challenge names (RFC 7617 §2.1). A user-id has no colon, and neither part
 * has control characters. What breaks any of this is malformed, and so is a second field line.
 */

/** A user-id, and the octets of a password. */
export interface BasicCredentials {
  readonly user: string;
  readonly password: Uint8Array;
}

const basic = /^basic +([\dA-Za-z+/]+={0,2})$/i;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const colon = 0x3a;

/** CTL (RFC 5234 §B.1), as octets; those of U+0080 to U+009F are none in UTF-8. */
function isControl(octet: number): boolean {
  return octet < 0x20 || octet === 0x7f;
}

function decode(token: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(token, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/**
 * The credentials in the values of all Authorization lines of a request; "absent" when there is
 * none, "malformed" when they are no well-formed Basic credentials of up to `octetsMax` octets.
 */
export function readBasicCredentials(
  values: readonly string[],
  octetsMax: number,
): BasicCredentials | "absent" | "malformed" {
  const [value, ...others] = values;
  if (value === undefined) return "absent";
  const [, token = ""] = basic.exec(value) ?? [];
  if (others.length > 0 || token === "" || token.length > Math.ceil(octetsMax / 3) * 4) {
    return "malformed";
  }
  const octets = decode(token);
  if (octets === undefined || octets.length > octetsMax || octets.some(isControl)) {
    return "malformed";
  }
  const end = octets.indexOf(colon);
  if (end === -1) return "malformed";
  try {
    utf8.decode(octets);
    return { user: utf8.decode(octets.subarray(0, end)), password: octets.subarray(end + 1) };
  } catch {
    return "malformed";
  }
}
