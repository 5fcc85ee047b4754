/**
 * CRC32c, the checksum of SCTP (RFC 4960, Appendix B), which a header of the PROXY protocol may
 * have. Bun's own CRC32 has another polynomial.
 */

/** The polynomial 0x1EDC6F41 with its bits in reverse: the lowest bit of an octet comes first. */
const polynomial = 0x82_f6_3b_78;

/** What each octet does to the checksum; made for the first header that has one. */
let table: Uint32Array | undefined;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, octet) => {
    let rest = octet;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    return rest;
  });
}

/** The checksum of `octets`, as a number of 32 bits without a sign. */
export function crc32c(octets: Uint8Array): number {
  table ??= makeTable();
  let rest = 0xff_ff_ff_ff;
  for (const octet of octets) rest = (rest >>> 8) ^ (table[(rest ^ octet) & 0xff] ?? 0);
  return (rest ^ 0xff_ff_ff_ff) >>> 0;
}
