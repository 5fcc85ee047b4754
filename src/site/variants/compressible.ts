/**
 * Which content has coded variants: what shrinks, by its media type and its name.
 */

/** Types that shrink, outside text/*, +json, +xml and all that says its charset. */
const compressible: ReadonlySet<string> = new Set([
  "application/javascript",
  "application/json",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/xml",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/vnd.microsoft.icon",
  "image/x-icon",
]);

/** Names whose content is compressed already though their type, image/svg+xml, is not. */
const compressedName = /\.svgz$/i;

/** Whether content of this type shrinks. */
export function isCompressible(mediaType: string): boolean {
  // What says its charset is text, and most of what shrinks says it.
  if (mediaType.includes("charset=") || mediaType.startsWith("text/")) return true;
  const [essence = ""] = mediaType.split(";", 1);
  return /\+(?:json|xml)$/.test(essence) || compressible.has(essence);
}

/** Whether content of this type, in the file `name`, has coded variants. */
export function hasVariants(mediaType: string, name: string): boolean {
  return isCompressible(mediaType) && !compressedName.test(name);
}
