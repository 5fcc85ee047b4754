/**
 * Attempts to get past a password to a backend, to be told to it as another user, and to have it
 * believe an address: each is sent as it stands, and it is asked what the backend got.
 */

import { afterEach, expect, test } from "bun:test";

import { serve } from "../../index.ts";
import type { ServeOptions } from "../../index.ts";
import { RawClient } from "../raw-client.ts";
import { answering } from "./raw-backend.ts";

const errors: unknown[] = [];
afterEach(() => {
  expect(errors).toEqual([]);
});

const ofInes = "Authorization: Basic aW5lczpzZXNhbWU=\r\n";

const auth = {
  users: { ines: "sesame", bob: "builder" },
  rules: [
    { path: "/api/admin/**", users: ["bob"] },
    { path: "/api/pub/**", public: true },
  ],
} as const;

/** The statuses that a client gets for `text`, and what the backend got. */
async function outcome(
  text: string,
  options: ServeOptions = {},
): Promise<{ readonly statuses: string; readonly seen: string }> {
  using backend = answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  await using server = await serve({
    files: {},
    auth,
    proxy: { "/api": { target: backend.url, userField: "Remote-User" } },
    limits: { failedLoginTimeMs: 1, failedLoginLongestTimeMs: 1, lingerTimeMs: 1 },
    onError: (error) => void errors.push(error),
    ...options,
  });
  const client = await RawClient.connect(server.port);
  client.send(text);
  client.send("GET /end HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ending();
  client.close();
  const own = text.match(/ HTTP\/1\.[01]\r\n/g)?.length ?? 0;
  const statuses = client.statuses.slice(0, own).join(" ");
  return { statuses, seen: backend.peers.map((peer) => peer.text).join("") };
}

const get = (path: string, lines = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`;

const usersIn = (seen: string): string[] => seen.match(/^remote.user: .*$/gim) ?? [];

test("a client can't take the field of the user out by Connection (RFC 9110 §7.6.1)", async () => {
  const lines = `${ofInes}Connection: Remote-User, X-Forwarded-For, Forwarded\r\n`;
  const { seen } = await outcome(get("/api/x", lines));
  expect(usersIn(seen)).toEqual(["Remote-User: ines"]);
  expect(seen).toContain("\r\nX-Forwarded-For: 127.0.0.1\r\n");
  expect(seen).toContain("\r\nForwarded: for=127.0.0.1;");
});

test("a user in a trailer is none (RFC 9110 §6.5.1)", async () => {
  const head = `POST /api/x HTTP/1.1\r\nHost: localhost\r\n${ofInes}Transfer-Encoding: chunked\r\n`;
  const { seen } = await outcome(`${head}\r\n1\r\na\r\n0\r\nRemote-User: bob\r\n\r\n`);
  expect(usersIn(seen)).toEqual(["Remote-User: ines"]);
});

test("a user of an earlier request on the connection isn't one of the next", async () => {
  const { statuses, seen } = await outcome(
    get("/api/x", ofInes) + get("/api/x") + get("/api/pub/x"),
  );
  expect(statuses).toBe("200 401 200");
  expect(usersIn(seen)).toEqual(["Remote-User: ines"]);
});

test("a second password beside the right one lets none in, and neither is told", async () => {
  const both = `${ofInes}Authorization: Bearer x\r\n`;
  const refused = await outcome(get("/api/x", both));
  expect(refused).toEqual({ statuses: "401", seen: "" });
  const open = await outcome(get("/api/pub/x", both));
  expect(open.seen).toContain("\r\nAuthorization: Bearer x\r\n");
  expect(open.seen).not.toContain("aW5lczpzZXNhbWU=");
});

test("other spellings of a path have the rules of the path that they are", async () => {
  const paths = ["/%61pi/admin/x", "/api/%61dmin/x", "http://localhost/api/admin/x"];
  for (const path of paths) {
    expect([path, await outcome(get(path, ofInes))]).toEqual([path, { statuses: "403", seen: "" }]);
  }
});

test("a target can't name another backend, nor a socket", async () => {
  expect(await outcome(get("unix:/run/app.sock:/api/pub/x"))).toEqual({
    statuses: "400",
    seen: "",
  });
  // An absolute target names a host of this server, and the rule alone says where it goes.
  const { statuses, seen } = await outcome(get("http://127.0.0.1:1/api/pub/x"));
  expect([statuses, seen.split("\r\n")[0]]).toEqual(["200", "GET /api/pub/x HTTP/1.1"]);
});

test("an upgrade needs the password, too", async () => {
  const lines = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  expect(await outcome(get("/api/x", lines))).toEqual({ statuses: "401", seen: "" });
});

test("a preflight with content is none, and needs the password (Fetch §4.8)", async () => {
  const asking = "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n";
  const options = `OPTIONS /api/x HTTP/1.1\r\nHost: localhost\r\n${asking}`;
  const withContent = await outcome(`${options}Content-Length: 1\r\n\r\na`, { cors: true });
  expect(withContent).toEqual({ statuses: "401", seen: "" });
  const { statuses, seen } = await outcome(`${options}Remote-User: bob\r\n\r\n`, { cors: true });
  expect([statuses, usersIn(seen)]).toEqual(["200", []]);
});

test("a quoted string that doesn't end can't swallow the client's address (RFC 7239 §4)", async () => {
  const lines = 'Forwarded: for=192.0.2.9;by="\r\nForwarded: for="[2001:db8::1]";by="a\\\"b"\r\n';
  const { seen } = await outcome(get("/api/pub/x", lines));
  expect(seen.match(/^Forwarded: .*$/gm)?.map((line) => line.trim())).toEqual([
    'Forwarded: for="[2001:db8::1]";by="a\\"b"',
    "Forwarded: for=127.0.0.1;host=localhost;proto=http",
  ]);
});

test("a name that only blanks tell from another user's is not told", async () => {
  const spaced = { users: { " bob": "sesame" } };
  const lines = `Authorization: Basic ${btoa(" bob:sesame")}\r\n`;
  const { statuses, seen } = await outcome(get("/api/x", lines), { auth: spaced });
  expect([statuses, usersIn(seen)]).toEqual(["200", []]);
});

test("a name can't bring a line of its own", async () => {
  const users = { "bob\r\nX-Admin": "sesame" };
  const started = await serve({ files: {}, auth: { users } }).catch(
    (error: Error) => error.message,
  );
  expect(started).toContain("a user's name with a control character");
});
