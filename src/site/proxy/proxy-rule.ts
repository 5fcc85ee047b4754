/**
 * The rules of a proxy: a prefix of paths, and the backend that answers below it.
 */

import { nameOctets } from "../../base/file-name.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { latin1Text } from "../../http/octets/bytes.ts";
import { everyIs, TARGET } from "../../http/octets/grammar.ts";
import { parseAuthority } from "../../http/message/target.ts";
import type { BackendAddress } from "./backend.ts";
import { readProxiedPath } from "./proxied-path.ts";

/** A backend, and how it is asked. */
export interface ProxyTarget {
  /**
   * Its URL, "http://127.0.0.1:3000". Without a path the path of a request stays as it is; a path,
   * which may be "/", replaces the prefix.
   */
  readonly target: string;
  /**
   * The Host that the backend is told: its own by default, the client's with "keep", or this one.
   */
  readonly host?: string;
  /** How long it may take to answer, in milliseconds; `limits.backendResponseTimeMs` by default. */
  readonly timeoutMs?: number;
  /** Whether the certificate of an https backend has to be valid; true by default. */
  readonly verify?: boolean;
  /** Authorities (CAs) to trust instead of the system's, as PEM text. */
  readonly ca?: string;
}

/** A rule that was read. */
export interface ProxyRule {
  /** As the option spells it, "/api". */
  readonly prefix: string;
  /** The same as decoded segments; none for "/". */
  readonly segments: readonly string[];
  /** The scheme, the host and the port, for people. */
  readonly origin: string;
  readonly address: BackendAddress;
  /** What replaces the prefix; undefined keeps it. Begins with "/". */
  readonly base: string | undefined;
  /** The value of Host, or "keep" for that of the client. */
  readonly host: string;
  readonly timeoutMs: number | undefined;
}

/** A URL with a scheme, an authority, and a path if any: no query, no user, no fragment. */
const targetUrl = /^(https?):\/\/([^/?#@]+)(\/[^?#]*)?$/i;

/** Reads one rule; fails with what is wrong with it. */
function readRule(prefix: string, given: string | ProxyTarget): Result<ProxyRule, string> {
  const target = typeof given === "string" ? { target: given } : given;
  const { segments, isPassable } = readProxiedPath(latin1Text(nameOctets(prefix)));
  if (!isPassable) return failure(`${prefix} is not a path such as /api`);
  const [, scheme, authority = "", base] = targetUrl.exec(target.target) ?? [];
  const at = parseAuthority(authority);
  const isBase = base === undefined || (readProxiedPath(base).isPassable && everyIs(base, TARGET));
  if (scheme === undefined || at === undefined || !isBase) {
    return failure(`${prefix} needs a URL such as http://127.0.0.1:3000, not ${target.target}`);
  }
  const { host = authority, timeoutMs } = target;
  if (host !== "keep" && parseAuthority(host) === undefined) {
    return failure(`the host of ${prefix} must be "keep" or a host, not ${host}`);
  }
  const isTime = timeoutMs === undefined || (Number.isSafeInteger(timeoutMs) && timeoutMs > 0);
  if (!isTime) return failure(`the timeout of ${prefix} must be a number of milliseconds`);
  const isSecure = scheme.toLowerCase() === "https";
  const port = at.port ?? (isSecure ? 443 : 80);
  if (port === 0) return failure(`${target.target} has no port that could be connected to`);
  return success({
    prefix,
    segments: segments.at(-1) === "" ? segments.slice(0, -1) : segments,
    origin: `${scheme.toLowerCase()}://${authority}`,
    address: {
      scheme: isSecure ? "https" : "http",
      host: at.host.replace(/^\[(.*)\]$/, "$1"),
      port,
      verify: target.verify ?? true,
      ca: target.ca,
    },
    base,
    host,
    timeoutMs,
  });
}

/**
 * Reads `proxy`: backends by the prefixes that they answer, the longest prefix first. Fails with
 * what is wrong with the first that can't be.
 */
export function readProxyRules(
  proxy: Readonly<Record<string, string | ProxyTarget>>,
): Result<readonly ProxyRule[], string> {
  const rules: ProxyRule[] = [];
  for (const [prefix, target] of Object.entries(proxy)) {
    const rule = readRule(prefix, target);
    if (!rule.ok) return rule;
    const { segments } = rule.value;
    const same = rules.find((other) => other.segments.join("/") === segments.join("/"));
    if (same !== undefined) return failure(`${same.prefix} and ${prefix} are the same path`);
    rules.push(rule.value);
  }
  return success(rules.toSorted((a, b) => b.segments.length - a.segments.length));
}
