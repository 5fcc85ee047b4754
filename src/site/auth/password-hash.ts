/**
 * Hashes of passwords, as `htpasswd -B` and argon2 write them, and their verification, which takes
 * a thread of the runtime's pool and not the event loop.
 *
 * bcrypt reads 72 octets of a password, and htpasswd cuts a longer one off there without a word. So
 * does this, because `Bun.password.verify` would hash it first, and refuse what htpasswd accepts.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";

/** A hash that can be verified. */
export interface PasswordHash {
  readonly kind: "bcrypt" | "argon2";
  readonly text: string;
}

/** What bcrypt reads of a password, in octets. */
const bcryptBytes = 72;

/** A bcrypt cost of 16 takes 6 s. */
const bcryptCostMax = 16;

/** What one argon2 hash may take, in KiB. */
const argon2MemoryMax = 256 * 1024;

/** How many rounds of argon2, with all lanes, one hash may have. */
const argon2RoundsMax = 16;

const bcrypt = /^\$2[aby]\$(\d\d)\$[./\dA-Za-z]{53}$/;

/** The costs, then the salt and the hash in Base64 without padding. */
const argon2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})(?:\$[\d+/A-Za-z]{11,86}){2}$/;

/** Kinds that are refused by name. The rest is crypt, or a password as it is. */
const refusedKinds: readonly (readonly [begin: string, name: string])[] = [
  ["{SHA}", "SHA-1"],
  ["{SSHA}", "salted SHA-1"],
  ["$apr1$", "MD5"],
  ["$1$", "MD5"],
  ["$5$", "SHA-256 crypt"],
  ["$6$", "SHA-512 crypt"],
  ["$2x$", "a faulty bcrypt"],
];

/** Whether `text` claims to be a hash, and is not a password as it is. */
export function looksLikeHash(text: string): boolean {
  return /^\$(?:2[abxy]|argon2(?:id|i|d))\$/.test(text);
}

/** The hash that `text` is; fails with what it is instead, which never quotes it. */
export function readHash(text: string): Result<PasswordHash, string> {
  const cost = Number(bcrypt.exec(text)?.[1]);
  if (cost >= 4 && cost <= bcryptCostMax) return success({ kind: "bcrypt", text });
  if (cost > bcryptCostMax) return failure(`a bcrypt hash of a cost above ${bcryptCostMax}`);
  const [, memory, rounds, lanes] = (argon2.exec(text) ?? []).map(Number);
  if (memory !== undefined && rounds !== undefined && lanes !== undefined) {
    if (rounds === 0 || lanes === 0) return failure("a damaged argon2 hash");
    const isCheap = memory <= argon2MemoryMax && rounds * lanes <= argon2RoundsMax;
    return isCheap
      ? success({ kind: "argon2", text })
      : failure("an argon2 hash of too high a cost");
  }
  if (text.startsWith("$argon2")) return failure("a damaged argon2 hash");
  if (/^\$2[aby]\$/.test(text)) return failure("a damaged bcrypt hash");
  const refused = refusedKinds.find(([begin]) => text.startsWith(begin))?.[1];
  return failure(`no bcrypt or argon2 hash${refused === undefined ? "" : `, but ${refused}`}`);
}

/** Whether `password` is what was hashed. Takes 5 to some hundred milliseconds, on a thread. */
export async function verifyHash(
  { kind, text }: PasswordHash,
  password: Uint8Array,
): Promise<boolean> {
  // bcrypt reads up to a NUL, and no credentials have one (RFC 7617 §2).
  const read = kind === "bcrypt" ? password.subarray(0, bcryptBytes) : password;
  // An empty password can't be verified, since none can be hashed.
  if (read.length === 0) return false;
  try {
    return await Bun.password.verify(read, text);
  } catch {
    return false;
  }
}
