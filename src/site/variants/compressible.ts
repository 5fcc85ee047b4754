/**
 * Which content has coded variants: content that compression makes smaller, by media type and name.
 */

/** Compressible types other than text/*, +json, +xml and types with a charset. */
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

/** Names of compressed files whose media type, such as image/svg+xml, is compressible. */
const compressedName = /\.(?:svg|x3d[bv]?)z$/i;

/** Whether content of this type is compressible. */
export function isCompressible(mediaType: string): boolean {
  // A type with a charset is text, which covers most compressible types.
  if (mediaType.includes("charset=") || mediaType.startsWith("text/")) return true;
  const [essence = ""] = mediaType.split(";", 1);
  return /\+(?:json|xml)$/.test(essence) || compressible.has(essence);
}

/** Whether `name` ends as a compressed name does, which few names do. */
const endsInZ = (name: string): boolean => (name.charCodeAt(name.length - 1) | 0x20) === 0x7a;

/** Whether content of this type, from the file `name`, has coded variants. */
export function hasVariants(mediaType: string, name: string): boolean {
  return isCompressible(mediaType) && !(endsInZ(name) && compressedName.test(name));
}
