/**
 * Which requests a prefix takes, and what path a backend is asked for.
 *
 * A prefix is compared segment by segment, decoded, so that another spelling of a path can't pass
 * it by. What follows the prefix goes to the backend in the client's spelling: an API may tell
 * `%2F` from `/`, and decoding and encoding again would lose that.
 *
 * A path that a backend could take for one outside of the prefix is refused, whichever way it is
 * decoded there: dot segments, also behind `%2F`, `%5C`, or before a ";", where some programs end a
 * segment's name. They are not folded (`tree/path.ts`); clients fold them before they send.
 */

import { hexValue } from "../../http/octets/grammar.ts";

const percent = 0x25;

/** `text` with its escapes decoded, one code unit for an octet; undefined for a broken escape. */
function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  let decoded = "";
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== percent) {
      decoded += text.charAt(i);
      continue;
    }
    const high = i + 2 < text.length ? hexValue(text.charCodeAt(i + 1)) : -1;
    const low = i + 2 < text.length ? hexValue(text.charCodeAt(i + 2)) : -1;
    if (high === -1 || low === -1) return undefined;
    decoded += String.fromCharCode(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/** What could lead a backend elsewhere: a segment that some program takes for dots, or NUL. */
const unsafe = /(?:^|[/\\])\.{1,2}(?:$|[/\\;])|\0/;

/** A path as a proxy sees it. */
interface ProxiedPath {
  /** Decoded; of "/a/" they are "a" and "". One with a broken escape stays as it is. */
  readonly segments: readonly string[];
  /** Whether it may be passed on to a backend. */
  readonly isPassable: boolean;
}

/** Reads `rawPath`, which begins with "/". */
export function readProxiedPath(rawPath: string): ProxiedPath {
  // RFC 3986 §3.3 has no backslash in a path, and many programs take it for a slash.
  let isPassable = rawPath.startsWith("/") && !rawPath.includes("\\");
  let segments = rawPath.slice(1).split("/");
  if (rawPath.includes("%")) {
    segments = segments.map((raw) => {
      const segment = decode(raw);
      if (segment === undefined || unsafe.test(segment)) isPassable = false;
      return segment ?? raw;
    });
  } else if (unsafe.test(rawPath)) isPassable = false;
  return { segments, isPassable };
}

/** Whether `segments` are those of `prefix`, or begin with them. */
export function isBelow(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, i) => segments[i] === segment);
}

/**
 * The path that a backend is asked for in place of `rawPath`, whose first `count` segments are the
 * prefix, and which `base` replaces; undefined keeps it.
 */
export function backendPath(rawPath: string, count: number, base: string | undefined): string {
  if (base === undefined) return rawPath;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const next = rawPath.indexOf("/", at + 1);
    at = next === -1 ? rawPath.length : next;
  }
  const rest = rawPath.slice(at);
  if (rest === "") return base;
  return base.endsWith("/") ? `${base}${rest.slice(1)}` : `${base}${rest}`;
}
