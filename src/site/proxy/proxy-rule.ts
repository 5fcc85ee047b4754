/**
 * The rules of a proxy: a prefix of paths, and the backend that answers below it.
 */

import { nameOctets } from "../../base/file-name.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { socketPathFault } from "../../base/socket-path.ts";
import { latin1Text } from "../../http/octets/bytes.ts";
import { everyIs, TARGET } from "../../http/octets/grammar.ts";
import { parseAuthority } from "../../http/message/target.ts";
import type { BackendAddress } from "./backend.ts";
import type { PassingRule } from "./passed-fields.ts";
import { isUserField } from "./passed-fields.ts";
import { readProxiedPath } from "./proxied-path.ts";

/** A backend, and how it is asked. */
export interface ProxyTarget {
  /**
   * Its URL, "http://127.0.0.1:3000", or its Unix socket, "unix:/run/app.sock". Without a path the
   * path of a request stays as it is; a path, which may be "/", replaces the prefix:
   * "http://127.0.0.1:3000/v1", "unix:/run/app.sock:/v1".
   */
  readonly target: string;
  /**
   * The Host that the backend is told: its own by default, the client's with "keep", or this one. A
   * Unix socket's own is localhost.
   */
  readonly host?: string;
  /**
   * "keep" passes on the Basic credentials of clients on a server that has users itself, which are
   * removed by default, since they are that server's.
   */
  readonly authorization?: "keep";
  /**
   * A field that tells the backend the user whose password this server has verified, such as
   * "Remote-User". What a client says in it is dropped.
   */
  readonly userField?: string;
  /** How long it may take to answer, in milliseconds; `limits.backendResponseTimeMs` by default. */
  readonly timeoutMs?: number;
  /** Whether the certificate of an https backend has to be valid; true by default. */
  readonly verify?: boolean;
  /** Authorities (CAs) to trust instead of the system's, as PEM text. */
  readonly ca?: string;
}

/** A rule that was read. */
export interface ProxyRule extends PassingRule {
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

/**
 * A Unix socket, and behind a colon the path that replaces the prefix, if any. nginx writes it so,
 * behind "http://"; in a URL the socket's path would stand where the host does.
 */
const socketTarget = /^unix:(.*?)(?::(\/[^?#]*))?$/s;

/** Where a backend is, and what follows from that alone. */
type Place = Pick<ProxyRule, "origin" | "base"> & {
  /** What the backend is called in Host. */
  readonly own: string;
  readonly at: Pick<BackendAddress, "scheme" | "host" | "port" | "unix">;
};

const isBase = (base: string | undefined): boolean =>
  base === undefined || (readProxiedPath(base).isPassable && everyIs(base, TARGET));

/** The socket at `path`; fails with what is wrong with it. */
function readSocket(path: string, base: string | undefined): Result<Place, string> {
  const fault = socketPathFault(path);
  if (fault !== undefined) return failure(fault);
  if (!isBase(base)) return failure(`${base} can't replace a path`);
  const at = { scheme: "http", host: "localhost", port: 80, unix: path } as const;
  return success({ origin: `unix:${path}`, base, own: "localhost", at });
}

/** The backend at `target`, which is that of `prefix`; fails with what is wrong with it. */
function readPlace(prefix: string, target: string): Result<Place, string> {
  const [, socket, socketBase] = socketTarget.exec(target) ?? [];
  if (socket !== undefined) {
    const read = readSocket(socket, socketBase);
    return read.ok ? read : failure(`${prefix} has the target ${target}: ${read.error}`);
  }
  const [, scheme, authority = "", base] = targetUrl.exec(target) ?? [];
  if (/^https?:\/\/unix:/i.test(target)) {
    return failure(`${prefix} needs its Unix socket as unix:/run/app.sock, not ${target}`);
  }
  const at = parseAuthority(authority);
  if (scheme === undefined || at === undefined || !isBase(base)) {
    const example = "a URL such as http://127.0.0.1:3000";
    return failure(`${prefix} needs ${example}, or unix:/run/app.sock, not ${target}`);
  }
  const isSecure = scheme.toLowerCase() === "https";
  const port = at.port ?? (isSecure ? 443 : 80);
  if (port === 0) return failure(`${target} has no port that could be connected to`);
  const host = at.host.replace(/^\[(.*)\]$/, "$1");
  return success({
    origin: `${scheme.toLowerCase()}://${authority}`,
    base,
    own: authority,
    at: { scheme: isSecure ? "https" : "http", host, port, unix: undefined },
  });
}

/** What is wrong with how the backend of `prefix` is asked; undefined when nothing is. */
function askedFault(prefix: string, target: ProxyTarget): string | undefined {
  const { host, timeoutMs, authorization, userField } = target;
  if (host !== undefined && host !== "keep" && parseAuthority(host) === undefined) {
    return `the host of ${prefix} must be "keep" or a host, not ${host}`;
  }
  const isTime = timeoutMs === undefined || (Number.isSafeInteger(timeoutMs) && timeoutMs > 0);
  if (!isTime) return `the timeout of ${prefix} must be a number of milliseconds`;
  if (authorization !== undefined && authorization !== "keep") {
    return `the authorization of ${prefix} can only be "keep"`;
  }
  if (userField === undefined || isUserField(userField)) return undefined;
  return `the userField of ${prefix} must be a field such as Remote-User, not ${userField}`;
}

/** Reads one rule; fails with what is wrong with it. */
function readRule(prefix: string, given: string | ProxyTarget): Result<ProxyRule, string> {
  const target = typeof given === "string" ? { target: given } : given;
  const { segments, isPassable } = readProxiedPath(latin1Text(nameOctets(prefix)));
  if (!isPassable) return failure(`${prefix} is not a path such as /api`);
  const place = readPlace(prefix, target.target);
  if (!place.ok) return place;
  const fault = askedFault(prefix, target);
  if (fault !== undefined) return failure(fault);
  const { origin, base, own, at } = place.value;
  return success({
    prefix,
    segments: segments.at(-1) === "" ? segments.slice(0, -1) : segments,
    origin,
    address: { ...at, verify: target.verify ?? true, ca: target.ca },
    base,
    host: target.host ?? own,
    timeoutMs: target.timeoutMs,
    authorization: target.authorization,
    userField: target.userField,
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
