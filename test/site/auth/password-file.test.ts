import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { readPasswordFile } from "../../../src/site/auth/password-file.ts";

const ines = "ines:$2y$04$It9e8UN2jVitFPwHswDDN.6pndkuDGCsvG67lGZkjFnHi.WCAlcW6";
const bob = "bob:$2y$04$OVVH.UoK/1jNQ6eQcLK7feVcCVy5NEW7Jjo068QRNOX0xRFL2Q0kq";

/** The users of a file with `text`, or what is wrong with it. */
function read(text: string | Uint8Array): readonly string[] | string {
  const found = readPasswordFile(typeof text === "string" ? utf8Bytes(text) : text);
  return found.ok ? [...found.value.keys()] : found.error;
}

describe("a password file", () => {
  test("has a user on each line, with the hash as it stands", () => {
    const found = readPasswordFile(utf8Bytes(`${ines}\n${bob}\n`));
    expect(found).toEqual({
      ok: true,
      value: new Map([
        ["ines", { kind: "bcrypt", text: ines.slice(5) }],
        ["bob", { kind: "bcrypt", text: bob.slice(4) }],
      ]),
    });
  });

  test("may have comments, empty lines, CRLF, and no line break at its end", () => {
    expect(read(`# users\r\n\r\n${ines}\r\n  \n#${bob}\n${bob}`)).toEqual(["ines", "bob"]);
  });

  test("may begin with a byte order mark, and have further fields, as Apache's", () => {
    expect(read(`\u{feff}${ines}:studio\n`)).toEqual(["ines"]);
  });

  const remedy = "htpasswd -B FILE USER writes one that can be used";

  test.each([
    ["ines", `line 1: not user:hash; ${remedy}`],
    [`\n\n:${ines}`, "line 3: a user without a name"],
    [`in\tes${ines}`, "line 1: a user's name with a control character"],
    [`${ines}\n${bob}\n${ines}`, "line 3: the same user as on an earlier line"],
    [`${ines}\nbob:$apr1$a$b\n`, `line 2: no bcrypt or argon2 hash, but MD5; ${remedy}`],
    ["bob:{SHA}x", `line 1: no bcrypt or argon2 hash, but SHA-1; ${remedy}`],
    ["bob:rqXexS6ZhobKA", `line 1: no bcrypt or argon2 hash; ${remedy}`],
    ["bob:sesame", `line 1: no bcrypt or argon2 hash; ${remedy}`],
    ["", "names no user"],
    ["# nobody\n", "names no user"],
    [Uint8Array.of(0xff), "is not UTF-8"],
  ])("is refused with %j", (text, error) => {
    expect(read(text)).toBe(error);
  });

  test("that htpasswd has written is read, and another kind of it refused", async () => {
    const [bcrypt, md5] = await Promise.all(
      ["-nbB", "-nbm"].map((how) => Bun.$`htpasswd ${how} ines sesame`.quiet().nothrow()),
    );
    // Not every machine has htpasswd.
    if (bcrypt?.exitCode !== 0 || md5 === undefined) return;
    expect(read(bcrypt.stdout)).toEqual(["ines"]);
    expect(read(md5.stdout)).toBe(`line 1: no bcrypt or argon2 hash, but MD5; ${remedy}`);
  });
});
