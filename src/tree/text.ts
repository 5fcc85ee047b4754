/**
 * Whether octets are text. A file without a known extension is sent as text/plain when its
 * beginning is text, and as octets for download otherwise. Nothing else is inferred from content.
 */

/** How much of a file is examined, in octets. */
export const textSampleOctets = 4096;

/** Control characters that occur in text: tab, line feed, form feed, carriage return, escape. */
const textControls: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/**
 * Whether `sample`, the beginning of a file or all of it, is UTF-8 without other control
 * characters. A character that is cut off at the end of the sample is accepted. An empty file is
 * text.
 */
export function isText(sample: Uint8Array): boolean {
  for (const octet of sample) {
    if ((octet < 0x20 && !textControls.has(octet)) || octet === 0x7f) return false;
  }
  try {
    // A new decoder for each call, because a streaming one keeps the octets of an incomplete
    // character.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(sample, { stream: sample.length >= textSampleOctets });
    return true;
  } catch {
    return false;
  }
}
