/**
 * The header of the PROXY protocol, versions 1 and 2, by which a proxy that passes on octets and
 * knows no HTTP says for which client it has connected. It stands before everything else of a
 * connection (haproxy's doc/proxy-protocol.txt, here "PROXY", with its sections). Pure.
 *
 * Both versions are read, told apart by how they begin (PROXY §2.2). What can't become a header any
 * more is malformed at once, however little of it has come.
 *
 * Absent on purpose: the address that the client has connected to, and what the type-length-value
 * vectors (TLV) say of TLS, names and namespaces. Of them only the checksum is looked at.
 */

import type { IpAddress } from "../../base/ip-address.ts";
import { parseIpAddress } from "../../base/ip-address.ts";
import { latin1Text } from "../../http/octets/bytes.ts";
import { crc32c } from "./crc32c.ts";

/** What has come so far. */
type HeaderReading =
  /** A header of so many octets, and the client's address if it names one. */
  | { readonly kind: "whole"; readonly octets: number; readonly address: IpAddress | undefined }
  /** The beginning of one. */
  | { readonly kind: "part" }
  | { readonly kind: "malformed"; readonly why: string };

/** The longest line of version 1, with its CRLF (PROXY §2.1). */
const lineBytesMax = 107;

const lineStart = octetsOf("PROXY ");
const cr = 0x0d;
const lf = 0x0a;

/**
 * ```
 * "PROXY" SP ( "TCP4" / "TCP6" ) SP source SP destination SP source-port SP destination-port CRLF
 * "PROXY" SP "UNKNOWN" [ SP anything ] CRLF
 * ```
 *
 * Each space is one, and a number has no zeros in front (PROXY §2.1).
 */
const namedLine = /^PROXY (TCP4|TCP6) ([^ ]+) ([^ ]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;
const unknownLine = /^PROXY UNKNOWN(?: |$)/;
const portMax = 65_535;

/** How version 2 begins (PROXY §2.2). */
const signature = octetsOf("\r\n\r\n\0\r\nQUIT\n");

/** The signature, version and command, family and transport, and the length of what follows. */
const fixedBytes = 16;

const version = 2;
const local = 0;
const proxied = 1;
const stream = 1;
const transportMax = 2;

/** Octets of both addresses and their ports: unspecified, IPv4, IPv6, Unix. */
const addressBytes = [0, 12, 36, 216] as const;
const ipv4 = 1;
const ipv6 = 2;

const checksumType = 3;
const checksumBytes = 4;
/** The type of a TLV, and the length of its value. */
const vectorStartBytes = 3;

const part: HeaderReading = { kind: "part" };

function octetsOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function malformed(why: string): HeaderReading {
  return { kind: "malformed", why };
}

function whole(octets: number, address: IpAddress | undefined): HeaderReading {
  return { kind: "whole", octets, address };
}

/** Whether `octets` begin with `start`, or are a beginning of it. */
function agrees(octets: Uint8Array, start: readonly number[]): boolean {
  return start.every((octet, at) => at >= octets.length || octets[at] === octet);
}

/**
 * Reads the header that `octets`, one or more, begin with. One of version 2 that is longer than
 * `bytesMax` is malformed.
 */
export function readProxyHeader(octets: Uint8Array, bytesMax: number): HeaderReading {
  if (agrees(octets, lineStart)) return readLine(octets);
  if (agrees(octets, signature)) return readBinary(octets, bytesMax);
  return malformed("no header");
}

/** Version 1: a line (PROXY §2.1). */
function readLine(octets: Uint8Array): HeaderReading {
  const seen = octets.subarray(0, lineBytesMax);
  const [end, lfAt] = [seen.indexOf(cr), seen.indexOf(lf)];
  if (lfAt === -1 && (end === -1 || end === seen.length - 1)) {
    return seen.length < lineBytesMax ? part : malformed("a line that is too long");
  }
  if (end === -1 || lfAt !== end + 1) return malformed("a line without its CRLF");
  const line = latin1Text(octets, 0, end);
  if (unknownLine.test(line)) return whole(end + 2, undefined);
  const address = addressIn(line);
  return address === undefined ? malformed("a malformed line") : whole(end + 2, address);
}

/** The client's address in a line without its CRLF; undefined when it is malformed. */
function addressIn(line: string): IpAddress | undefined {
  const [, family, source = "", destination = "", ...ports] = namedLine.exec(line) ?? [];
  const isIpv6 = family === "TCP6";
  const [address, other] = [source, destination].map((text) =>
    text.includes(":") === isIpv6 ? parseIpAddress(text) : undefined,
  );
  const isSound = other !== undefined && ports.every((port) => Number(port) <= portMax);
  return isSound ? address : undefined;
}

/** Version 2: octets (PROXY §2.2). */
function readBinary(octets: Uint8Array, bytesMax: number): HeaderReading {
  const [versionAndCommand = version << 4, kind = 0, high = 0, low = 0] = octets.subarray(12);
  const command = versionAndCommand & 0xf;
  if (versionAndCommand >> 4 !== version) return malformed("another version than 2");
  if (command > proxied) return malformed("an unknown command");
  const [family, transport] = [kind >> 4, kind & 0xf];
  // The family of LOCAL counts for nothing.
  if (command === proxied && (family >= addressBytes.length || transport > transportMax)) {
    return malformed("an unknown family or transport");
  }
  if (octets.length < fixedBytes) return part;
  const length = fixedBytes + high * 256 + low;
  if (length > bytesMax) return malformed(`more than ${bytesMax} octets`);
  if (octets.length < length) return part;
  const header = octets.subarray(0, length);
  // What LOCAL has behind its length counts for nothing. An unspecified family or transport doesn't
  // say where the vectors begin.
  if (command === local || family === 0 || transport === 0) return whole(length, undefined);
  const vectorsAt = fixedBytes + (addressBytes[family] ?? 0);
  if (vectorsAt > length) return malformed("too few octets for its addresses");
  const fault = faultOfVectors(header, vectorsAt);
  if (fault !== undefined) return malformed(fault);
  // What came to the proxy by UDP or on a Unix socket has no address here that could count.
  const isNamed = transport === stream && (family === ipv4 || family === ipv6);
  return whole(length, isNamed ? firstAddress(header, family) : undefined);
}

/** The client's address, which stands first in `header`. */
function firstAddress(header: Uint8Array, family: typeof ipv4 | typeof ipv6): IpAddress {
  const groupAt = (at: number): number => (header[at] ?? 0) * 256 + (header[at + 1] ?? 0);
  const groups = Array.from({ length: family === ipv4 ? 2 : 8 }, (_, index) =>
    groupAt(fixedBytes + index * 2),
  );
  return family === ipv4 ? [0, 0, 0, 0, 0, 0xff_ff, ...groups] : groups;
}

/** What is wrong with the vectors of `header`, which begin at `start`; undefined for nothing. */
function faultOfVectors(header: Uint8Array, start: number): string | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  let hasChecksum = false;
  let at = start;
  while (at < header.length) {
    if (at + vectorStartBytes > header.length) return "a vector that is cut off";
    const value = at + vectorStartBytes;
    const valueBytes = view.getUint16(at + 1);
    if (value + valueBytes > header.length) return "a vector that is cut off";
    if (view.getUint8(at) === checksumType) {
      // Each costs as much as the whole header.
      if (hasChecksum) return "a second checksum";
      if (valueBytes !== checksumBytes) return "a checksum of another length";
      if (!isRight(header, value)) return "a wrong checksum";
      hasChecksum = true;
    }
    at = value + valueBytes;
  }
  return undefined;
}

/** Whether the checksum at `at` is that of `header` with zeros in its place (PROXY §2.2.3). */
function isRight(header: Uint8Array, at: number): boolean {
  const told = new DataView(header.buffer, header.byteOffset + at, checksumBytes).getUint32(0);
  const copy = header.slice();
  copy.fill(0, at, at + checksumBytes);
  return crc32c(copy) === told;
}
