/**
 * IP addresses and nets. An IPv4 address is kept as IPv6 maps it (RFC 4291 §2.5.5.2), which is how
 * a socket of IPv6 names an IPv4 client: one client then has one value, however it is spelled.
 *
 * Absent on purpose: octal and shortened IPv4 (`010.1`), which programs read in different ways, and
 * zones (`%eth0`), which mean something on one machine only.
 */

/** Eight groups of 16 bits, the first one first. */
export type IpAddress = readonly number[];

/** The addresses that begin with the first `bits` bits of `address`; `bits` counts from IPv6's. */
export interface IpNet {
  readonly address: IpAddress;
  readonly bits: number;
}

const groupCount = 8;
const groupBits = 16;

/** What stands before the 32 bits of an IPv4 address. */
const mappedBits = 96;
const mappedGroup = 0xff_ff;

const dottedPart = /^(?:0|[1-9]\d{0,2})$/;
const group = /^[\da-f]{1,4}$/i;
const prefixLength = /^(?:0|[1-9]\d{0,2})$/;

/** The longest text of an address: six groups, and an IPv4 address after them. */
const textLengthMax = 45;

/** Two groups of an IPv4 address in decimal (RFC 3986 §3.2.2, IPv4address). */
function parseDotted(text: string): readonly [number, number] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => dottedPart.test(part))) return undefined;
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
  return Math.max(a, b, c, d) > 255 ? undefined : [a * 256 + b, c * 256 + d];
}

/** The groups of one side of "::"; undefined when one is malformed. */
function parseGroups(text: string, mayEndDotted: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (group.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const isLast = index === parts.length - 1;
      const dotted = isLast && mayEndDotted ? parseDotted(part) : undefined;
      if (dotted === undefined) return undefined;
      groups.push(...dotted);
    }
  }
  return groups;
}

/** An IPv6address (RFC 3986 §3.2.2): eight groups, or fewer beside one "::". */
function parseIpv6(text: string): IpAddress | undefined {
  const [left = "", right, ...more] = text.split("::");
  const before = parseGroups(left, right === undefined);
  if (before === undefined || more.length > 0) return undefined;
  if (right === undefined) return before.length === groupCount ? before : undefined;
  const after = parseGroups(right, true);
  const absent = groupCount - before.length - (after?.length ?? 0);
  if (after === undefined || absent < 1) return undefined;
  return [...before, ...Array<number>(absent).fill(0), ...after];
}

/**
 * Reads an address without brackets, port or zone. Undefined for anything else.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > textLengthMax) return undefined;
  if (text.includes(":")) return parseIpv6(text);
  const dotted = parseDotted(text);
  return dotted === undefined ? undefined : [0, 0, 0, 0, 0, mappedGroup, ...dotted];
}

/** Whether `address` is one of IPv4. */
function isIpv4(address: IpAddress): boolean {
  return address[5] === mappedGroup && address.slice(0, 5).every((one) => one === 0);
}

/** Where the longest run of two groups or more that are 0 begins and ends; the first of several. */
function longestZeros(address: IpAddress): readonly [start: number, end: number] | undefined {
  let longest: readonly [number, number] = [0, 1];
  for (let start = 0; start < groupCount; start++) {
    let end = start;
    while (address[end] === 0) end++;
    if (end - start > longest[1] - longest[0]) longest = [start, end];
  }
  return longest[1] - longest[0] > 1 ? longest : undefined;
}

/** The one text of `address`: four decimal numbers, or the shortest of IPv6 (RFC 5952 §4). */
export function ipAddressText(address: IpAddress): string {
  if (isIpv4(address)) {
    const [high = 0, low = 0] = address.slice(6);
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  const digits = address.map((one) => one.toString(16));
  const zeros = longestZeros(address);
  if (zeros === undefined) return digits.join(":");
  return `${digits.slice(0, zeros[0]).join(":")}::${digits.slice(zeros[1]).join(":")}`;
}

/**
 * Reads `address/bits`, or an address, which is a net of one. Bits of the address behind the net's
 * own don't count. Undefined for anything else.
 */
export function parseIpNet(text: string): IpNet | undefined {
  const slash = text.indexOf("/");
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash === -1) return { address, bits: groupCount * groupBits };
  const given = text.slice(slash + 1);
  const bits = Number(given) + (text.includes(":") ? 0 : mappedBits);
  if (!prefixLength.test(given) || bits > groupCount * groupBits) return undefined;
  return { address, bits };
}

/**
 * Whether `address` is in `net`. A net of IPv6 that is wider than all of IPv4 has no IPv4 address:
 * `::/0` is not meant to have.
 */
export function isInNet(address: IpAddress, net: IpNet): boolean {
  if (net.bits < mappedBits && isIpv4(address)) return false;
  let left = net.bits;
  for (let i = 0; left > 0; i++, left -= groupBits) {
    const differing = (address[i] ?? 0) ^ (net.address[i] ?? 0);
    if (differing >> Math.max(0, groupBits - left) !== 0) return false;
  }
  return true;
}
