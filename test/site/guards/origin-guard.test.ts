import { afterAll, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { TempSite } from "../../temp-site.ts";
import { repeatedHead, requestOf, requestWith } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

type Named = Readonly<Record<string, string>>;

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

const client = new SiteClient(site.root);
client.routes.add("POST", "/own", () => new ResponseBuilder(200).text("own").build());
const hook = (): Response => new ResponseBuilder(200).text("hook").build();
client.routes.add("POST", "/hook", hook, { crossOrigin: true });
const listed = new SiteClient(site.root, { cors: { origins: ["https://app.example"] } });
const any = new SiteClient(site.root, { cors: true });

/** The status for a POST with `fields`. */
async function posted(fields: Named, asked = client, path = "/own"): Promise<number> {
  return (await asked.answer(requestOf(`POST ${path}`, fields, ""))).status;
}

const crossSite = { Origin: "https://app.example", "Sec-Fetch-Site": "cross-site" };

describe("a request that changes something (RFC 9110 §9.2.1)", () => {
  test.each<readonly [fields: Named, status: number]>([
    [{}, 200],
    [{ "Sec-Fetch-Site": "same-origin" }, 200],
    [{ "Sec-Fetch-Site": "none" }, 200],
    [{ "Sec-Fetch-Site": "same-site" }, 403],
    [{ "Sec-Fetch-Site": "cross-site" }, 403],
    [{ "Sec-Fetch-Site": "" }, 403],
    [{ "Sec-Fetch-Site": "same-origin, cross-site" }, 403],
    // A proxy may have changed Host, and the browser knows where the page came from.
    [{ "Sec-Fetch-Site": "same-origin", Origin: "https://b.example", Host: "a" }, 200],
    [{ "Sec-Fetch-Site": "cross-site", Origin: "http://a", Host: "a" }, 403],
  ])("is judged by Sec-Fetch-Site, %j", async (fields, status) => {
    expect(await posted(fields)).toBe(status);
  });

  test.each<readonly [origin: string, host: string, status: number]>([
    ["http://localhost:9001", "localhost:9001", 200],
    ["http://LOCALHOST:9001", "LocalHost:9001", 200],
    ["http://localhost:9001", "localhost:9002", 403],
    ["http://localhost", "localhost:9001", 403],
    ["http://localhost", "localhost", 200],
    ["http://localhost", "localhost:80", 200],
    // TLS ends at a proxy.
    ["https://site.example", "site.example", 200],
    ["https://site.example", "site.example:443", 200],
    ["https://site.example", "site.example:80", 403],
    ["https://site.example:8443", "site.example:8443", 200],
    ["http://[::1]:9001", "[::1]:9001", 200],
    ["http://127.0.0.1:9001", "localhost:9001", 403],
    ["http://site.example.evil.example", "site.example", 403],
    ["http://site.example@evil.example", "site.example", 403],
    ["null", "localhost", 403],
    ["", "localhost", 403],
    ["file://", "localhost", 403],
    ["data:text/html,x", "localhost", 403],
  ])("is judged by Origin without that: %s at %s", async (origin, host, status) => {
    expect(await posted({ Origin: origin, Host: host })).toBe(status);
  });

  test("has any method but the safe ones, or opens a WebSocket (RFC 6455 §4.1)", async () => {
    for (const [line, fields, status] of [
      ["GET /", {}, 200],
      ["HEAD /", {}, 200],
      ["OPTIONS /", {}, 204],
      ["PUT /", {}, 403],
      ["DELETE /", {}, 403],
      ["PATCH /", {}, 403],
      ["BREW /", {}, 403],
      ["GET /", { Upgrade: "websocket" }, 403],
      ["GET /", { Upgrade: "h2c, WebSocket" }, 403],
      ["GET /", { Upgrade: "h2c" }, 200],
    ] as const) {
      const asked = await client.ask(line, { ...crossSite, ...fields });
      expect([line, fields, asked.status]).toEqual([line, fields, status]);
    }
    const own = { Upgrade: "websocket", Origin: "http://a" };
    expect((await client.ask("GET /", own)).status).toBe(200);
  });

  test("closes the connection, and is in the log with the option that allows it", async () => {
    const response = await client.answer(requestOf("POST /own", crossSite, "a=b"));
    expect([response.status, response.close]).toEqual([403, true]);
    expect(response.note?.reason).toBe(
      "403 cross-origin (RFC 9110 §15.5.4): " +
        "a page of https://app.example sent it; the origins that cors lists may",
    );
    const long = await client.answer(requestOf("POST /own", { Origin: "x".repeat(8000) }, ""));
    expect(long.note?.reason?.length).toBeLessThan(400);
  });

  test("is judged anew for another head, and once for one that is repeated", async () => {
    const own = repeatedHead("POST /own", { Origin: "http://a" });
    const foreign = repeatedHead("POST /own", { Origin: "http://b" });
    for (const [head, status] of [
      [own, 200],
      [own, 200],
      [foreign, 403],
      [foreign, 403],
      [own, 200],
    ] as const) {
      expect((await client.answer(requestWith(head))).status).toBe(status);
    }
  });
});

describe("another origin may send it", () => {
  test("where cors lists it, and null never", async () => {
    expect(await posted(crossSite, listed, "/MyForm.html")).toBe(200);
    const other = { ...crossSite, Origin: "https://app.example:8443" };
    expect(await posted(other, listed, "/MyForm.html")).toBe(403);
    expect(await posted({ Origin: "null" }, listed, "/MyForm.html")).toBe(403);
  });

  test("under no cors that allows every origin", async () => {
    expect(await posted(crossSite, any, "/MyForm.html")).toBe(403);
    expect((await any.ask("GET /", crossSite)).status).toBe(200);
  });

  test("to a route that says so, by its method, until it is replaced", async () => {
    expect(await posted(crossSite, client, "/hook")).toBe(200);
    expect((await client.ask("PUT /hook", crossSite)).status).toBe(403);
    client.routes.add("POST", "/hook", hook);
    expect(await posted(crossSite, client, "/hook")).toBe(403);
  });
});
