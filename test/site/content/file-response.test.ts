import { afterAll, describe, expect, test } from "bun:test";

import { CachedResponse } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { fileResponse } from "../../../src/site/content/file-response.ts";
import { View } from "../../../src/tree/view.ts";
import { TempSite } from "../../temp-site.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("page.html", "<p>page</p>");
site.file("nameless", "text");

describe("a file as the body of a response", () => {
  test("is its octets where they are in memory, and the open file where they are not", async () => {
    for (const [inlineBytesMax, kind] of [
      [100, "bytes"],
      [1, "file"],
    ] as const) {
      const client = new SiteClient(site.root, { limits: { inlineBytesMax } });
      const file = await client.open("/page.html");
      const response = fileResponse(new ResponseBuilder(404).field("X-A", "b"), file);
      expect(show(response)).toMatchObject({
        status: 404,
        kind,
        body: "<p>page</p>",
        fields: { "X-A": "b", "Content-Type": "text/html; charset=utf-8" },
      });
      // It was sent, and with that it was closed.
      if (kind === "file") expect(file.read(new Uint8Array(1), 0)).toBe(0);
    }
  });

  test("has the type of octets where the name says nothing", async () => {
    const file = await new SiteClient(site.root).open("/nameless");
    const { fields } = show(fileResponse(new ResponseBuilder(200), file));
    expect(fields["Content-Type"]).toBe("application/octet-stream");
  });

  test("can be given out again where the file in memory is", async () => {
    const client = new SiteClient(site.root);
    for (const isCached of [false, true]) {
      const view = new View(client.surroundings.logicalClock.tick(), Date.now() + 60_000);
      const response = fileResponse(
        new ResponseBuilder(200),
        await client.open("/page.html", view),
      );
      expect(response instanceof CachedResponse).toBe(isCached);
    }
  });

  test("is never given out again where it is sent from the file", async () => {
    const client = new SiteClient(site.root, { limits: { inlineBytesMax: 1 } });
    for (let i = 0; i < 3; i++) {
      const view = new View(client.surroundings.logicalClock.tick(), Date.now() + 60_000);
      const response = fileResponse(
        new ResponseBuilder(200),
        await client.open("/page.html", view),
      );
      expect(response).not.toBeInstanceOf(CachedResponse);
      show(response);
    }
  });
});
