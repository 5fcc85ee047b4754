/**
 * Lets users in who say who they are by the Basic scheme (RFC 7617, RFC 9110 §11), and answers all
 * others with 401. It runs before the response cache and before every endpoint, so nothing tells
 * whether a file exists but to those who may ask for it.
 *
 * Whether a head may pass follows from its octets and the configuration alone, once its credentials
 * are verified. So a head that is given out again is let through without a look at its fields; the
 * verdict goes with the head, and with this guard when the server is reloaded.
 *
 * A request that came before a page of another origin was allowed to send credentials, a CORS
 * preflight, has none (Fetch, "CORS-preflight request"). It passes where its answer can allow
 * something.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { BasicCredentials } from "../../http/fields/basic-credentials.ts";
import { readBasicCredentials } from "../../http/fields/basic-credentials.ts";
import { refusals } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import type { Guard } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { AccessRules } from "./access-rules.ts";
import { allows, isPublic } from "./access-rules.ts";
import type { Logins } from "./logins.ts";
import type { Users } from "./users.ts";

/** What a guard of users needs. */
interface AuthService {
  readonly users: Users;
  readonly rules: AccessRules;
  readonly logins: Logins;
  readonly pages: ErrorPages;
  /** The value of WWW-Authenticate (RFC 9110 §11.6.1). */
  readonly challenge: string;
  readonly credentialsBytesMax: number;
  /** Whether a page of another origin may send requests like this one. */
  readonly allowsOrigins: (request: Request) => boolean;
}

/** A challenge that asks for a user name and a password in UTF-8 (RFC 7617 §2.1). */
export function challengeFor(realm: string): string {
  return `Basic realm="${realm.replace(/["\\]/g, "\\$&")}", charset="UTF-8"`;
}

/**
 * Whether the request with `head` is a CORS preflight (Fetch, "CORS-preflight request"), which has
 * no content: a backend would be handed that without a password.
 */
function isPreflight({ method, fields, hasContent }: RequestHead): boolean {
  const isAsking = fields.has("origin") && fields.has("access-control-request-method");
  return method === "OPTIONS" && isAsking && !hasContent;
}

/** The guard of a site with users. */
export class AuthGuard implements Guard {
  readonly #service: AuthService;
  /** The heads that pass, each with its user; with none where everyone may pass. */
  readonly #passed = new WeakMap<RequestHead, { readonly user: string | undefined }>();

  constructor(service: AuthService) {
    this.#service = service;
  }

  check(request: Request): Eventual<Response | undefined> {
    const passed = this.#passed.get(request.head);
    if (passed === undefined) return this.#weigh(request);
    if (passed.user !== undefined) request.user = passed.user;
    return undefined;
  }

  #weigh(request: Request): Eventual<Response | undefined> {
    const { rules, credentialsBytesMax } = this.#service;
    const { head } = request;
    if (isPublic(rules.leaveFor(head))) return this.#pass(request, undefined);
    if (isPreflight(head) && this.#service.allowsOrigins(request)) return undefined;
    const credentials = readBasicCredentials(
      head.fields.getAll("authorization"),
      credentialsBytesMax,
    );
    if (credentials === "absent") return this.#challenge("no credentials");
    if (credentials === "malformed") return this.#challenge("malformed credentials");
    return whenReady(this.#verify(request, credentials), (outcome) =>
      outcome === "right" ? this.#admit(request, credentials.user) : outcome,
    );
  }

  /** "right", or the response to credentials that aren't, or that can't be verified now. */
  #verify(request: Request, credentials: BasicCredentials): Eventual<Response | "right"> {
    const { users, logins, pages } = this.#service;
    const key = users.keyOf(credentials);
    const known = users.recognize(credentials, key);
    if (known === "right") return known;
    const outcome = logins.verify(
      key,
      request.remoteAddress,
      () => (known === "wrong" ? Promise.resolve(false) : users.verify(credentials, key)),
      () => request.hasLeft === true,
    );
    if (outcome === undefined) return pages.refusal(refusals.overloaded, "too many logins");
    return outcome.then((is) => {
      if (is === "right") return is;
      // A client that has only ended its own side still gets an answer.
      return is === "wrong"
        ? this.#challenge("wrong credentials")
        : pages.refusal(refusals.overloaded, "too many logins");
    });
  }

  /** Lets `user` pass who may send `request`, and refuses it to others. */
  #admit(request: Request, user: string): Response | undefined {
    const { rules, pages } = this.#service;
    if (allows(rules.leaveFor(request.head), user)) return this.#pass(request, user);
    request.user = user;
    return pages.refusal(refusals["not-permitted"]);
  }

  #pass(request: Request, user: string | undefined): undefined {
    if (user !== undefined) request.user = user;
    if (request.head.slot !== undefined) this.#passed.set(request.head, { user });
  }

  /**
   * 401 (RFC 9110 §15.5.2). The reason is for the log: a client isn't told which part was wrong.
   * Nor does the log name the user, which may be a password in the wrong place.
   */
  #challenge(reason: string): Response {
    const { pages, challenge } = this.#service;
    return pages.unauthorized(challenge, reason);
  }
}
