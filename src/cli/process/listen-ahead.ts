/**
 * Where a server listens before it serves: on sockets that this process was given, or that it makes
 * for its workers, or while it still may.
 */

import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import { claimPort } from "../../server/port-claim.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import { listenError, ServeError } from "../../site/serve-error.ts";

/** Sockets that listen, and what they are bound to. */
export interface Ahead {
  readonly host: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly unix?: string;
  /** The port that redirects to https. */
  readonly tlsRedirect?: number;
  /** The sockets, in groups shared by processes. Empty where the system can't keep them. */
  readonly groups: readonly GivenSockets[];
  /** Closes this process's descriptors. */
  release(): void;
}

/**
 * Listens on `port` of `host`, 0 for any free one, and on `tlsRedirect` if there is one, for
 * `count` processes. Throws a `ServeError` when a port can't be had.
 */
export function listenAhead(
  host: string,
  port: number,
  tlsRedirect: number | undefined,
  count: number,
): Ahead {
  const main = claimPort(host, port, count);
  if (!main.ok) throw listenError(main.error);
  const { groups } = main.value;
  const release = (): void => main.value.release();
  const claimed = { host, port: main.value.port };
  if (tlsRedirect === undefined) {
    return { ...claimed, groups: groups.map((sockets) => ({ main: sockets })), release };
  }
  const redirect = claimPort(host, tlsRedirect, count);
  if (!redirect.ok) {
    release();
    // Not "port-taken": the port that the server itself listens on is another one.
    const { message } = redirect.error;
    throw new ServeError("listen", `the port that redirects to https: ${message}`);
  }
  const others = redirect.value;
  return {
    ...claimed,
    tlsRedirect: others.port,
    groups: groups.map((sockets, i) => ({ main: sockets, redirect: others.groups[i] ?? [] })),
    release: () => {
      release();
      others.release();
    },
  };
}

/**
 * The sockets of each of `count` processes. Where there are fewer processes than groups one gets
 * several, so that no socket is left without a process; where there are more, some share a group.
 */
export function shareOut(groups: readonly GivenSockets[], count: number): readonly GivenSockets[] {
  const { length } = groups;
  if (length === 0) return [];
  return Array.from({ length: count }, (_, i) => {
    const own = groups.filter((_group, at) => at % count === i % length);
    return {
      main: own.flatMap(({ main }) => main),
      redirect: own.flatMap(({ redirect = [] }) => redirect),
      ...(own.some(({ removesFile }) => removesFile) ? { removesFile: true } : {}),
    };
  });
}

/** What a server that serves alone is told of its sockets, beside those in `others`. */
export function aheadOptions(ahead: Ahead, others?: GivenSockets): Partial<ServeOptions> {
  const { host, port, unix, tlsRedirect, groups } = ahead;
  const [sockets] = shareOut(groups, 1);
  return {
    host,
    port,
    ...(unix === undefined ? {} : { unix }),
    ...(tlsRedirect === undefined ? {} : { tlsRedirect }),
    ...(sockets === undefined ? {} : { sockets: { ...others, ...sockets } }),
  };
}
