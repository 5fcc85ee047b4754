/**
 * Which hosts a server that already runs doesn't answer to. A server may refuse requests for hosts
 * that aren't its own with 421 (RFC 9110 §15.5.20), as postern does on loopback. A script that
 * needs such a host says nothing about that server, so it isn't played.
 */

import { latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import { inParallel } from "./parallel.ts";
import { Connection } from "./connection.ts";
import type { Endpoint } from "./connection.ts";
import { checkLimits } from "../limits.ts";

const { responseTimeMs, replayedAtOnce } = checkLimits;

/** A status line, as far as it is looked at. */
const statusLength = "HTTP/1.1 421".length;

/** Whether the server at `endpoint` answers a request for `host` with 421. */
async function turnsAway(endpoint: Endpoint, host: string, responseMs: number): Promise<boolean> {
  const opened = await Connection.open(endpoint);
  if (!opened.ok) return false;
  const connection = opened.value;
  connection.send(latin1Bytes(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  const deadline = performance.now() + responseMs;
  while (connection.pendingBytes < statusLength && connection.peer === "open") {
    if ((await connection.changed(deadline)) === "late") break;
  }
  const status = latin1Text(connection.take()).slice(0, statusLength);
  connection.abort();
  return /^HTTP\/1\.[01] 421$/.test(status);
}

/**
 * Those of `hosts` that the server at `endpoint` turns away. They are asked for at once, each for
 * `responseMs`. A server that is silent for longer is played all the same.
 */
export async function foreignHosts(
  endpoint: Endpoint,
  hosts: ReadonlySet<string>,
  responseMs = responseTimeMs,
): Promise<ReadonlySet<string>> {
  const foreign = new Set<string>();
  await inParallel([...hosts], replayedAtOnce, async (host) => {
    if (await turnsAway(endpoint, host, responseMs)) foreign.add(host);
  });
  return foreign;
}
