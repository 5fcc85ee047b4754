/**
 * The script element that is put into a page.
 */

import { latin1Bytes } from "../../http/octets/bytes.ts";
import type { Syntax, Width } from "./injection-place.ts";

/**
 * The folder of live reload's own paths, below the site's base. Names that begin with a dot are no
 * names of a site.
 */
export const liveFolder = ".postern/";

/** The names in it: the script, and the event stream. */
export const liveNames = { script: "live.js", stream: "live" } as const;

/** What a script element says. */
interface ScriptTag {
  /** The script's address. */
  readonly source: string;
  readonly syntax: Syntax;
  /** The nonce that the page's policy asks for; undefined for none. */
  readonly nonce: string | undefined;
  /** Whether any change concerns the page: a listing, an error. */
  readonly isAny: boolean;
}

/** The script element. Two pages with the same one differ in nothing that live reload adds. */
export function scriptTag({ source, syntax, nonce, isAny }: ScriptTag): string {
  const attributes = [
    syntax === "html" ? "" : 'xmlns="http://www.w3.org/1999/xhtml"',
    `src="${source}"`,
    nonce === undefined ? "" : `nonce="${nonce}"`,
    isAny ? 'data-any=""' : "",
    'async=""',
  ];
  return `<script ${attributes.filter((one) => one !== "").join(" ")}></script>`;
}

/** The octets of `tag`, which is ASCII, in a page of `width`. */
export function tagOctets(tag: string, width: Width): Uint8Array<ArrayBuffer> {
  if (width === "octet") return latin1Bytes(tag);
  return latin1Bytes(tag.replace(/./g, width === "low-first" ? "$&\0" : "\0$&"));
}
