/**
 * The head of a request, understood: what its line and fields mean for framing, host, persistence
 * and expectation. Framing is decided first, before anyone looks at what is asked for.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { latin1Text } from "./bytes.ts";
import type { ProtocolErrorKind } from "./error.ts";
import { Fields, offsetsPerField, tokenList } from "./fields.ts";
import type { Framing } from "./framing.ts";
import { requestFraming } from "./framing.ts";
import type { Authority, Target } from "./target.ts";
import { parseAuthority, parseTarget } from "./target.ts";

/** A request without its body. */
export interface RequestHead {
  /** Case-sensitive, a token. */
  readonly method: string;
  /** The request target as it came. */
  readonly rawTarget: string;
  readonly target: Target;
  /** 0 for HTTP/1.0; 1 for HTTP/1.1 and any later minor version. */
  readonly minorVersion: 0 | 1;
  readonly fields: Fields;
  readonly framing: Framing;
  /** The host the request is for: the target's if it names one, else the Host field's. */
  readonly authority: Authority | undefined;
  /** Whether the client wants the connection to go on after the response (RFC 9112 §9.3). */
  readonly persist: boolean;
  /** Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** The head's octets, from the request line to the empty line. */
  readonly octets: Uint8Array;
}

/** A head whose syntax has been read: its octets, and where its parts are. */
export interface HeadParts {
  readonly octets: Uint8Array;
  readonly method: string;
  readonly methodEnd: number;
  readonly targetEnd: number;
  readonly minorVersion: number;
  readonly section: Uint8Array;
  readonly offsets: readonly number[];
}

/** The values of the fields that the protocol itself has to know. */
interface OwnFields {
  readonly hosts: string[];
  readonly connections: string[];
  readonly lengths: string[];
  readonly codings: string[];
  readonly expectations: string[];
}

/** Collects them in one pass over the lines, which are told apart by the length of their names. */
function collectOwnFields(fields: Fields, offsets: readonly number[]): OwnFields {
  const own: OwnFields = { hosts: [], connections: [], lengths: [], codings: [], expectations: [] };
  const take = (index: number, name: string, into: string[]): void => {
    if (fields.isNamed(index, name)) into.push(fields.valueAt(index));
  };
  for (let i = 0; i < fields.count; i++) {
    const at = i * offsetsPerField;
    switch ((offsets[at + 1] ?? 0) - (offsets[at] ?? 0)) {
      case 4:
        take(i, "host", own.hosts);
        break;
      case 6:
        take(i, "expect", own.expectations);
        break;
      case 10:
        take(i, "connection", own.connections);
        break;
      case 14:
        take(i, "content-length", own.lengths);
        break;
      case 17:
        take(i, "transfer-encoding", own.codings);
        break;
      default:
    }
  }
  return own;
}

/** RFC 9112 §9.3: close wins; HTTP/1.1 persists by itself; HTTP/1.0 when it asks to. */
function persists(minorVersion: number, connections: readonly string[]): boolean {
  if (connections.length === 0) return minorVersion > 0;
  const options = connections.flatMap(tokenList);
  if (options.includes("close")) return false;
  return minorVersion > 0 || options.includes("keep-alive");
}

/** RFC 9112 §3.2: one valid Host in every HTTP/1.1 request; an HTTP/1.0 request may have none. */
function hostProblem(
  minorVersion: number,
  hosts: readonly string[],
): ProtocolErrorKind | undefined {
  if (hosts.length > 1) return "host-repeated";
  if (hosts.length === 0) return minorVersion === 0 ? undefined : "host-missing";
  return parseAuthority(hosts[0] ?? "") === undefined ? "host-malformed" : undefined;
}

/** Makes sense of a head, or tells what is wrong with it. */
export function readRequestHead(parts: HeadParts): Result<RequestHead, ProtocolErrorKind> {
  const { octets, method, section, offsets } = parts;
  const minorVersion = parts.minorVersion === 0 ? 0 : 1;
  const fields = new Fields(section, offsets);
  const own = collectOwnFields(fields, offsets);
  const framing = requestFraming(minorVersion, own.codings, own.lengths);
  if (!framing.ok) return framing;
  const rawTarget = latin1Text(octets, parts.methodEnd + 1, parts.targetEnd);
  const target = parseTarget(method, rawTarget);
  if (!target.ok) return target;
  const badHost = hostProblem(minorVersion, own.hosts);
  if (badHost !== undefined) return failure(badHost);
  // RFC 9110 §10.1.1: an HTTP/1.0 client can't understand the interim answer; ignore it there.
  const expectations = minorVersion === 0 ? [] : own.expectations.flatMap(tokenList);
  if (expectations.some((expectation) => expectation !== "100-continue")) {
    return failure("expectation");
  }
  const named = "authority" in target.value ? target.value.authority : undefined;
  return success({
    method,
    rawTarget,
    target: target.value,
    minorVersion,
    fields,
    framing: framing.value,
    authority: named ?? (own.hosts[0] === undefined ? undefined : parseAuthority(own.hosts[0])),
    persist: persists(minorVersion, own.connections),
    expectsContinue: expectations.length > 0,
    octets,
  });
}
