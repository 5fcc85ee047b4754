import { afterAll, describe, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file(".postern/live", "a file");
site.file(".postern/other", "another");

const client = (options: ConstructorParameters<typeof SiteClient>[1] = {}): SiteClient =>
  new SiteClient(site.root, { live: true, hidden: true, ...options });

describe("the paths of live reload", () => {
  test("are its script and its stream, before the tree", async () => {
    const live = client();
    const script = await live.ask("GET /.postern/live.js");
    expect(script.status).toBe(200);
    expect(script.fields).toMatchObject({
      "Cache-Control": "no-cache",
      "Content-Type": "text/javascript; charset=utf-8",
      "Cross-Origin-Resource-Policy": "same-origin",
    });
    const tag = { "If-None-Match": script.fields["ETag"] ?? "" };
    expect((await live.ask("GET /.postern/live.js", tag)).status).toBe(304);
    const stream = await live.ask("GET /%2epostern/live");
    expect(stream).toMatchObject({
      kind: "stream",
      fields: { "Cache-Control": "no-store", "Content-Type": "text/event-stream" },
      note: { isRoutine: true },
    });
    // A file by another name in that folder is one of the site's.
    expect((await live.ask("GET /.postern/other")).body).toBe("another");
  });

  test("are those of the tree when it is off", async () => {
    const off = client({ live: false });
    expect((await off.ask("GET /.postern/live")).body).toBe("a file");
    expect((await off.ask("GET /.postern/live.js")).status).toBe(404);
    expect((await client({ live: false, hidden: false }).ask("GET /.postern/live")).status).toBe(
      404,
    );
  });

  test("take GET and HEAD (RFC 9110 §15.5.6)", async () => {
    const refused = await client().ask("PUT /.postern/live");
    expect(refused).toMatchObject({ status: 405, fields: { Allow: "GET, HEAD, OPTIONS" } });
    expect((await client({ post: "off" }).ask("POST /.postern/live")).status).toBe(405);
  });

  test("are not for pages of other origins", async () => {
    for (const path of ["/.postern/live", "/.postern/live.js"]) {
      for (const from of ["cross-site", "same-site"]) {
        const { status } = await client().ask(`GET ${path}`, { "Sec-Fetch-Site": from });
        expect(status).toBe(403);
      }
      const { status } = await client().ask(`GET ${path}`, { "Sec-Fetch-Site": "same-origin" });
      expect(status).toBe(200);
    }
  });

  test("are refused while there are too many streams", async () => {
    const full = client({ limits: { liveStreamsMax: 0 } });
    const { status, fields } = await full.ask("GET /.postern/live");
    expect([status, fields["Retry-After"]]).toEqual([503, "1"]);
  });

  test("have a script that an engine can read", async () => {
    const { body } = await client().ask("GET /.postern/live.js");
    expect(() => new Bun.Transpiler({ loader: "js" }).transformSync(body)).not.toThrow();
    expect(body).toBe(body.replace(/[^\n\x20-\x7e]/g, ""));
  });
});
