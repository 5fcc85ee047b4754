import { describe, expect, test } from "bun:test";

import {
  blanked,
  isSecretField,
  isVeiled,
  Secrets,
  secretsOfAnswer,
} from "../../../src/check/record/blanking.ts";
import type { RequestMessage } from "../../../src/check/record/recorded.ts";
import { RequestReader } from "../../../src/check/record/request-reader.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";

function messageOf(text: string): RequestMessage {
  const [fragment] = new RequestReader(10_000).push(latin1Bytes(text));
  if (fragment === undefined) throw new Error("no octets");
  return fragment.message;
}

/** `text` as a recording has it, and what it says was blanked. */
function blankedText(text: string, secrets = new Secrets(100)): [string, readonly string[]] {
  const message = messageOf(text);
  const { edits, names } = blanked(message, secrets, []);
  let out = "";
  let at = 0;
  for (const { start, end, by } of edits) {
    out += latin1Text(message.octets.subarray(at, start));
    out += by instanceof Uint8Array ? latin1Text(by) : `{{${by.capture}}}`;
    at = end;
  }
  return [out + latin1Text(message.octets.subarray(at)), names];
}

function get(fields: string, target = "/"): string {
  return `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
}

function post(type: string, body: string, fields = ""): string {
  const head = `POST / HTTP/1.1\r\nContent-Type: ${type}\r\n${fields}`;
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const json = '{"user":"ines","password":"a\\"b","deep":{"api_key":"12","n":1}}';
const blankJson = '{"user":"ines","password":"xxxx","deep":{"api_key":"xx","n":1}}';
const form = "user=ines&password=a%20b&csrf_token=1234";
const multipart = [
  '--B\r\nContent-Disposition: form-data; name="user"\r\n\r\nines\r\n',
  '--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nsesame\r\n',
  "--B--\r\n",
].join("");

describe("blanked is", () => {
  test.each([
    [get("Authorization: Basic abc=\r\n"), get("Authorization: Basic blanked\r\n")],
    [get("authorization: abc\r\n"), get("authorization: blanked\r\n")],
    [get("Cookie: a=1; b=2\r\n"), get("Cookie: a=blanked; b=blanked\r\n")],
    [get("X-Api-Key: 123\r\n"), get("X-Api-Key: blanked\r\n")],
    [get("", "/?q=1&token=12&r=2"), get("", "/?q=1&token=xx&r=2")],
    [get("", "http://u:p@a/"), get("", "http://xxx@a/")],
    [get("Referer: http://a/?sid=12\r\n"), get("Referer: http://a/?sid=xx\r\n")],
    [
      post("application/x-www-form-urlencoded", form),
      post("application/x-www-form-urlencoded", "user=ines&password=xxxxx&csrf_token=xxxx"),
    ],
    [post("application/json", json), post("application/json", blankJson)],
    [post("application/x+json; a=b", json), post("application/x+json; a=b", blankJson)],
    [
      post("multipart/form-data; boundary=B", multipart),
      post("multipart/form-data; boundary=B", multipart.replace("sesame", "xxxxxx")),
    ],
  ])("what stands behind a sensitive name: %j", (text, expected) => {
    const [out, names] = blankedText(text);
    expect(out).toBe(expected);
    expect(names.length).toBeGreaterThan(0);
  });

  test("a value that lies in two chunks", () => {
    const head =
      "POST / HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    const [out] = blankedText(`${head}e\r\n{"password":"a\r\n3\r\nb"}\r\n0\r\n\r\n`);
    expect(out).toBe(`${head}e\r\n{"password":"x\r\n3\r\nx"}\r\n0\r\n\r\n`);
  });

  test("what is no request, line by line", () => {
    const [out, names] = blankedText(
      "GET /?token=ab HTTP/1.1\nCookie: a=b\nHost : x\n\npassword=c",
    );
    expect(out).toBe("GET /?token=xx HTTP/1.1\nCookie: a=blanked\nHost : x\n\npassword=x");
    expect(names).toEqual(["the cookie a", "the value of token", "the value of password"]);
  });

  test("what was blanked before, wherever it occurs again", () => {
    const secrets = new Secrets(100);
    blankedText(post("application/x-www-form-urlencoded", "password=se%20same"), secrets);
    const [out, names] = blankedText(post("text/plain", "I said se same"), secrets);
    expect(out).toEndWith("I said xxxxxxx");
    expect(names).toEqual(["what was blanked before"]);
    expect(secrets.areIn(latin1Bytes("a se same b"))).toBe(true);
    expect(secrets.areIn(latin1Bytes("a sesame b"))).toBe(false);
  });

  test("not what is short and occurs anywhere", () => {
    const secrets = new Secrets(100);
    secrets.add("abcde");
    secrets.add("dark theme", true);
    secrets.add("sesame");
    expect(secrets.areIn(latin1Bytes("abcde, dark theme, sesames"))).toBe(false);
    expect(secrets.areIn(latin1Bytes("/sesame/"))).toBe(true);
  });

  test("not what was blanked too long ago", () => {
    const secrets = new Secrets(1);
    secrets.add("first1");
    secrets.add("second");
    expect(secrets.areIn(latin1Bytes("first1"))).toBe(false);
    expect(secrets.areIn(latin1Bytes("second"))).toBe(true);
  });

  test("not what a script saves", () => {
    const message = messageOf(get("Cookie: a=1; b=2\r\n"));
    const at = latin1Text(message.octets).indexOf("1; b");
    const kept = [{ start: at, end: at + 1, by: { capture: "cookie-a" } }];
    const { edits, names } = blanked(message, new Secrets(10), kept);
    expect(edits.map(({ by }) => (by instanceof Uint8Array ? latin1Text(by) : by.capture))).toEqual(
      ["cookie-a", "blanked"],
    );
    expect(names).toEqual(["the cookie b"]);
  });

  test.each([get("Host: a\r\n", "/a?q=1"), post("text/plain", "password=a")])(
    "nothing in %j",
    (text) => {
      expect(blankedText(text)).toEqual([text, []]);
    },
  );
});

test("a body that can't be seen may hide credentials", () => {
  const coded = post("application/json", "xyz", "Content-Encoding: gzip\r\n");
  expect(isVeiled(messageOf(coded))).toBe(true);
  expect(isVeiled(messageOf(coded.replace("application/json", "image/png")))).toBe(false);
  expect(isVeiled(messageOf(post("application/json", "xyz")))).toBe(false);
});

function typed(value: string): readonly [{ readonly name: string; readonly value: string }] {
  return [{ name: "Content-Type", value }];
}

test("an answer has credentials in its body's members, and in its fields", () => {
  const octets = latin1Bytes('{"access_token":"a","id":1}');
  expect(secretsOfAnswer(typed("application/json"), octets)).toEqual(["the member access_token"]);
  expect(secretsOfAnswer(typed("text/html"), octets)).toEqual([]);
  const pairs = latin1Bytes("access_token=a&b=c");
  expect(secretsOfAnswer(typed("application/x-www-form-urlencoded"), pairs)).toEqual([
    "access_token",
  ]);
  expect(isSecretField("Set-Cookie", "a=b")).toBe(true);
  expect(isSecretField("Location", "/cb?token=a")).toBe(true);
  expect(isSecretField("WWW-Authenticate", 'Digest nonce="a"')).toBe(true);
  expect(isSecretField("WWW-Authenticate", "Basic realm=a")).toBe(false);
  expect(isSecretField("Location", "/cb?page=2")).toBe(false);
});
