/**
 * The media type of a file by its name, as a value for Content-Type (RFC 9110 §8.3).
 *
 * Extensions and types are those of the `mime` package (IANA's registry and common practice). Text
 * types get a charset, because browsers rarely guess UTF-8 without one. The content of the file is
 * not examined.
 *
 * A table here has the extensions that most sites use, with the package's types. The package takes
 * 10 ms to load, so it is loaded only for an extension that the table lacks.
 */

/** The type of unknown content. Browsers save it as a file (RFC 2046 §4.5.1). */
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

/** The package has no longer extension. */
const extensionLengthMax = 32;

/** The extensions that most sites use, by media type with charset. */
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
 * The media type of `name` by its extension, ignoring case, with `; charset=utf-8` for text.
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

/** The package's type for `extension`. The first call loads the package synchronously. */
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
