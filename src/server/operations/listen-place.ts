/**
 * Where a listener for operators listens, as the options name it: `[HOST:]PORT`. Without a host it
 * is loopback: what a server counts is for those who run it.
 */

/** A host and a port. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

const portMax = 65_535;
const loopback = "127.0.0.1";

/** A host is a name, an IPv4 address, or an IPv6 address in brackets. */
const placePattern = /^(?:(\[[\da-fA-F:.]+\]|[^\s:/[\]]+):)?(\d{1,5})$/;

/** The place that `text` names; undefined when it is none. */
export function readPlace(text: string): ListenPlace | undefined {
  const match = placePattern.exec(text);
  if (match === null) return undefined;
  const port = Number(match[2]);
  return port > portMax ? undefined : { host: match[1] ?? loopback, port };
}
