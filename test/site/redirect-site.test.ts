import { afterAll, describe, expect, test } from "bun:test";

import { openRedirectSite } from "../../src/site/redirect-site.ts";
import type { SiteOptions } from "../../src/site/site-options.ts";
import { defaultSiteOptions } from "../../src/site/site-options.ts";
import { TempSite } from "../temp-site.ts";
import { requestOf } from "./fake-request.ts";
import type { ShownResponse } from "./shown-response.ts";
import { show } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";

const site = new TempSite("empty");
site.file("hello.txt", "hello, world\n");
afterAll(() => site[Symbol.dispose]());
const { surroundings, tree } = new SiteClient(site.root);

/** What the site beside one with `options` answers; TLS is spoken on port 9001. */
async function answer(
  line: string,
  fields: Readonly<Record<string, string>>,
  options: Omit<SiteOptions, "root"> = {},
  portFor = (named: number | undefined): number => named ?? 9001,
): Promise<ShownResponse> {
  const all = { ...defaultSiteOptions, ...options, root: site.root };
  const redirecting = openRedirectSite(all, { ...surroundings, tree, portFor });
  const request = { ...requestOf(line, fields), remoteAddress: "127.0.0.1" };
  return show(await redirecting.answer(request, 0));
}

/** Where a request for `target` on `host` is led to. */
async function location(target: string, host = "localhost:9001"): Promise<string | undefined> {
  return (await answer(`GET ${target}`, { Host: host })).fields["Location"];
}

describe("a redirect to https", () => {
  test("keeps path and query, and is a temporary one with no content (RFC 9110 §15.4.8)", async () => {
    const response = await answer("GET /a%20b/c?d=e&f", { Host: "localhost:9001" });
    expect(response.status).toBe(307);
    expect(response.fields["Location"]).toBe("https://localhost:9001/a%20b/c?d=e&f");
    expect(response.body).toBe("");
    expect(Object.keys(response.fields)).not.toContain("Strict-Transport-Security");
  });

  test.each(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])(
    "is the answer to %s",
    async (method) => {
      const response = await answer(`${method} /x`, { Host: "localhost" });
      expect([response.status, response.fields["Location"]]).toEqual([
        307,
        "https://localhost:9001/x",
      ]);
    },
  );

  test("names the port that the client has named, and that of the server otherwise", async () => {
    expect(await location("/", "localhost")).toBe("https://localhost:9001/");
    expect(await location("/", "localhost:8443")).toBe("https://localhost:8443/");
    const other = await answer("GET /", { Host: "localhost:80" }, {}, () => 443);
    expect(other.fields["Location"]).toBe("https://localhost/");
  });

  test("takes the host of a whole URL, and no https URL in cleartext (RFC 9112 §3.2.2)", async () => {
    expect(await location("http://127.0.0.1:9001/y", "localhost")).toBe("https://127.0.0.1:9001/y");
    const misdirected = await answer("GET https://localhost/", { Host: "localhost" });
    expect(misdirected.status).toBe(421);
  });

  test("leads to no other host, whatever the path says", async () => {
    expect(await location("//evil.example/")).toBe("https://localhost:9001//evil.example/");
    expect(await location("/@evil.example/")).toBe("https://localhost:9001/@evil.example/");
  });

  test("escapes what a URI can't hold (RFC 3986 §3.3)", async () => {
    expect(await location("/[a]|{b}^`?c=[|]")).toBe(
      "https://localhost:9001/%5Ba%5D%7C%7Bb%7D%5E%60?c=%5B%7C%5D",
    );
    expect((await answer("GET /%zz", { Host: "localhost" })).status).toBe(400);
  });

  test("is for hosts of the server alone, as on the main site", async () => {
    const evil = await answer("GET /", { Host: "evil.example" });
    expect([evil.status, evil.fields["Location"]]).toEqual([421, undefined]);
    const allowed = await answer("GET /", { Host: "lab.example" }, { allowHosts: ["lab.example"] });
    expect(allowed.fields["Location"]).toBe("https://lab.example:9001/");
    const any = await answer("GET /", { Host: "evil.example" }, { allowHosts: ["*"] });
    expect(any.fields["Location"]).toBe("https://evil.example:9001/");
  });

  test("is not for what has no https resource", async () => {
    expect((await answer("OPTIONS *", { Host: "localhost" })).status).toBe(400);
  });
});
