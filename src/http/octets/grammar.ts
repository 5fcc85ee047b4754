/**
 * Octets and classes of octets. The classes are one table of 256 bit sets: an octet is classified
 * with one load and one test. The ABNF of each class stands above the bit that stands for it.
 */

/** CR = %x0D, LF = %x0A, SP = %x20, HTAB = %x09 (RFC 5234 B.1) */
export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;

/** Whether `octet` is what OWS and BWS are made of: SP or HTAB (RFC 9110 §5.6.3). */
export const isBlank = (octet: number): boolean => octet === SP || octet === HTAB;

/**
 * tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~"
 *       / DIGIT / ALPHA (RFC 9110 §5.6.2)
 */
export const TCHAR = 1;

/**
 * field-content and the blanks within it (RFC 9110 §5.5): VCHAR / obs-text / SP / HTAB. obs-text
 * (%x80-FF) is accepted as opaque octets, as §5.5 asks of a recipient; CR, LF, NUL and the other
 * controls are not.
 */
export const FIELD_VALUE = 2;

/**
 * The characters of a request-target (RFC 9112 §3.2). By RFC 3986 these are unreserved, reserved
 * and "%". Deliberate leniency: "[", "]", "^", "`", "{", "|", "}" and "\", which browsers send
 * unescaped in a query (WHATWG URL, "query percent-encode set") though RFC 3986 does not allow
 * them. A "\" in the *path* is refused later, where paths are contained; "%5C" isn't. Space,
 * controls, `"`, "#", "<", ">" and octets above %x7E are always malformed.
 */
export const TARGET = 4;

/** DIGIT = %x30-39 (RFC 5234 B.1) */
export const DIGIT = 8;

/** HEXDIG, in both cases (RFC 5234 B.1 with strings case-insensitive, §2.3) */
export const HEXDIG = 16;

/**
 * The characters of a registered name and of an IPv4 address (RFC 3986 §3.2.2):
 * reg-name = *( unreserved / pct-encoded / sub-delims )
 */
export const REG_NAME = 32;

/** qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text (RFC 9110 §5.6.4) */
export const QDTEXT = 64;

/** The characters of an IPvFuture after its "." (RFC 3986 §3.2.2): unreserved / sub-delims / ":" */
export const IP_FUTURE = 128;

const ALPHA = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const UNRESERVED_MARKS = "-._~";
const SUB_DELIMS = "!$&'()*+,;=";

/** Characters that several classes share are marked in one pass, since this runs at each start. */
function makeClasses(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (bits: number, characters: string): void => {
    for (let i = 0; i < characters.length; i++) {
      const code = characters.charCodeAt(i);
      table[code] = (table[code] ?? 0) | bits;
    }
  };
  const markRange = (bits: number, first: number, last: number): void => {
    for (let code = first; code <= last; code++) table[code] = (table[code] ?? 0) | bits;
  };
  mark(TCHAR | TARGET | REG_NAME | IP_FUTURE, `${ALPHA}${DIGITS}`);
  mark(TARGET | REG_NAME | IP_FUTURE, `${UNRESERVED_MARKS}${SUB_DELIMS}`);
  mark(TCHAR, "!#$%&'*+-.^_`|~");
  mark(TARGET, ":/?@%[]^`{|}\\");
  mark(REG_NAME, "%");
  mark(IP_FUTURE, ":");
  mark(DIGIT | HEXDIG, DIGITS);
  mark(HEXDIG, "ABCDEFabcdef");
  mark(FIELD_VALUE | QDTEXT, "\t !");
  mark(FIELD_VALUE, '"\\');
  markRange(FIELD_VALUE | QDTEXT, 0x23, 0x5b);
  markRange(FIELD_VALUE | QDTEXT, 0x5d, 0x7e);
  markRange(FIELD_VALUE | QDTEXT, 0x80, 0xff);
  return table;
}

/** For each octet the classes that it belongs to, as a bit set. */
export const classes: Uint8Array = makeClasses();

/** The value of a hexadecimal digit, or -1 for any other octet. */
export function hexValue(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** token = 1*tchar (RFC 9110 §5.6.2), as the source of a pattern. */
export const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

/** Whether `text` is a token = 1*tchar (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return text.length > 0 && everyIs(text, TCHAR);
}

/** Whether each code unit of `text` is an octet of class `bit`. True for the empty text. */
export function everyIs(text: string, bit: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || ((classes[code] ?? 0) & bit) === 0) return false;
  }
  return true;
}
