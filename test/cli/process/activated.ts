/** A service manager's sockets (sd_listen_fds(3)), and commands that get them. */

import { closeSync, linkSync, renameSync } from "node:fs";

import { claimPort } from "../../../src/server/port-claim.ts";
import { loadPortCalls } from "../../../src/system/port-calls.ts";
import { Command } from "../command.ts";

const calls = loadPortCalls();

/** Whether sockets can be given here. */
export const canActivate = calls !== undefined;

/** A Unix socket at `path`, on which no process accepts. */
function unixSocket(path: string): number {
  const listener = Bun.listen({ unix: path, socket: { data: () => undefined } });
  const copy = calls?.copy((listener as unknown as { fd: number }).fd) ?? -1;
  // Bun removes the file of a socket that it closes.
  linkSync(path, `${path}.kept`);
  listener.stop(true);
  renameSync(`${path}.kept`, path);
  return copy;
}

export class Activated implements Disposable {
  readonly descriptors: readonly number[];
  /** The ports of the sockets, 0 of a Unix socket. */
  readonly ports: readonly number[];

  /** Listens on a free port of each host in `at`, or on a Unix socket at a path. */
  constructor(...at: readonly string[]) {
    const made = at.map((place) => {
      if (place.includes("/")) return { port: 0, descriptor: unixSocket(place) };
      const claimed = claimPort(place, 0, 1);
      if (!claimed.ok) throw new Error(claimed.error.message);
      const { port, groups } = claimed.value;
      return { port, descriptor: groups[0]?.[0] ?? -1 };
    });
    this.descriptors = made.map(({ descriptor }) => descriptor);
    this.ports = made.map(({ port }) => port);
  }

  get port(): number {
    return this.ports[0] ?? 0;
  }

  /** Starts postern with the sockets. */
  start(words: readonly string[], environment: Record<string, string> = {}): Command {
    const given = { LISTEN_FDS: String(this.descriptors.length), ...environment };
    const starter = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"];
    return new Command(words, given, undefined, undefined, {
      starter,
      descriptors: this.descriptors,
    });
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.descriptors) closeSync(descriptor);
  }
}
