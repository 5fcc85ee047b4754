import { afterAll, describe, expect, test } from "bun:test";

import type { Response } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { concatBytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";
import { ask, TwinSites } from "../twin-sites.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const navigation = { "Sec-Fetch-Dest": "document" };
const any = '<script src=".postern/live.js" data-any="" async=""></script>';

/** The beginning of a route's response. */
const page = (): ResponseBuilder<200> => new ResponseBuilder(200);

/** The text of a response that is a stream. */
async function textOf({ body }: Response): Promise<string> {
  if (body.kind !== "stream") throw new Error(body.kind);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return new TextDecoder().decode(concatBytes(chunks));
}

describe("an error's page with live reload", () => {
  test("has the script, and reloads whatever changes, also when the tree has its own", async () => {
    const client = new SiteClient(site.root, { live: true });
    const builtIn = await client.ask("GET /none.html", navigation);
    expect(builtIn.status).toBe(404);
    expect(builtIn.body).toMatch(
      /^<!doctype html>\s*<html lang="en">\s*(?:<head>)?<script src="\.postern/,
    );
    expect((await client.ask("GET /none.html")).body).not.toContain("live.js");
    site.file("404.html", "<!doctype html><title>none</title>");
    const own = await client.ask("GET /none.html", navigation);
    expect(own.body).toBe(`<!doctype html>${any}<title>none</title>`);
    expect(own.fields["Vary"]).toBe("Sec-Fetch-Dest");
    const text = `<!doctype html><title>none</title>${"x".repeat(100_000)}`;
    site.file("404.html", text);
    const large = await client.ask("GET /none.html", navigation);
    expect(large.kind).toBe("file");
    expect(large.body).toBe(text.replace("<title>", `${any}<title>`));
  });

  test("is answered from the cache as without one", async () => {
    site.file("404.html", "<!doctype html><title>none</title>");
    const twins = new TwinSites(site.root, { live: true });
    const { body } = await twins.askOften(ask("/none.html", navigation));
    expect(body).toContain(any);
    site.file("none.html", "<p>there");
    expect((await twins.ask(ask("/none.html", navigation))).status).toBe(200);
    site[Symbol.dispose]();
    site.folder("");
  });
});

describe("a page of a route", () => {
  test("has the script, unless it has a tag, a coding, or is an answer to POST", async () => {
    const client = new SiteClient(site.root, { live: true });
    client.routes.add("GET", "/r", () => page().html("<p>route").build());
    client.routes.add("POST", "/r", () => page().html("<p>posted").build());
    client.routes.add("GET", "/tag", () => page().field("ETag", '"x"').html("<p>tag").build());
    client.routes.add("GET", "/text", () => page().text("<p>").build());
    client.routes.add("GET", "/head", () => page().build());
    expect((await client.ask("GET /r", navigation)).body).toBe(
      '<script src=".postern/live.js" async=""></script><p>route',
    );
    expect((await client.ask("POST /r", navigation, "")).body).toBe("<p>posted");
    expect((await client.ask("GET /tag", navigation)).body).toBe("<p>tag");
    expect((await client.ask("GET /text", navigation)).body).toBe("<p>");
    expect((await client.ask("GET /head", navigation)).body).toBe("");
  });

  test("that is a stream has the script as soon as its place has come", async () => {
    const client = new SiteClient(site.root, { live: true });
    const parts = ["<!doc", "type html><!-- a", " --><html", "><he", "ad><title>", "x</title>"];
    let ended = 0;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (const part of parts) yield utf8Bytes(part);
      } finally {
        ended++;
      }
    }
    client.routes.add("GET", "/s", () =>
      new ResponseBuilder(200).stream(chunks(), "text/html").build(),
    );
    const answer = (): Response | Promise<Response> =>
      client.answer(requestOf("GET /s", navigation));
    expect(await textOf(await answer())).toBe(
      `<!doctype html><!-- a --><html><head>${any}<title>x</title>`,
    );
    expect(ended).toBe(1);
    const { body } = await answer();
    if (body.kind !== "stream") throw new Error(body.kind);
    const iterator = body.chunks[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    expect(ended).toBe(2);
  });

  test("that is a stream without a place for the script is sent as it is", async () => {
    const client = new SiteClient(site.root, { live: true });
    const text = `<!-- ${"x".repeat(100_000)}`;
    client.routes.add("GET", "/s", () => {
      const chunks = new Blob([text]).stream() as ReadableStream<Uint8Array>;
      return new ResponseBuilder(200).stream(chunks, "text/html").build();
    });
    const response = await client.answer(requestOf("GET /s", navigation));
    expect(await textOf(response)).toBe(text);
  });
});

describe("freshness with live reload", () => {
  test("is never more than until the next request, whatever --cache and rules say", async () => {
    site.file("app.3f9ab2c1.js", "1");
    const client = new SiteClient(site.root, {
      live: true,
      cache: 3600,
      headers: [
        { path: "/r*", name: "Cache-Control", value: "max-age=60" },
        { path: "/r*", name: "Expires", value: "Fri, 01 Jan 2100 00:00:00 GMT" },
        { path: "/kept", name: "Cache-Control", value: "no-store" },
      ],
    });
    site.file("r.js", "1");
    site.file("kept", "1");
    for (const path of ["/app.3f9ab2c1.js", "/r.js", "/r.js?x"]) {
      const { fields } = await client.ask(`GET ${path}`);
      expect([path, fields["Cache-Control"]]).toEqual([path, "no-cache"]);
      expect(fields["Expires"]).toBeUndefined();
    }
    expect((await client.ask("GET /kept")).fields["Cache-Control"]).toBe("no-store");
    const headers = [
      { name: "Cache-Control", value: "max-age=60" },
      { name: "Expires", value: "Fri, 01 Jan 2100 00:00:00 GMT" },
    ];
    const ruled = new SiteClient(site.root, { live: true, headers });
    for (const path of ["/.postern/live.js", "/.postern/live"]) {
      const { fields } = await ruled.ask(`HEAD ${path}`);
      expect([path, fields["Cache-Control"]]).toEqual([path, "no-cache"]);
      expect(fields["Expires"]).toBeUndefined();
    }
    const { fields } = await client.ask("GET /app.3f9ab2c1.js");
    const tag = { "If-None-Match": fields["ETag"] ?? "" };
    const again = await client.ask("GET /app.3f9ab2c1.js", tag);
    expect(again).toMatchObject({ status: 304, fields: { "Cache-Control": "no-cache" } });
  });
});
