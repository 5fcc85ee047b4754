/**
 * The addresses by which other machines of a network reach this one. `node:os` is loaded when they
 * are first asked for, since most servers never do.
 */

import type { NetworkInterfaceInfo } from "node:os";

/** The interfaces of a machine, as `node:os` tells them. */
type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Link-local addresses (RFC 3927, RFC 4291 §2.5.6). A URL can't name the interface that fe80::
 * needs (RFC 9844 §4), and an address in 169.254.0.0/16 says that the network has given none.
 */
const linkLocal = /^(?:169\.254\.|fe[89ab])/i;

function ownInterfaces(): Interfaces {
  return process.getBuiltinModule("node:os").networkInterfaces();
}

/**
 * The addresses of `interfaces`, of this machine's by default, that lead to other machines: IPv4
 * first, each once.
 */
export function machineAddresses(interfaces: Interfaces = ownInterfaces()): readonly string[] {
  const all = Object.values(interfaces).flatMap((some) => some ?? []);
  const others = all.filter(({ internal, address }) => !internal && !linkLocal.test(address));
  const ordered = others.toSorted((one, other) => one.family.localeCompare(other.family));
  return [...new Set(ordered.map(({ address }) => address))];
}
