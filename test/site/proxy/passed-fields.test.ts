import { describe, expect, test } from "bun:test";

import type { PassingRule } from "../../../src/site/proxy/passed-fields.ts";
import { isUserField, PassedFields } from "../../../src/site/proxy/passed-fields.ts";
import { headOf } from "../../http1/transcript.ts";

/** What is passed on of the field lines `given`. */
function passed(
  given: readonly string[],
  { hasUsers = false, ...rule }: Partial<PassingRule> & { readonly hasUsers?: boolean } = {},
): string[] {
  const head = headOf(`GET / HTTP/1.1\r\nHost: a\r\n${given.join("\r\n")}\r\n\r\n`);
  const whole = { authorization: undefined, userField: undefined, ...rule };
  const fields = new PassedFields(whole, hasUsers).of(head.fields, false);
  return fields.map(([name, value]) => `${name}: ${value}`);
}

const secret = "Authorization: Basic aW5lczpzZXNhbWU=";

describe("credentials (RFC 9110 §11.6.2)", () => {
  test("are the backend's on a server without users", () => {
    expect(passed([secret])).toEqual([secret]);
  });

  test("of the Basic scheme are removed by a server with users, in any spelling", () => {
    const spellings = [
      secret,
      "AUTHORIZATION: basic aW5lczpzZXNhbWU=",
      "Authorization: BASIC   aW5lczpzZXNhbWU=",
      "Authorization: Basic\tx",
      "Authorization: Basic",
    ];
    for (const line of spellings)
      expect(passed([line, "X: 1"], { hasUsers: true })).toEqual(["X: 1"]);
  });

  test("of another scheme are the backend's", () => {
    for (const value of ["Bearer aW5lczpzZXNhbWU=", "Basics x", 'Digest username="a"']) {
      const line = `Authorization: ${value}`;
      expect(passed([line], { hasUsers: true })).toEqual([line]);
    }
  });

  test("are kept by a rule that says so", () => {
    expect(passed([secret], { hasUsers: true, authorization: "keep" })).toEqual([secret]);
  });

  test("for a proxy are never passed on (RFC 9110 §11.7.2)", () => {
    expect(passed(["Proxy-Authorization: Basic aW5lczpzZXNhbWU="])).toEqual([]);
  });
});

describe("the field that tells the user", () => {
  const userField = "Remote-User";

  test("is written here alone, whatever a client sends in it or in what CGI takes for it", () => {
    const forged = ["Remote-User: admin", "remote_user: admin", "REMOTE.USER: admin"];
    expect(passed([...forged, "X: 1"], { userField })).toEqual(["X: 1"]);
    expect(passed(["Remote-User: admin"])).toEqual(["Remote-User: admin"]);
  });

  test("has the name as UTF-8, and is absent without a user", () => {
    const fields = new PassedFields({ authorization: undefined, userField }, true);
    expect(fields.user("inés")).toEqual([["Remote-User", "in\xc3\xa9s"]]);
    expect(fields.user(undefined)).toEqual([]);
    const none = new PassedFields({ authorization: undefined, userField: undefined }, true);
    expect(none.user("ines")).toEqual([]);
  });

  test("is no field that means something else already", () => {
    for (const name of ["Remote-User", "X-Auth-User", "user"]) expect(isUserField(name)).toBe(true);
    const wrong = ["", "a b", "a:", "Remote_User", "-a", "Host", "authorization", "Content-Length"];
    for (const name of [...wrong, "Transfer-Encoding", "X-Forwarded-For", "Cookie", "a\r\nb"]) {
      expect([name, isUserField(name)]).toEqual([name, false]);
    }
  });
});

test("a field that CGI takes for one of the server's own is dropped, too", () => {
  const forged = [
    "X_Forwarded_Proto: https",
    "X_Forwarded-For: 192.0.2.9",
    "x.forwarded.host: evil.test",
    "Content_Length: 5",
  ];
  expect(passed([...forged, "X_Own: 1"])).toEqual(["X_Own: 1"]);
});
