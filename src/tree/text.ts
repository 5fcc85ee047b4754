/**
 * Whether octets are text. A file whose name has no known extension is shown as text when its
 * beginning is text, and is a download otherwise. Nothing else about content is ever guessed.
 */

/** How much of a file is examined, in octets. */
export const textSampleOctets = 4096;

/** Controls that occur in text: tab, line feed, form feed, carriage return, escape. */
const textControls: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/**
 * Whether `sample`, the beginning of a file or all of it, is UTF-8 without other controls. A
 * character that the end of the sample cuts in two is accepted. The empty file is text.
 */
export function isText(sample: Uint8Array): boolean {
  for (const octet of sample) {
    if ((octet < 0x20 && !textControls.has(octet)) || octet === 0x7f) return false;
  }
  try {
    // A new decoder each time, because one that streams keeps octets of an unfinished character.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(sample, { stream: sample.length >= textSampleOctets });
    return true;
  } catch {
    return false;
  }
}
