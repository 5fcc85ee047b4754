/**
 * The parts of a site with users, from its options: a guard, and a finisher. The password file is
 * read here, whenever a site is opened.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { isToken } from "../../http/octets/grammar.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { readOptionFile } from "../../tree/disk/option-file.ts";
import type { Finisher, Guard } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { AccessRules, allows, isPublic } from "./access-rules.ts";
import { AuthGuard, challengeFor } from "./auth-guard.ts";
import type { AuthOptions, AuthRule } from "./auth-options.ts";
import { FailedLogins } from "./failed-logins.ts";
import { Logins } from "./logins.ts";
import { PasswordChecks } from "./password-checks.ts";
import { readPasswordFile, userFault } from "./password-file.ts";
import { looksLikeHash, readHash } from "./password-hash.ts";
import { PrivateResponses } from "./private-responses.ts";
import type { Secret } from "./users.ts";
import { Users } from "./users.ts";

/** What the users of a site come from besides its options. */
interface AuthSurroundings {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly pages: ErrorPages;
  /** The name of a folder's index; "" for none. */
  readonly index: string;
  readonly cleanUrls: boolean;
  /** Whether a page of another origin may send requests like this one. */
  readonly allowsOrigins: (request: Request) => boolean;
}

/** The parts of a site that its users add. */
export interface AuthParts {
  readonly guard: Guard;
  readonly finisher: Finisher;
  /** Whether the visitor who sent `request` may send one with `method` to the same path. */
  readonly maySend: (request: Request, method: string) => boolean;
}

/** What a browser shows where no realm is set. */
const defaultRealm = "postern";

/** What no password may have (RFC 7617 §2). */
const controls = /\p{Cc}/u;

/** A realm is ASCII text: the charset of the challenge is that of credentials (RFC 7617 §2.1). */
const realmText = /^[\x20-\x7e]{1,255}$/;

/** The secret that a configured password is: a hash, or the password itself. */
function readSecret(user: string, password: string): Result<Secret, string> {
  const fault = userFault(user);
  if (fault !== undefined) return failure(fault);
  if (looksLikeHash(password)) {
    const hash = readHash(password);
    return hash.ok ? hash : failure(`the password of ${user}: ${hash.error}`);
  }
  if (password === "") return failure(`the password of ${user} is empty`);
  if (controls.test(password)) {
    return failure(`the password of ${user} has a control character`);
  }
  return success({ kind: "plain", password });
}

/** All users that `options` name. Fails with what is wrong, which tells no password. */
function readUsers(
  { file, users = {} }: AuthOptions,
  { limits }: AuthSurroundings,
): Result<ReadonlyMap<string, Secret>, string> {
  const secrets = new Map<string, Secret>();
  if (file !== undefined) {
    const octets = readOptionFile(file, limits.passwordFileBytesMax);
    if (!octets.ok) return failure(`${file}: ${octets.error}`);
    const read = readPasswordFile(octets.value);
    if (!read.ok) return failure(`${file}: ${read.error}`);
    for (const [user, hash] of read.value) secrets.set(user, hash);
  }
  for (const [user, password] of Object.entries(users)) {
    if (secrets.has(user)) return failure(`${user} is in ${file} and in users`);
    const secret = readSecret(user, password);
    if (!secret.ok) return secret;
    secrets.set(user, secret.value);
  }
  return secrets.size === 0 ? failure("a password file or a user is needed") : success(secrets);
}

/** What is wrong with `rule`; undefined when nothing is. */
function ruleFault(
  { path, methods = [], users = [], public: isPublicRule = false }: AuthRule,
  secrets: ReadonlyMap<string, Secret>,
): string | undefined {
  if (path !== undefined && !path.startsWith("/")) return `not a path that begins with /: ${path}`;
  const method = methods.find((one) => !isToken(one) || one !== one.toUpperCase());
  if (method !== undefined) return `not a method: ${method}`;
  if (isPublicRule && users.length > 0) return "a rule is public, or for some users";
  const unknown = users.find((user) => !secrets.has(user));
  return unknown === undefined ? undefined : `no user is called ${unknown}`;
}

/** The parts of a site with the users of `options`. Fails with what is wrong with them. */
export function openAuth(
  options: AuthOptions,
  surroundings: AuthSurroundings,
): Result<AuthParts, string> {
  const { realm = defaultRealm, rules = [] } = options;
  const { limits, clock, scheduler, pages, allowsOrigins } = surroundings;
  if (!realmText.test(realm)) return failure("a realm is up to 255 characters of ASCII");
  const secrets = readUsers(options, surroundings);
  if (!secrets.ok) return secrets;
  for (const rule of rules) {
    const fault = ruleFault(rule, secrets.value);
    if (fault !== undefined) return failure(fault);
  }
  const access = new AccessRules(rules, surroundings);
  const failed = new FailedLogins(limits, clock, scheduler);
  return success({
    guard: new AuthGuard({
      users: new Users(secrets.value, limits.credentialsKeptBytesMax),
      rules: access,
      logins: new Logins(failed, new PasswordChecks(limits)),
      pages,
      challenge: challengeFor(realm),
      credentialsBytesMax: limits.credentialsBytesMax,
      allowsOrigins,
    }),
    finisher: new PrivateResponses((head) => isPublic(access.leaveFor(head))),
    maySend: ({ head: { target }, user }, method) => {
      const leave = access.leaveFor({ target, method });
      return isPublic(leave) || (user !== undefined && allows(leave, user));
    },
  });
}
