/**
 * The users of a site, and whether a password is theirs.
 *
 * What stands for credentials is a digest of them under a key that this process has made up, so
 * that neither a dump of what is kept nor the time of a comparison tells a password. A configured
 * password is kept as such a digest alone; a verified one is, too, up to a bound, so that a hash is
 * made once for each user and not for each request.
 *
 * An unknown name takes the time of a known one: its password is verified against the hash of one
 * of the users, always the same for a name, and is wrong whatever that says. Where there are
 * hashes, so is a wrong password of a user who has none. Names in one file should have hashes of
 * one cost.
 */

import { timingSafeEqual } from "node:crypto";

import { BoundedStore } from "../../base/bounded-store.ts";
import type { StoreEntry } from "../../base/bounded-store.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { BasicCredentials } from "../../http/fields/basic-credentials.ts";
import type { PasswordHash } from "./password-hash.ts";
import { verifyHash } from "./password-hash.ts";

/** A verified digest and what an entry costs, in bytes. */
const keptBytes = 256;

const keyBytes = 32;

/** What is known of a user: a hash of the password, or the password. */
export type Secret = PasswordHash | { readonly kind: "plain"; readonly password: string };

/** Whether credentials are right; "unknown" until they are verified by `verify`. */
type Recognition = "right" | "wrong" | "unknown";

/** The users of one site. */
export class Users {
  readonly #key = crypto.getRandomValues(new Uint8Array(keyBytes));
  readonly #hashes = new Map<string, PasswordHash>();
  readonly #digests = new Map<string, Buffer>();
  readonly #names: ReadonlySet<string>;
  readonly #allHashes: readonly PasswordHash[];
  /** The digests that were verified, as text. */
  readonly #verified: BoundedStore<string, StoreEntry>;

  /** `keptBytesMax` bounds what is kept of verified credentials. */
  constructor(secrets: ReadonlyMap<string, Secret>, keptBytesMax: number) {
    for (const [user, secret] of secrets) {
      if (secret.kind !== "plain") this.#hashes.set(user, secret);
      else {
        const password = utf8Bytes(secret.password);
        this.#digests.set(user, this.#digest({ user, password }));
      }
    }
    this.#names = new Set(secrets.keys());
    this.#allHashes = [...this.#hashes.values()];
    const policy = { bytesMax: keptBytesMax, admitsOn: "first", admittedOneIn: 1 } as const;
    this.#verified = new BoundedStore(policy);
  }

  /** Whether there is a user of that name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** What stands for `credentials`; of no use outside of this object. */
  keyOf(credentials: BasicCredentials): string {
    return this.#digest(credentials).toString("base64");
  }

  /** Whether `credentials`, which `key` stands for, are right, as far as that is known at once. */
  recognize({ user }: BasicCredentials, key: string): Recognition {
    if (this.#verified.get(key) !== undefined) return "right";
    const digest = this.#digests.get(user);
    if (digest !== undefined && timingSafeEqual(digest, Buffer.from(key, "base64"))) return "right";
    return this.#allHashes.length === 0 ? "wrong" : "unknown";
  }

  /** Verifies `credentials`, and keeps `key`, which stands for them, if they are right. */
  async verify(credentials: BasicCredentials, key: string): Promise<boolean> {
    const hash = this.#hashes.get(credentials.user);
    const isRight = await verifyHash(hash ?? this.#standIn(credentials), credentials.password);
    if (hash === undefined || !isRight) return false;
    this.#verified.set(key, { bytes: keptBytes, isUsed: false });
    return true;
  }

  /** A hash to spend the time of one on, which depends on the user's name alone. */
  #standIn({ user }: BasicCredentials): PasswordHash {
    const digest = this.#digest({ user, password: new Uint8Array(0) });
    return this.#allHashes[digest.readUInt32BE(0) % this.#allHashes.length] as PasswordHash;
  }

  /** No user's name has a colon, so the digests of different credentials have different texts. */
  #digest({ user, password }: BasicCredentials): Buffer {
    const hasher = new Bun.CryptoHasher("sha256", this.#key);
    return hasher.update(`${user}:`).update(password).digest();
  }
}
