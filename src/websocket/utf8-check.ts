/**
 * Whether octets that come in pieces are UTF-8, decided with the first octet that can't be: a text
 * message may be cut anywhere, and is refused before the rest of it has come (RFC 6455 §8.1).
 *
 *   UTF8-2 = %xC2-DF UTF8-tail                                            (RFC 3629 §4)
 *   UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) /
 *            %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
 *   UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) /
 *            %xF4 %x80-8F 2( UTF8-tail )
 */

/** The check of one text. */
export class Utf8Check {
  /** Octets that the present character still needs. */
  #missing = 0;
  /** What the next of them has to be, both ends included. */
  #low = 0x80;
  #high = 0xbf;

  /** Whether the text may end here. */
  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** Begins with another text. */
  restart(): void {
    this.#missing = 0;
    this.#low = 0x80;
    this.#high = 0xbf;
  }

  /** Reads on; false when no text begins with what was read so far. */
  push(octets: Uint8Array): boolean {
    for (const octet of octets) {
      if (this.#missing === 0) {
        if (octet >= 0x80 && !this.#begin(octet)) return false;
      } else {
        if (octet < this.#low || octet > this.#high) return false;
        this.#missing--;
        this.#low = 0x80;
        this.#high = 0xbf;
      }
    }
    return true;
  }

  /** Begins a character with `lead`, which isn't ASCII. */
  #begin(lead: number): boolean {
    if (lead < 0xc2 || lead > 0xf4) return false;
    this.#missing = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    // What would be shorter in another form, a surrogate, or beyond U+10FFFF.
    if (lead === 0xe0) this.#low = 0xa0;
    else if (lead === 0xed) this.#high = 0x9f;
    else if (lead === 0xf0) this.#low = 0x90;
    else if (lead === 0xf4) this.#high = 0x8f;
    return true;
  }
}
