/**
 * How requests are answered that come in cleartext to a server with TLS: on its TLS port, and on
 * the port of `tlsRedirect`. Loaded by the first of them, or by a server that has such a port.
 */

import { indexOfBytes, latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import type { CompleteSiteOptions } from "../../site/site-options.ts";
import type { SiteSurroundings } from "../../site/open-site.ts";
import { openRedirectSite } from "../../site/redirect-site.ts";
import type { Tree } from "../../tree/tree.ts";
import type { ConnectionFactory, ServerContext } from "../connection/protocol-connection.ts";
import { http1Factory } from "../http1/http1-factory.ts";

/** What makes connections for cleartext, and what answers on them. */
export interface CleartextService extends Pick<ServerContext, "answer" | "refuse"> {
  readonly factory: ConnectionFactory;
}

/** What a service is made of besides the options of the main site. */
interface CleartextSurroundings extends Pick<SiteSurroundings, "budgets" | "hostNames"> {
  readonly tree: Tree;
  readonly portFor: (named: number | undefined) => number;
}

/** Redirects what comes in cleartext. Its connections share no cache of heads with the others. */
export function cleartextService(
  options: CompleteSiteOptions,
  surroundings: CleartextSurroundings,
): CleartextService {
  const site = openRedirectSite(options, surroundings);
  return {
    factory: http1Factory(),
    answer: (request, since) => site.answer(request, since),
    refuse: (refusal, request) => site.refuse(refusal, request),
  };
}

const headEnd = latin1Bytes("\r\n\r\n");

/**
 * The head that `octets` begin with. When not all of it has come, its whole lines: a redirect
 * depends on nothing else. Undefined when no host is named in it, so that it can lead nowhere.
 */
export function headIn(octets: Uint8Array): Uint8Array | undefined {
  const end = indexOfBytes(octets, headEnd);
  const text = latin1Text(octets, 0, end === -1 ? octets.length : end + 2);
  const lines = text.slice(0, text.lastIndexOf("\r\n") + 2);
  return /\r\nhost:.*\r\n/i.test(lines) ? latin1Bytes(`${lines}\r\n`) : undefined;
}
