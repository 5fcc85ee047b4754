/**
 * A password file as htpasswd writes it. Each line is `user:hash`; empty lines, and those that
 * begin with "#", are comments. Anything else is refused with the number of its line, because a
 * user who is left out silently would be missed when it is too late.
 *
 * A message never quotes a line: what is wrong with one may be that it holds a password.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { PasswordHash } from "./password-hash.ts";
import { readHash } from "./password-hash.ts";

/** How a password is added, for messages. */
const remedy = "htpasswd -B FILE USER writes one that can be used";

/** Control characters, which no user-id has (RFC 7617 §2). */
const controls = /\p{Cc}/u;

/** What is wrong with `user` as the name of a user; undefined when nothing is. */
export function userFault(user: string): string | undefined {
  if (user === "") return "a user without a name";
  if (user.includes(":")) return "a user's name with a colon";
  return controls.test(user) ? "a user's name with a control character" : undefined;
}

function readText(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/**
 * The users in the file whose content is `octets`, with their hashes. Fails with a line that can
 * stand behind the file's name: "line 3: an MD5 hash; …".
 */
export function readPasswordFile(
  octets: Uint8Array,
): Result<ReadonlyMap<string, PasswordHash>, string> {
  const text = readText(octets);
  if (text === undefined) return failure("is not UTF-8");
  const users = new Map<string, PasswordHash>();
  for (const [at, whole] of text.split("\n").entries()) {
    const line = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const where = `line ${at + 1}`;
    const colon = line.indexOf(":");
    if (colon === -1) return failure(`${where}: not user:hash; ${remedy}`);
    const user = line.slice(0, colon);
    const fault = userFault(user);
    if (fault !== undefined) return failure(`${where}: ${fault}`);
    if (users.has(user)) return failure(`${where}: the same user as on an earlier line`);
    // Apache lets further fields follow, which it ignores.
    const [hashText = ""] = line.slice(colon + 1).split(":");
    const hash = readHash(hashText.trim());
    if (!hash.ok) return failure(`${where}: ${hash.error}; ${remedy}`);
    users.set(user, hash.value);
  }
  if (users.size === 0) return failure("names no user");
  return success(users);
}
