import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { readHash } from "../../../src/site/auth/password-hash.ts";
import type { Secret } from "../../../src/site/auth/users.ts";
import { Users } from "../../../src/site/auth/users.ts";
import { hashes } from "./hashes.ts";

function hashed(text: string): Secret {
  const read = readHash(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

const plain = (password: string): Secret => ({ kind: "plain", password });

const open = (secrets: Readonly<Record<string, Secret>>, keptBytesMax = 65_536): Users =>
  new Users(new Map(Object.entries(secrets)), keptBytesMax);

/** What is known of `user` with `password` at once; where that is nothing, what a hash says. */
async function weigh(users: Users, user: string, password: string): Promise<string> {
  const credentials = { user, password: utf8Bytes(password) };
  const key = users.keyOf(credentials);
  const known = users.recognize(credentials, key);
  if (known !== "unknown") return known;
  return `hashed: ${await users.verify(credentials, key)}`;
}

describe("a user with a hash", () => {
  test("is verified once, and known from then on", async () => {
    const users = open({ ines: hashed(hashes.ines), bob: hashed(hashes.bob) });
    expect(await weigh(users, "ines", "sesame")).toBe("hashed: true");
    expect(await weigh(users, "ines", "sesame")).toBe("right");
    expect(await weigh(users, "bob", "sesame")).toBe("hashed: false");
    expect(await weigh(users, "ines", "builder")).toBe("hashed: false");
    expect(await weigh(users, "ines", "builder")).toBe("hashed: false");
    expect(await weigh(users, "ines", "sesame")).toBe("right");
  });

  test("is verified again when too many others were since", async () => {
    const users = open({ ines: hashed(hashes.ines), bob: hashed(hashes.bob) }, 256);
    expect(await weigh(users, "ines", "sesame")).toBe("hashed: true");
    expect(await weigh(users, "bob", "builder")).toBe("hashed: true");
    expect(await weigh(users, "ines", "sesame")).toBe("hashed: true");
  });
});

describe("a user with a configured password", () => {
  test("is known at once, and so is a wrong password where there are no hashes", async () => {
    const users = open({ ines: plain("sesame"), bob: plain("builder") });
    expect(await weigh(users, "ines", "sesame")).toBe("right");
    expect(await weigh(users, "bob", "builder")).toBe("right");
    expect(await weigh(users, "bob", "sesame")).toBe("wrong");
    expect(await weigh(users, "ines", "sesame ")).toBe("wrong");
    expect(await weigh(users, "nobody", "sesame")).toBe("wrong");
    expect(await weigh(users, "ines", "")).toBe("wrong");
  });

  test("takes the time of a hash for a wrong password where there are some", async () => {
    const users = open({ ines: plain("sesame"), bob: hashed(hashes.bob) });
    expect(await weigh(users, "ines", "sesame")).toBe("right");
    expect(await weigh(users, "ines", "wrong")).toBe("hashed: false");
    // That is verified against bob's hash, and isn't right for it.
    expect(await weigh(users, "ines", "builder")).toBe("hashed: false");
  });
});

describe("a name that no user has", () => {
  test("takes the time of a hash, and isn't let in by the password of another", async () => {
    const users = open({ bob: hashed(hashes.bob) });
    expect(await weigh(users, "nobody", "builder")).toBe("hashed: false");
    expect(await weigh(users, "", "builder")).toBe("hashed: false");
    expect(await weigh(users, "Bob", "builder")).toBe("hashed: false");
    expect(users.has("nobody")).toBe(false);
    expect(users.has("bob")).toBe(true);
  });

  test("may be one that every object has", async () => {
    const users = open({ bob: plain("builder") });
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(await weigh(users, name, "")).toBe("wrong");
    }
  });
});

test("what stands for credentials differs between processes, and tells the parts apart", () => {
  const credentials = { user: "ines", password: utf8Bytes("sesame") };
  const [one, other] = [open({ a: plain("b") }), open({ a: plain("b") })];
  expect(one.keyOf(credentials)).toBe(one.keyOf(credentials));
  expect(one.keyOf(credentials)).not.toBe(other.keyOf(credentials));
  expect(one.keyOf({ user: "a", password: utf8Bytes("bc") })).not.toBe(
    one.keyOf({ user: "ab", password: utf8Bytes("c") }),
  );
});
