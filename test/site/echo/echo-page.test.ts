import { describe, expect, test } from "bun:test";

import { echoJson, echoOf, echoPage } from "../../../src/site/echo/echo-page.ts";
import { requestOf } from "../fake-request.ts";

const body = {
  type: "multipart/form-data",
  octets: 99,
  sha256: "0".repeat(64),
  form: [
    { name: "<b>", value: "<i>&\r\n\u001bx", octets: 4, sha256: "1".repeat(64) },
    { name: "file", filename: '"><s>', type: "text/<u>", octets: 0, sha256: "2".repeat(64) },
  ],
  logged: () => ({}),
};
const { head } = requestOf("POST /a?b&c='d'", {
  "X-Odd": "<script>alert(1)</script>",
  Cookie: "id=secret",
  Authorization: "Basic c2VjcmV0",
  "Proxy-Authorization": "Basic c2VjcmV0",
});
const echo = echoOf(head, body);

describe("an echo", () => {
  test("has the method, the target, the fields and the form", () => {
    expect(JSON.parse(echoJson(echo))).toEqual({
      method: "POST",
      target: "/a?b&c='d'",
      version: "1.1",
      fields: [
        ["Host", "a"],
        ["X-Odd", "<script>alert(1)</script>"],
        ["Cookie", null],
        ["Authorization", null],
        ["Proxy-Authorization", null],
      ],
      body: { type: body.type, octets: 99, sha256: body.sha256 },
      form: body.form,
    });
  });

  test("has no form where the body is none", () => {
    const none = echoOf(head, { ...body, form: undefined });
    expect(none.form).toBeNull();
    expect(echoPage(none)).toContain("The body is no form.");
    expect(echoPage(echoOf(head, { ...body, form: [] }))).toContain("The form has no values.");
  });

  test("tells no credentials, in either form", () => {
    for (const text of [echoJson(echo), echoPage(echo)]) {
      expect(text).not.toContain("secret");
      expect(text).not.toContain("c2VjcmV0");
    }
    expect(echoPage(echo)).toContain("not shown");
  });

  test("as a page escapes all that a client sent, and loads nothing", () => {
    const page = echoPage(echo);
    expect(page).not.toMatch(/<(?:script|b>|i>|s>|u>)/);
    expect(page).not.toMatch(/\b(?:src|href)=|@import|url\(/);
    for (const text of [
      "&lt;b&gt;",
      "&lt;i&gt;&amp;\n\\u{1b}x</td>",
      "&quot;&gt;&lt;s&gt;",
      "text/&lt;u&gt;",
      "b&amp;c=&#39;d&#39;",
    ]) {
      expect(page).toContain(text);
    }
  });
});
