/**
 * The text of octets that are gzip'd.
 */
export function decodedOf(octets: Uint8Array): string {
  return new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(octets)));
}
