/**
 * The media type of a file by its name, as a value for Content-Type (RFC 9110 §8.3).
 *
 * Extensions and types are those of the `mime` package (IANA's registry and common practice), with
 * these rules:
 *
 * 1. JavaScript by any of its names is text/javascript: browsers run no other type under nosniff
 *    (RFC 9239 §6).
 * 2. A type of application/ that names a language is text/plain, because browsers save it instead
 *    of showing it. Types of text/ stay as they are.
 * 3. An extension can stand for source code and for a format of the registry: .ts, .rs, .scm, .org.
 *    A format of a vendor (vnd.) or an unregistered one (x-), a transport stream, or an XML
 *    vocabulary is sent as text/plain when the file is text that is neither XML nor JSON. Formats
 *    that are text, and that programs receive by their type, are exempt: playlists, certificates.
 *
 * Text types get a charset, because browsers rarely guess UTF-8 without one.
 *
 * A table here has the extensions that most sites use, with the package's types. The package takes
 * 10 ms to load, so it is loaded only for an extension that the table lacks.
 */

/** The type of unknown content. Browsers save it as a file (RFC 2046 §4.5.1). */
export const unknownType = "application/octet-stream";

/** The type of text whose own type browsers would save. */
export const plainType = "text/plain; charset=utf-8";

/** Types outside text/*, +json and +xml whose content is text that browsers or programs take. */
const textual: ReadonlySet<string> = new Set([
  "application/json",
  "application/n-quads",
  "application/n-triples",
  "application/trig",
  "application/x-ndjson",
  "application/xml",
]);

/** Rule 1: JavaScript's names (RFC 9239 §6), and Node's name for CommonJS. */
const script = /^(?:text|application)\/(?:(?:x-)?(?:java|ecma|live|j)script[\d.]*|node)$/;

/** Rule 2: languages of programs, queries, schemas, settings and documents. */
const languages = [
  /^application\/(?:cwl|express|hjson|json5|raml\+yaml|relax-ng-compact-syntax|sieve)$/,
  /^application\/(?:sparql-query|sql|srgs|toml|vnd\.dart|x-csh|x-httpd-php|x-latex)$/,
  /^application\/(?:x-perl|x-sh|x-shar|x-subrip|x-tcl|x-tex|x-texinfo|x-wais-source)$/,
  /^application\/(?:xml-dtd|yaml|yang)$/,
];

/** Rule 3: formats whose extensions source code may have. */
const ambiguous =
  /^(?:application\/(?:vnd\.|x-|(?:msword|mathematica|pkix-attr-cert)$|.*\+xml)|video\/mp2t$)/;
const ambiguousMedia = /^(?:audio|image|video)\/vnd\./;

/** Rule 3: formats that are text and that programs receive by their type. */
const exempt =
  /mpegurl|autoconfig|bittorrent|vnd\.intu|makeself|pkcs|research-info|shortcut|x509|xhtml|\+json/;

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
  ["text/javascript; charset=utf-8", "js", "mjs", "cjs"],
  ["text/markdown; charset=utf-8", "md"],
  ["text/plain; charset=utf-8", "txt", "log"],
  ["video/mp4", "mp4"],
  ["video/webm", "webm"],
];

/** Filled by plain loops, since this runs at each start. */
function typesByExtension(): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const row of commonTypes) {
    for (let at = 1; at < row.length; at++) types.set(row[at] ?? "", row[0]);
  }
  return types;
}

const commonExtensions = typesByExtension();

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
  return type === null ? undefined : withCharset(shownType(type));
}

/** `type` after rules 1 and 2. */
function shownType(type: string): string {
  if (script.test(type)) return "text/javascript";
  return languages.some((names) => names.test(type)) ? "text/plain" : type;
}

/** Whether rule 3 applies to files of `mediaType`, so that their beginning decides. */
export function mayBeSource(mediaType: string): boolean {
  if (mediaType.startsWith("text/")) return false;
  const isAmbiguous = ambiguous.test(mediaType) || ambiguousMedia.test(mediaType);
  return isAmbiguous && !exempt.test(mediaType);
}

/**
 * Whether text with this `beginning`, read as Latin-1, isn't XML or JSON, which many formats are
 * made of. The octets before the first character may be a byte order mark, or a half of UTF-16.
 */
export function looksLikeSource(beginning: string): boolean {
  return !/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff\0)?\s*[<{]/.test(beginning);
}

function withCharset(type: string): string {
  return isTextType(type) ? `${type}; charset=utf-8` : type;
}

/** Whether content of `mediaType`, with or without a charset, is text. */
export function isTextType(mediaType: string): boolean {
  const [type = ""] = mediaType.split(";", 1);
  return (
    type.startsWith("text/") || type.endsWith("+json") || type.endsWith("+xml") || textual.has(type)
  );
}
