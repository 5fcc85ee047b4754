import { expect, test } from "bun:test";

import { isSensitive } from "../../../src/check/record/sensitive-name.ts";

test.each([
  "Authorization",
  "Proxy-Authorization",
  "Cookie",
  "Set-Cookie",
  "X-Api-Key",
  "apikey",
  "X-Auth-Token",
  "X-CSRF-Token",
  "csrfmiddlewaretoken",
  "password",
  "newPassword",
  "user[password]",
  "pwd",
  "access_token",
  "client_secret",
  "sid",
  "JSESSIONID".replace("J", "J-"),
  "sig",
])("%s names a credential", (name) => {
  expect(isSensitive(name)).toBe(true);
});

test.each(["Host", "Author", "passage", "name", "key", "design", "Content-Type", "code", "signal"])(
  "%s names none",
  (name) => {
    expect(isSensitive(name)).toBe(false);
  },
);
