import { describe, expect, test } from "bun:test";

import { looksLikeHash, readHash, verifyHash } from "../../../src/site/auth/password-hash.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

/** Of "sesame", by `htpasswd -nbBC 4`. */
const bcrypt = "$2y$04$It9e8UN2jVitFPwHswDDN.6pndkuDGCsvG67lGZkjFnHi.WCAlcW6";

/** Of 80 times "a", by `htpasswd -nbBC 4`, which cuts it off after 72. */
const long = "$2y$04$kvU2o4pea9ZhU3gAfpx4BePYTnU8pVm3ef/.0DC1WXREC37QDgKUi";

/** Whether `password` is what `hash` was made of. */
async function verifies(hash: string, password: string): Promise<boolean> {
  const read = readHash(hash);
  if (!read.ok) throw new Error(read.error);
  return verifyHash(read.value, utf8Bytes(password));
}

describe("a hash", () => {
  test.each(["$2a$", "$2b$", "$2y$"])("of bcrypt begins with %p", async (begin) => {
    const hash = bcrypt.replace("$2y$", begin);
    expect(await verifies(hash, "sesame")).toBe(true);
    expect(await verifies(hash, "Sesame")).toBe(false);
    expect(await verifies(hash, "")).toBe(false);
  });

  test.each(["argon2id", "argon2i", "argon2d"] as const)("may be of %s", async (algorithm) => {
    const hash = await Bun.password.hash("sesame", { algorithm, memoryCost: 8, timeCost: 1 });
    expect(await verifies(hash, "sesame")).toBe(true);
    expect(await verifies(hash, "sesam")).toBe(false);
    expect(await verifies(hash, "")).toBe(false);
  });

  test("of bcrypt is one of the password's first 72 octets, as htpasswd makes it", async () => {
    expect(await verifies(long, "a".repeat(80))).toBe(true);
    expect(await verifies(long, "a".repeat(72))).toBe(true);
    expect(await verifies(long, `${"a".repeat(72)}b`)).toBe(true);
    expect(await verifies(long, "a".repeat(71))).toBe(false);
    expect(await verifies(long, `${"a".repeat(71)}b`)).toBe(false);
  });

  test("of bcrypt counts octets, and may cut a character in two", async () => {
    // 71 octets and a character of two: its first octet is all that counts.
    const hash = await Bun.password.hash(utf8Bytes(`${"a".repeat(71)}é`).subarray(0, 72), {
      algorithm: "bcrypt",
      cost: 4,
    });
    expect(await verifies(hash, `${"a".repeat(71)}é`)).toBe(true);
    expect(await verifies(hash, `${"a".repeat(71)}è`)).toBe(true);
    expect(await verifies(hash, `${"a".repeat(71)}a`)).toBe(false);
  });

  test.each([
    ["{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "no bcrypt or argon2 hash, but SHA-1"],
    ["{SSHA}x", "no bcrypt or argon2 hash, but salted SHA-1"],
    ["$apr1$8T6vdO8V$Ql0q8sXnR.yQqEbI8lJZH/", "no bcrypt or argon2 hash, but MD5"],
    ["$1$abc$def", "no bcrypt or argon2 hash, but MD5"],
    ["$5$abc$def", "no bcrypt or argon2 hash, but SHA-256 crypt"],
    ["$6$abc$def", "no bcrypt or argon2 hash, but SHA-512 crypt"],
    [bcrypt.replace("$2y$", "$2x$"), "no bcrypt or argon2 hash, but a faulty bcrypt"],
    ["rqXexS6ZhobKA", "no bcrypt or argon2 hash"],
    ["sesame", "no bcrypt or argon2 hash"],
    ["", "no bcrypt or argon2 hash"],
    [bcrypt.slice(0, -1), "a damaged bcrypt hash"],
    [`${bcrypt}a`, "a damaged bcrypt hash"],
    [bcrypt.replace("$04$", "$03$"), "a damaged bcrypt hash"],
    [bcrypt.replace("$04$", "$17$"), "a bcrypt hash of a cost above 16"],
    [bcrypt.replace("$04$", "$99$"), "a bcrypt hash of a cost above 16"],
    ["$argon2id$v=19$m=8,t=1,p=1$short", "a damaged argon2 hash"],
    [
      `$argon2id$v=19$m=9999999,t=1,p=1$${"a".repeat(22)}$${"a".repeat(43)}`,
      "an argon2 hash of too high a cost",
    ],
    [
      `$argon2id$v=19$m=8,t=17,p=1$${"a".repeat(22)}$${"a".repeat(43)}`,
      "an argon2 hash of too high a cost",
    ],
    [`$argon2id$v=19$m=8,t=0,p=1$${"a".repeat(22)}$${"a".repeat(43)}`, "a damaged argon2 hash"],
  ])("is not %p", (text, error) => {
    expect(readHash(text)).toEqual({ ok: false, error });
  });

  test("is told from a password by its beginning", () => {
    const looks = [bcrypt, "$argon2id$", "$2x$", "sesame", "$1$abc", "{SHA}x"].map(looksLikeHash);
    expect(looks).toEqual([true, true, true, false, false, false]);
  });
});
