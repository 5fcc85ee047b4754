/**
 * Where a server is reached: from this machine, and from others. A server on all addresses has one
 * URL for each of them; 0.0.0.0 and :: are none that a browser could go to.
 */

import type { Server } from "../../server/serve.ts";

/** A server or workers, as far as the banner describes them. */
export type Listening = Pick<Server, "url" | "host" | "port" | "root"> &
  Partial<Pick<Server, "unix" | "ca" | "tlsRedirect">>;

/** Where a server is reached, as URLs. */
export interface Reached {
  /** From this machine. */
  readonly local: readonly string[];
  /** From other machines. */
  readonly network: readonly string[];
  /** Whether it listens on loopback alone. */
  readonly isLocalOnly: boolean;
}

/** The address of `url` on `port`, which leads from http to https. */
export function redirectUrl(url: string, port: number): string {
  const from = new URL(url.replace(/^https:/, "http:"));
  from.port = `${port}`;
  return from.href;
}

const everyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]", ""]);

/** Whether `host` is a name or an address of loopback alone. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/**
 * Where `server` is reached by the addresses of this machine. A server on every address has them
 * all, and one on 0.0.0.0 those of IPv4.
 */
export function whereReached(server: Listening, addresses: () => readonly string[]): Reached {
  const { url, host, unix } = server;
  if (unix !== undefined) return { local: [`unix:${unix}`], network: [], isLocalOnly: true };
  if (!everyAddress.has(host)) {
    const isLocalOnly = isLoopback(host);
    const [local, network] = isLocalOnly ? [[url.href], []] : [[], [url.href]];
    return { local, network, isLocalOnly };
  }
  const at = (address: string): string => {
    const shown = new URL(url);
    shown.hostname = address.includes(":") ? `[${address}]` : address;
    return shown.href;
  };
  const own = addresses().filter((address) => host !== "0.0.0.0" || !address.includes(":"));
  return { local: [at("localhost")], network: own.map(at), isLocalOnly: false };
}
