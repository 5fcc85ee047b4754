import { afterAll, describe, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
site.file("index.html", "home");
site.file("a b.txt", "text");
afterAll(() => site[Symbol.dispose]());

describe("a site under a base", () => {
  const client = new SiteClient(site.root, { base: "/app/" });

  test("is there, and only there", async () => {
    expect(await client.ask("GET /app/")).toMatchObject({ status: 200, body: "home" });
    expect(await client.ask("GET /app/a%20b.txt")).toMatchObject({ status: 200, body: "text" });
    expect(await client.ask("GET /app")).toMatchObject({
      status: 308,
      fields: { Location: "app/" },
    });
    expect((await client.ask("GET /a%20b.txt")).status).toBe(404);
  });

  test.each(["GET /", "HEAD /", "GET /index.html"])("is where %s leads", async (line) => {
    const { status, fields } = await client.ask(line);
    expect([status, fields["Location"]]).toEqual([302, "app/"]);
  });

  test("keeps the query of what leads there", async () => {
    expect((await client.ask("GET /?a=b")).fields["Location"]).toBe("app/?a=b");
  });

  test("is linked to from elsewhere, with the path asked for, escaped", async () => {
    const { status, body, note } = await client.ask("GET /x%3C/y'%26z");
    expect(status).toBe(404);
    expect(body).toContain(`<a href="../app/x%3C/y&#39;&amp;z">/app/x&lt;/y&#39;&amp;z</a>`);
    expect(body).toContain("<code>/app/</code>");
    expect(note).toEqual({ reason: "not under --base /app/" });
    expect((await client.ask("GET /x/")).body).toContain('href="../app/x/"');
    expect(body).toContain('<a href="../app/">Home</a>');
    expect(body).toContain("<code>/x&lt;/y&#39;&amp;z</code>");
  });

  test("is home for what is missing in it, whatever else there is", async () => {
    const { body } = await client.ask("GET /app/none");
    expect(body).toContain('<nav><a href="../app/">Home</a></nav>');
  });

  test("leaves what isn't about a path of the site to the others", async () => {
    expect((await client.ask("GET /a%2fb")).status).toBe(400);
    expect((await client.ask("POST /")).status).toBe(405);
    expect((await client.ask("OPTIONS /x")).fields["Allow"]).toBe("GET, HEAD, OPTIONS");
  });

  test("comes after redirects and rewrites, which are about whole paths", async () => {
    const mapped = new SiteClient(site.root, {
      base: "/app/",
      redirects: [{ from: "/old", to: "/app/new" }],
      rewrites: [{ from: "/short", to: "/app/a%20b.txt" }],
    });
    expect((await mapped.ask("GET /old")).fields["Location"]).toBe("app/new");
    expect(await mapped.ask("GET /short")).toMatchObject({ status: 200, body: "text" });
    expect((await mapped.ask("GET /other")).status).toBe(404);
  });

  test("leaves other mounts where they are", async () => {
    const other = new SiteClient(site.root, { base: "/app/", mounts: { "/docs": site.root } });
    expect(await other.ask("GET /docs/")).toMatchObject({ status: 200, body: "home" });
    expect((await other.ask("GET /")).fields["Location"]).toBe("app/");
  });
});
