/**
 * Whether octets are text: what a name without a known extension holds is shown as text when it is,
 * and is a download when it isn't. Nothing else is ever guessed.
 */

/** How much of a file is looked at, in octets. */
export const textSampleOctets = 4096;

/** Controls that text has: tab, line feed, form feed, carriage return, escape. */
const textControls = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/**
 * Whether `sample`, the beginning of a file or all of it, is UTF-8 without controls. A character
 * that the sample's end has cut in two doesn't count against it. The empty file is text.
 */
export function isText(sample: Uint8Array): boolean {
  for (const octet of sample) {
    if ((octet < 0x20 && !textControls.has(octet)) || octet === 0x7f) return false;
  }
  try {
    // A decoder of its own: one that is told of more to come keeps what it waits for.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(sample, { stream: sample.length >= textSampleOctets });
    return true;
  } catch {
    return false;
  }
}
