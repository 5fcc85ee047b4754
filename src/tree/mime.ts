/**
 * The media type that a file's name promises, ready for Content-Type (RFC 9110 §8.3).
 *
 * Names and types are the `mime` package's (IANA's registry and what browsers know). Text says its
 * charset, for what a browser would guess otherwise is rarely UTF-8. Nothing looks at content.
 *
 * What the web is made of stands in a table here, as the package has it, and the package, which
 * takes 10 ms to load, is loaded at the first extension that the table lacks.
 */

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

/** The commonest extensions, by their types with their charsets. */
const common: readonly (readonly [type: string, ...extensions: string[]])[] = [
  ["application/gzip", "gz"],
  ["application/json; charset=utf-8", "json", "map"],
  ["application/manifest+json; charset=utf-8", "webmanifest"],
  ["application/pdf", "pdf"],
  ["application/wasm", "wasm"],
  ["application/xml; charset=utf-8", "xml"],
  ["application/zip", "zip"],
  ["audio/mpeg", "mp3"],
  ["audio/ogg", "ogg", "oga", "opus"],
  ["font/otf", "otf"],
  ["font/ttf", "ttf"],
  ["font/woff", "woff"],
  ["font/woff2", "woff2"],
  ["image/avif", "avif"],
  ["image/gif", "gif"],
  ["image/jpeg", "jpg", "jpeg"],
  ["image/png", "png"],
  ["image/svg+xml; charset=utf-8", "svg"],
  ["image/vnd.microsoft.icon", "ico"],
  ["image/webp", "webp"],
  ["text/css; charset=utf-8", "css"],
  ["text/csv; charset=utf-8", "csv"],
  ["text/html; charset=utf-8", "html", "htm"],
  ["text/javascript; charset=utf-8", "js", "mjs"],
  ["text/markdown; charset=utf-8", "md"],
  ["text/plain; charset=utf-8", "txt", "log"],
  ["video/mp4", "mp4"],
  ["video/webm", "webm"],
];

/** By extension, in the case that it was asked in. */
const remembered = new Map<string, string>();
for (const [type, ...extensions] of common) {
  for (const extension of extensions) remembered.set(extension, type);
}

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
  const type = remembered.get(extension.toLowerCase()) ?? typeOfPackage(extension);
  if (type === undefined) return undefined;
  if (remembered.size < rememberedMax) remembered.set(extension, type);
  return type;
}

/** The same as the package has it. Waits for it to load, once. */
function typeOfPackage(extension: string): string | undefined {
  const { default: mime } = require("mime") as typeof import("mime");
  const type = mime.getType(extension);
  return type === null ? undefined : describeType(type);
}

function describeType(type: string): string {
  const isText =
    type.startsWith("text/") ||
    type.endsWith("+json") ||
    type.endsWith("+xml") ||
    textual.has(type);
  return isText ? `${type}; charset=utf-8` : type;
}
