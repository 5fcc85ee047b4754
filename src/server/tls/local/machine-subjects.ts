/**
 * What a local certificate is for: the names and addresses by which this machine is reached from
 * itself and from its own networks. Public addresses are left out, since the authority may certify
 * private ones alone.
 */

import { BlockList, isIPv6 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

import { machineNames } from "../../machine-names.ts";

/** Names and addresses of one certificate. */
export interface Subjects {
  /** In lower case, without a dot at the end. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * Loopback, the private networks (RFC 1918, RFC 4193), those behind a provider's translation (RFC
 * 6598), and IPv4's link-local one (RFC 3927). No URL can name the interface that an address in
 * fe80::/10 needs (RFC 9844 §4).
 */
export const permittedNetworks = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "100.64.0.0/10",
  "::1/128",
  "fc00::/7",
] as const;

/** The most addresses in a certificate: a machine with containers may have very many. */
const addressesMax = 64;

/** The most names in one. */
const namesMax = 64;

/** A name that a certificate can hold: letters, digits and hyphens (RFC 5280 §4.2.1.6). */
const hostName =
  /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/;

/** The interfaces of a machine, as `node:os` tells them. */
type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Whether `address` lies in one of `permittedNetworks`. */
function isPermitted(address: string, networks: BlockList): boolean {
  return networks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function permittedList(): BlockList {
  const list = new BlockList();
  for (const network of permittedNetworks) {
    const [address = "", prefix = ""] = network.split("/");
    list.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}

/** The subjects of a machine that is called `names` and has `interfaces`. */
export function subjectsOf(names: readonly string[], interfaces: Interfaces): Subjects {
  const networks = permittedList();
  const own = names.map((name) => name.toLowerCase().replace(/\.$/, ""));
  const known = own.filter((name) => hostName.test(name) && !/^[\d.]+$/.test(name));
  const addresses = Object.values(interfaces)
    .flatMap((some) => some ?? [])
    .map(({ address }) => address)
    .filter((address) => isPermitted(address, networks));
  return {
    names: [...new Set(["localhost", ...known.toSorted()])],
    addresses: [...new Set(["127.0.0.1", "::1", ...addresses.toSorted()])].slice(0, addressesMax),
  };
}

/**
 * `subjects` with those of `hosts` that lead to this machine wherever they are resolved: names
 * below localhost (RFC 6761 §6.3). No client takes a wildcard right below localhost.
 */
export function withHosts({ names, addresses }: Subjects, hosts: readonly string[]): Subjects {
  const local = hosts
    .map((host) => host.toLowerCase().replace(/\.$/, ""))
    .filter((host) => host.endsWith(".localhost") && hostName.test(host));
  return { names: [...new Set([...names, ...local.toSorted()])].slice(0, namesMax), addresses };
}

/** Those of this machine, as it is now. */
export function machineSubjects(): Subjects {
  return subjectsOf(machineNames(), process.getBuiltinModule("node:os").networkInterfaces());
}
