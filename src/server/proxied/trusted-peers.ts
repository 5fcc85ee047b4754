/**
 * The peers whose word about their clients counts: addresses, nets, and Unix sockets.
 */

import type { IpAddress, IpNet } from "../../base/ip-address.ts";
import { isInNet, parseIpAddress, parseIpNet } from "../../base/ip-address.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";

/** The entry for all clients of a Unix socket; the log calls each of them so. */
const unixEntry = "unix:";

/** What an entry that is a word stands for. */
const words: Readonly<Record<string, readonly string[]>> = {
  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.3.
  loopback: ["127.0.0.0/8", "::1"],
  // RFC 1918 §3, RFC 4193 §3.1.
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** The address of a socket's peer; of a link-local one without the zone (RFC 4007 §11). */
function peerAddress(remoteAddress: string): IpAddress | undefined {
  return parseIpAddress(remoteAddress.replace(/%.*$/s, ""));
}

/** The trusted peers of one server. */
export class TrustedPeers {
  readonly #nets: readonly IpNet[];
  readonly #hasUnix: boolean;

  /** For `readTrustedPeers` alone. */
  constructor(nets: readonly IpNet[], hasUnix: boolean) {
    this.#nets = nets;
    this.#hasUnix = hasUnix;
  }

  /** Whether `address` is trusted. */
  has(address: IpAddress): boolean {
    return this.#nets.some((net) => isInNet(address, net));
  }

  /** Whether the peer at `remoteAddress`, as a socket names it, is trusted. */
  hasPeer(remoteAddress: string): boolean {
    if (remoteAddress === unixEntry) return this.#hasUnix;
    const address = peerAddress(remoteAddress);
    return address !== undefined && this.has(address);
  }
}

/**
 * The peers that `entries` name: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`, "loopback", "private",
 * or "unix:". Fails with the entry that is none of these, or when there are more than `netsMax`.
 */
export function readTrustedPeers(
  entries: readonly string[],
  netsMax: number,
): Result<TrustedPeers, string> {
  const nets: IpNet[] = [];
  for (const entry of entries) {
    if (entry === unixEntry) continue;
    for (const text of Object.hasOwn(words, entry) ? (words[entry] ?? []) : [entry]) {
      const net = parseIpNet(text);
      if (net === undefined) return failure(JSON.stringify(entry));
      nets.push(net);
    }
  }
  if (nets.length > netsMax) return failure(`${nets.length} nets, which is more than ${netsMax}`);
  return success(new TrustedPeers(nets, entries.includes(unixEntry)));
}
