/**
 * The hosts that a server answers to on loopback: localhost and its subdomains, the addresses of
 * loopback, the server's own names, and the hosts that `allowHosts` lists.
 *
 * Hosts are compared in the form that a URL gives them: lower case, ASCII, without a dot at the
 * end, an IPv6 address in its shortest spelling. Ports don't count.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";

/** 127.0.0.0/8 and ::1 as literals; 127.0.0.0/8 mapped to IPv6, too (RFC 4291 §2.5.5.2). */
const loopbackLiteral = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/** What an entry of `allowHosts` can't hold; a URL would read it as another part, or decode it. */
const foreignToHost = /[\s/?#@\\%]/u;

/** The form in which hosts are compared; undefined for what no URL has as its host. */
function comparable(host: string): string | undefined {
  const name = URL.parse(`http://${host}/`)?.hostname;
  return name?.endsWith(".") === true ? name.slice(0, -1) : name;
}

/** The same for a name or an address as it is written; the brackets of IPv6 may be left out. */
function comparableEntry(entry: string): string | undefined {
  if (foreignToHost.test(entry)) return undefined;
  // A name has no colon, so a port makes the entry invalid.
  return comparable(entry.includes(":") && !entry.startsWith("[") ? `[${entry}]` : entry);
}

/** Whether `host`, in its comparable form, leads to this machine wherever it is resolved. */
function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || loopbackLiteral.test(host);
}

/** The hosts of one server. */
export class OwnHosts {
  readonly #names: Set<string>;
  /** Each begins with a dot. */
  readonly #suffixes: readonly string[];
  readonly #ownNames: () => readonly string[];
  #knowsOwnNames = false;

  /** For `readOwnHosts` alone. */
  constructor(names: Set<string>, suffixes: readonly string[], ownNames: () => readonly string[]) {
    this.#names = names;
    this.#suffixes = suffixes;
    this.#ownNames = ownNames;
  }

  /** Whether `host`, without a port, is one of them. */
  has(host: string): boolean {
    const name = comparable(host);
    if (name === undefined) return false;
    if (isLocal(name) || this.#names.has(name)) return true;
    if (this.#suffixes.some((suffix) => name.endsWith(suffix))) return true;
    return this.#learnOwnNames() && this.#names.has(name);
  }

  /** Adds the server's own names. They are looked up when the first other host is asked for. */
  #learnOwnNames(): boolean {
    if (this.#knowsOwnNames) return false;
    this.#knowsOwnNames = true;
    for (const own of this.#ownNames()) {
      const name = comparableEntry(own);
      if (name !== undefined) this.#names.add(name);
    }
    return true;
  }
}

/**
 * The hosts of a server whose own names are `ownNames`. An entry of `allowHosts` is a name, an
 * address, or `.example.com` for that domain and its subdomains. Undefined when an entry is `*`, so
 * that every host is answered. Fails with the entry that is none of these.
 */
export function readOwnHosts(
  allowHosts: readonly string[],
  ownNames: () => readonly string[],
): Result<OwnHosts | undefined, string> {
  const names = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of allowHosts) {
    if (entry === "*") continue;
    const isDomain = entry.startsWith(".");
    const name = comparableEntry(isDomain ? entry.slice(1) : entry);
    if (name === undefined || name.includes("*")) return failure(entry);
    names.add(name);
    if (isDomain) suffixes.push(`.${name}`);
  }
  if (allowHosts.includes("*")) return success(undefined);
  return success(new OwnHosts(names, suffixes, ownNames));
}
