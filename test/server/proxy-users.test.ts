/** A server with users, before a backend that has none, or others. */

import { afterEach, describe, expect, test } from "bun:test";

import { serve } from "../../index.ts";
import type { ServeOptions, Server } from "../../index.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { answering } from "./raw-backend.ts";
import type { RawBackend } from "./raw-backend.ts";

/** What the servers say of their own errors. */
const errors: unknown[] = [];
afterEach(() => {
  expect(errors).toEqual([]);
});

const plainOptions = { files: {}, onError: (error: unknown) => void errors.push(error) } as const;

const auth = {
  users: { ines: "sesame", bob: "builder" },
  rules: [
    { path: "/api/pub/**", public: true },
    { path: "/api/admin/**", users: ["ines"] },
  ],
} as const;

const ofInes = "Authorization: Basic aW5lczpzZXNhbWU=\r\n";
const ofBob = "Authorization: Basic Ym9iOmJ1aWxkZXI=\r\n";
const wrong = "Authorization: Basic aW5lczp3cm9uZw==\r\n";

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

function begin(backend: RawBackend, options: ServeOptions = {}): Promise<Server> {
  const proxy = { "/api": { target: backend.url, userField: "Remote-User" } };
  return serve({ ...plainOptions, proxy, auth, ...options });
}

/** The whole answer to a GET of `path` with `lines`. */
async function get(server: Server, path: string, lines = ""): Promise<string> {
  const client = await RawClient.connect(server.port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}Connection: close\r\n\r\n`);
  await client.ending();
  client.close();
  return client.text;
}

const statusOf = (text: string): number => Number(text.slice("HTTP/1.1 ".length, 12));

describe("a verified password", () => {
  test("is not told to the backend, which is told the user instead", async () => {
    using backend = answering(hello);
    await using server = await begin(backend);
    expect(await get(server, "/api/x", `${ofInes}Remote-User: root\r\nX: 1\r\n`)).toEndWith(
      "hello",
    );
    const text = backend.peers[0]?.text ?? "";
    expect(text).toContain("\r\nX: 1\r\nRemote-User: ines\r\n");
    expect(text).not.toContain("root");
    expect(text.toLowerCase()).not.toContain("authorization");
  });

  test("is passed on by a rule that keeps it", async () => {
    using backend = answering(hello);
    const proxy = { "/api": { target: backend.url, authorization: "keep" } } as const;
    await using server = await begin(backend, { proxy });
    await get(server, "/api/x", ofInes);
    expect(backend.peers[0]?.text).toContain(`\r\n${ofInes}`);
  });

  test("is not told on a path that needs none, right or wrong", async () => {
    using backend = answering(hello);
    await using server = await begin(backend);
    const texts: string[] = [];
    for (const lines of [ofInes, wrong, ""]) {
      expect(await get(server, "/api/pub/x", lines)).toEndWith("hello");
      texts.push(backend.peers.map(({ text }) => text).join(""));
    }
    expect(texts.join("").toLowerCase()).not.toContain("authorization");
    // Nothing says that it was right: the user of a path that needs none isn't known.
    expect(texts.join("")).not.toContain("Remote-User");
  });

  test("of another server stays the client's, where this one has no users", async () => {
    using backend = answering(hello);
    await using server = await serve({ ...plainOptions, proxy: { "/api": backend.url } });
    await get(server, "/api/x", ofInes);
    expect(backend.peers[0]?.text).toContain(`\r\n${ofInes}`);
  });

  test("is not told with an upgrade", async () => {
    using backend = answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(
      `GET /api/x HTTP/1.1\r\nHost: localhost\r\n${ofInes}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
    );
    await client.until(() => client.text.startsWith("HTTP/1.1 101 "));
    client.close();
    expect(backend.peers[0]?.text).toContain("\r\nRemote-User: ines\r\n");
    expect(backend.peers[0]?.text.toLowerCase()).not.toContain("authorization");
  });
});

describe("an answer of the backend", () => {
  const open =
    "HTTP/1.1 200 OK\r\nCache-Control: public, s-maxage=60, max-age=5\r\nCDN-Cache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello";

  test("that needed a user is private, since the backend saw no password (RFC 9111 §3.5)", async () => {
    using backend = answering(open);
    await using server = await begin(backend);
    const text = await get(server, "/api/x", ofInes);
    expect(text).toContain("\r\nCache-Control: private, max-age=5\r\n");
    expect(text).not.toContain("CDN-");
  });

  test("on a path that needs none stays the backend's own", async () => {
    using backend = answering(open);
    await using server = await begin(backend);
    const text = await get(server, "/api/pub/x");
    expect(text).toContain("\r\nCache-Control: public, s-maxage=60, max-age=5\r\n");
    expect(text).toContain("\r\nCDN-Cache-Control: max-age=60\r\n");
  });
});

test("a path that the backend may read as another one needs that one's leave", async () => {
  using backend = answering(hello);
  await using server = await begin(backend);
  for (const path of ["/api/admin/x", "/api//admin/x", "/api/admin%2Fx", "/api/pub%2F/admin/x"]) {
    expect([path, statusOf(await get(server, path))]).toEqual([path, 401]);
    expect([path, statusOf(await get(server, path, ofBob))]).toEqual([path, 403]);
  }
  expect(backend.requestLines).toEqual([]);
  expect(statusOf(await get(server, "/api/admin%2Fx", ofInes))).toBe(200);
  expect(backend.requestLines).toEqual(["/api/admin%2Fx"]);
});

test("a backend on a Unix socket is asked as any, and one that isn't there is 502", async () => {
  using site = new TempSite();
  const unix = `${site.root}/app.sock`;
  const logged: string[] = [];
  await using server = await serve({
    ...plainOptions,
    proxy: { "/api": `unix:${unix}`, "/v1": `unix:${unix}:/api/` },
    log: "short",
    write: (text) => void logged.push(text),
  });
  const missing = await get(server, "/api/a.txt");
  expect(statusOf(missing)).toBe(502);
  expect(missing).toContain(`unix:${unix}, the backend of /api, can&#39;t be reached.`);
  await using backend = await serve({ ...plainOptions, unix, files: { "/api/a.txt": "hello" } });
  expect(await get(server, "/api/a.txt")).toEndWith("\r\n\r\nhello");
  expect(await get(server, "/v1/a.txt")).toEndWith("\r\n\r\nhello");
  const heard = backend.requests.map(({ target, fields }) => [target, fields.get("host")]);
  expect(heard).toEqual([
    ["/api/a.txt", "localhost"],
    ["/api/a.txt", "localhost"],
  ]);
  expect(logged.join("")).toContain(`unix:${unix}: there is no such socket`);
});
