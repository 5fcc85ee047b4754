/**
 * Globs for the decoded paths of requests, as header rules and rules of access write them.
 */

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a glob for decoded paths: its percent-escapes are decoded, and what they stand for is
 * no wildcard. Escapes that aren't UTF-8 stay as they are.
 */
export function decodeGlob(glob: string): string {
  return glob.replace(/(?:%[\dA-F]{2})+/gi, (escapes) => {
    try {
      const octets = Uint8Array.from(escapes.slice(1).split("%"), (hex) =>
        Number.parseInt(hex, 16),
      );
      return utf8.decode(octets).replace(/[*?[\]{}!\\]/g, "\\$&");
    } catch {
      return escapes;
    }
  });
}
