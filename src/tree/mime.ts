/**
 * The media type that a file's name promises, ready for Content-Type (RFC 9110 §8.3).
 *
 * Names and types are those of the `mime` package (IANA's registry and what browsers know). Text
 * gets a charset, because what a browser guesses without one is rarely UTF-8. The content of the
 * file is never looked at.
 *
 * The extensions that most sites are made of stand in a table here, with the package's types. The
 * package takes 10 ms to load, so it is loaded by the first extension that the table lacks.
 */

/** The type of content about which nothing is known. Browsers save it (RFC 2046 §4.5.1). */
export const unknownType = "application/octet-stream";

/** Types outside text/*, +json and +xml whose content is text. */
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

/** No extension that the package knows is longer. */
const extensionLengthMax = 32;

/** The extensions that most sites are made of, by their types with their charsets. */
const commonTypes: readonly (readonly [type: string, ...extensions: string[]])[] = [
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

const commonExtensions: ReadonlyMap<string, string> = new Map(
  commonTypes.flatMap(([type, ...extensions]) =>
    extensions.map((extension) => [extension, type] as const),
  ),
);

/**
 * The type of `name` by its extension, in any case, with `; charset=utf-8` where it is text.
 * Undefined for an unknown extension and for a name without one: "Makefile", ".json", "a.".
 */
export function mediaTypeOf(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  const length = name.length - dot - 1;
  if (dot < 1 || length === 0 || length > extensionLengthMax) return undefined;
  const extension = name.slice(dot + 1);
  return (
    commonExtensions.get(extension) ??
    commonExtensions.get(extension.toLowerCase()) ??
    packageType(extension)
  );
}

/** The type that the package has for `extension`. The first call loads the package and waits. */
function packageType(extension: string): string | undefined {
  const { default: mime } = require("mime") as typeof import("mime");
  const type = mime.getType(extension);
  return type === null ? undefined : withCharset(type);
}

function withCharset(type: string): string {
  const isText =
    type.startsWith("text/") ||
    type.endsWith("+json") ||
    type.endsWith("+xml") ||
    textual.has(type);
  return isText ? `${type}; charset=utf-8` : type;
}
