import { afterAll, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);

describe("https on a cleartext port (RFC 9110 §7.4)", () => {
  test("is misdirected, for the tree, a form and a route", async () => {
    client.routes.add("GET", "/x", () => new ResponseBuilder(200).text("mine").build());
    for (const line of ["GET https://a/x", "GET HTTPS://a/", "HEAD https://a/empty.txt"]) {
      const { status, close } = await client.ask(line);
      expect([line, status, close]).toEqual([line, 421, true]);
    }
    expect((await client.ask("POST https://a/", {}, "a=b")).status).toBe(421);
  });

  test("is where they belong on a port with TLS, and http is not", async () => {
    const secure = new SiteClient(site.root, { scheme: "https" });
    for (const [target, status] of [
      ["/empty.txt", 200],
      ["https://a/empty.txt", 200],
      ["http://a/empty.txt", 421],
    ] as const) {
      expect([target, (await secure.ask(`GET ${target}`)).status]).toEqual([target, status]);
    }
  });

  test("is what a request of the server as a whole has none of", async () => {
    expect((await client.ask("OPTIONS *")).status).toBe(204);
    expect((await client.ask("CONNECT a.example:443")).status).toBe(405);
  });
});
