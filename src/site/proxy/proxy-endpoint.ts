/**
 * Answers the paths below a prefix with what a backend answers (RFC 9110 §3.7, a gateway). Any
 * method is passed on, OPTIONS too, so that `Allow` is the backend's own.
 *
 * The answer stays the backend's: its status, its fields in their order and spelling, its octets.
 * It is not cached, compressed or given tags, and no finisher changes it: rules for headers, CORS
 * and live reload are about this server's files, and a backend has rules of its own. What must
 * change does: fields about the connection are removed, Via is added (§7.6), framing is written
 * anew, and an answer that needed a user of this server is private. A redirect is not rewritten; a
 * backend that is told the client's own host, by `host: "keep"`, makes the right ones.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import { tokenList } from "../../http/fields/fields.ts";
import { DroppedFields, endToEndLines } from "../../http/fields/hop-by-hop.ts";
import type { Refusal, RefusalKind } from "../../http/message/error.ts";
import { refusals } from "../../http/message/error.ts";
import type { OutgoingHead } from "../../http/message/outgoing-head.ts";
import type { Body, Response } from "../../http/message/response.ts";
import type { Scheme } from "../../http/message/target.ts";
import { privateFields } from "../auth/private-responses.ts";
import type { Endpoint } from "../endpoint.ts";
import { isLoopback } from "../guards/host-guard.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { BodyError } from "../request.ts";
import type { Backend, BackendFault, BackendResponse, Backends } from "./backend.ts";
import { BackendError } from "./backend.ts";
import { forwardsLeft, outgoingHead, viaLine } from "./outgoing-request.ts";
import { PassedFields } from "./passed-fields.ts";
import { backendPath, isBelow, readProxiedPath } from "./proxied-path.ts";
import type { ProxyRule } from "./proxy-rule.ts";

/**
 * What this process is called in the Via of requests. It has to differ from that of another
 * postern, since a request that comes back with it is a loop.
 */
export const ownPseudonym = `postern-${crypto.randomUUID().slice(0, 8)}`;

/** What the endpoint is made of. */
interface ProxyParts {
  readonly rules: readonly ProxyRule[];
  readonly backends: Backends;
  readonly pages: ErrorPages;
  readonly scheme: Scheme;
  readonly limits: Limits;
  /** What this server is called in Via; another server's name is another one. */
  readonly pseudonym: string;
  /** Whether the server has users of its own. */
  readonly hasUsers: boolean;
}

/** What is wrong, for the client. */
const faultTexts: Readonly<Record<BackendFault | "loop", readonly [RefusalKind, string]>> = {
  unreachable: ["bad-gateway", "can't be reached"],
  untrusted: ["bad-gateway", "has no certificate that is trusted"],
  late: ["gateway-timeout", "did not answer in time"],
  malformed: ["bad-gateway", "gave a malformed answer"],
  broken: ["bad-gateway", "broke off before its answer was there"],
  busy: ["overloaded", "is busy with other requests"],
  aborted: ["bad-gateway", "was not waited for"],
  loop: ["bad-gateway", "leads back to this server"],
};

/** Fields of an answer that the encoder writes. */
const written = new DroppedFields(["content-length", "date"]);

/** The chunks of an answer to HEAD, which has none. */
const noChunks: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.resolve({ done: true, value: undefined }),
  }),
};

/** The body that goes with the answer to `method`. */
function bodyOf({ body, fields }: BackendResponse, method: string): Body {
  if (body.kind === "stream" || method !== "HEAD") return body;
  // RFC 9110 §9.3.2: a HEAD is told the length that the GET would have, if the backend tells it.
  const length = fields.get("content-length");
  const octets = length === undefined ? undefined : Number(length);
  return { kind: "stream", octets, chunks: noChunks };
}

/** The endpoint of a site that has backends. */
export class ProxyEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #parts: ProxyParts;
  readonly #backends: readonly Backend[];
  readonly #passed: readonly PassedFields[];

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#passed = parts.rules.map((rule) => new PassedFields(rule, parts.hasUsers));
    const addresses = parts.rules.map(({ address }) => address);
    this.#backends = parts.backends.open(addresses, parts.limits);
  }

  /** None: below a prefix every method is answered, and elsewhere none. */
  methods(): readonly string[] {
    return [];
  }

  answer(request: Request): Eventual<Response | undefined> {
    const { target } = request.head;
    if (target.form !== "origin" && target.form !== "absolute") return undefined;
    const { segments, isPassable } = readProxiedPath(target.path);
    const { rules } = this.#parts;
    const at = rules.findIndex((rule) => isBelow(segments, rule.segments));
    const [rule, backend, passed] = [rules[at], this.#backends[at], this.#passed[at]];
    if (rule === undefined || backend === undefined || passed === undefined) return undefined;
    if (!isPassable) return this.#parts.pages.refusal(refusals.path);
    if (this.#isLoop(request)) return this.#refuse(request, rule, "loop", "named in Via");
    // RFC 9110 §7.6.2: it must not be forwarded, so it is answered here.
    if (forwardsLeft(request.head) === 0) return undefined;
    const path = backendPath(target.path, rule.segments.length, rule.base);
    const query = target.query === undefined ? "" : `?${target.query}`;
    const head = outgoingHead(request, rule, `${path}${query}`, passed, this.#parts);
    return this.#ask(request, rule, backend, head);
  }

  /** Whether this server has forwarded the request before (RFC 9110 §7.6.3). */
  #isLoop({ head: { fields } }: Request): boolean {
    if (!fields.has("via")) return false;
    const members = fields.getAll("via").flatMap(tokenList);
    return members.some((member) => member.split(/[ \t]+/)[1] === this.#parts.pseudonym);
  }

  #ask(request: Request, rule: ProxyRule, backend: Backend, head: OutgoingHead): Promise<Response> {
    const { limits } = this.#parts;
    const { method, target, fields, content, expectsContinue, upgrade } = head;
    const call = backend.ask({
      method,
      target,
      fields,
      content,
      expectsContinue,
      upgrade,
      body: request.body,
      timeoutMs: rule.timeoutMs ?? limits.backendResponseTimeMs,
      interim: (status, told) =>
        request.connection?.inform?.(request, status, endToEndLines(told, written)),
    });
    request.hasOwnDeadline = true;
    request.whenLeft = () => call.abort();
    if (request.hasLeft === true) call.abort();
    return call.answer.then(
      (answer) => this.#pass(answer, request, rule, upgrade),
      (error: unknown) => {
        if (!(error instanceof BackendError)) throw error;
        if (error.fault === "aborted") throw new BodyError("gone");
        return this.#refuse(request, rule, error.fault, error.message);
      },
    );
  }

  /** The client's response for `answer`; `asked` are the protocols that it may switch to. */
  #pass(
    answer: BackendResponse,
    request: Request,
    rule: ProxyRule,
    asked: string | undefined,
  ): Response {
    const { status, fields, minorVersion, body } = answer;
    const upgrade = body.kind === "tunnel" ? fields.get("upgrade") : undefined;
    if (body.kind === "tunnel") {
      // RFC 9110 §7.8: a server must not switch to a protocol that was not asked for.
      const isAsked =
        upgrade !== undefined && tokenList(asked ?? "").includes(upgrade.toLowerCase());
      if (!isAsked) {
        body.abandon();
        return this.#refuse(request, rule, "malformed", "a 101 that was not asked for");
      }
    }
    const lines = endToEndLines(fields, written);
    lines.push(viaLine(minorVersion, "postern"));
    const response: Response = {
      status,
      // The backend doesn't know that a password was asked for.
      fields: request.user === undefined ? lines : privateFields(lines),
      body: bodyOf(answer, request.head.method),
      close: false,
      note: undefined,
      date: fields.get("date"),
      isPassedOn: true,
    };
    return upgrade === undefined ? response : { ...response, upgrade };
  }

  /**
   * The page that says what is wrong with the backend of `rule`. Its address is told to clients on
   * this machine, and to others only with `--explain`; the log always has it, with the `detail`.
   */
  #refuse(
    request: Request,
    rule: ProxyRule,
    fault: BackendFault | "loop",
    detail: string,
  ): Response {
    const [kind, text] = faultTexts[fault];
    const { fields } = request.head;
    // Behind another proxy on this machine every client seems to be on it.
    const isNear =
      isLoopback(request.remoteAddress) &&
      !fields.has("x-forwarded-for") &&
      !fields.has("forwarded");
    const who = isNear
      ? `${rule.origin}, the backend of ${rule.prefix},`
      : `The backend of ${rule.prefix}`;
    const refusal: Refusal = { ...refusals[kind], text: `${who} ${text}.` };
    return this.#parts.pages.refusal(refusal, `${rule.origin}: ${detail}`);
  }
}
