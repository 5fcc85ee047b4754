/**
 * The media type that a file's name promises, ready for Content-Type (RFC 9110 §8.3).
 *
 * Names and types are the `mime` package's (IANA's registry and what browsers know). Text says its
 * charset, for what a browser would guess otherwise is rarely UTF-8. Nothing looks at content.
 *
 * The package's small table has what the web is made of, and the full one takes 5 ms more at the
 * start: it is loaded at the first extension that the small one lacks. They never differ about an
 * extension that both have.
 */

import mime from "mime/lite";

/** What says nothing about the content: browsers save it (RFC 2046 §4.5.1). */
export const unknownType = "application/octet-stream";

/** Types outside text/*, +json and +xml whose content is text all the same. */
const textual: ReadonlySet<string> = new Set([
  "application/ecmascript",
  "application/javascript",
  "application/json",
  "application/json5",
  "application/node",
  "application/sql",
  "application/toml",
  "application/x-httpd-php",
  "application/x-latex",
  "application/x-ndjson",
  "application/x-perl",
  "application/x-sh",
  "application/x-subrip",
  "application/x-tcl",
  "application/x-tex",
  "application/xml",
  "application/xml-dtd",
  "application/yaml",
]);

/** Extensions remembered; names come from the disk, so a tree may hold any number of them. */
const rememberedMax = 1024;

/** No extension in the table is longer, and what is longer isn't worth remembering. */
const extensionLengthMax = 32;

const remembered = new Map<string, string>();

/**
 * The type of `name` by its extension, in any case, with `; charset=utf-8` where it is text.
 * Undefined for an unknown extension and for none: "Makefile", ".json", "a.".
 */
export function mediaTypeOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  const length = name.length - dot - 1;
  if (dot < 1 || length === 0 || length > extensionLengthMax) return undefined;
  const extension = name.slice(dot + 1);
  const known = remembered.get(extension);
  if (known !== undefined) return known;
  const type = mime.getType(extension) ?? rareType(extension);
  if (type === null) return undefined;
  const withCharset = describeType(type);
  if (remembered.size < rememberedMax) remembered.set(extension, withCharset);
  return withCharset;
}

/** The same out of the full table. Waits for it to load, once. */
function rareType(extension: string): string | null {
  const full = require("mime") as typeof import("mime");
  return full.default.getType(extension);
}

function describeType(type: string): string {
  const isText = type.startsWith("text/") || /\+(json|xml)$/.test(type) || textual.has(type);
  return isText ? `${type}; charset=utf-8` : type;
}
