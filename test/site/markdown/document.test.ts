import { afterAll, describe, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
// However busy the machine is.
const client = new SiteClient(site.root, { limits: { markdownTimeMs: 600_000 } });

/** The article of a page. */
const articleOf = (page: string): string =>
  /<article class="readme">\n([^]*)<\/article>/.exec(page)?.[1] ?? "no article";

async function preview(name: string, from = client): Promise<string> {
  const { status, body } = await from.ask(`GET /${name}?preview`);
  expect(status).toBe(200);
  return articleOf(body);
}

describe("a document", () => {
  test("is the file as it is now", async () => {
    site.file("notes.md", "# One");
    expect(await preview("notes.md")).toBe('<h2 id="text-one">One</h2>\n');
    site.file("notes.md", "# Two");
    expect(await preview("notes.md")).toBe('<h2 id="text-two">Two</h2>\n');
  });

  test("that is long is rendered by a thread, and the same", async () => {
    site.file("long.md", "a *b*\n\n".repeat(20_000));
    expect(await preview("long.md")).toBe("<p>a <em>b</em></p>\n".repeat(20_000));
  });

  test("that is longer than may be shown ends with a whole line and a link", async () => {
    site.file("cut.md", "first\n\nsecond\n\nthird");
    const small = new SiteClient(site.root, { limits: { markdownBytesMax: 18 } });
    expect(await preview("cut.md", small)).toBe(
      "<p>first</p>\n<p>second</p>\n" +
        '<p class="soft">This is the beginning. <a href="./cut.md">The whole file</a></p>\n',
    );
  });

  test("that isn't UTF-8 is Latin-1, also where a limit cuts a character", async () => {
    site.file("latin.md", new Uint8Array([0xe9, 0x74, 0xe9]));
    expect(await preview("latin.md")).toBe("<p>été</p>\n");
    site.file("cut-in-two.md", "é".repeat(10));
    const small = new SiteClient(site.root, { limits: { markdownBytesMax: 5 } });
    expect(await preview("cut-in-two.md", small)).toStartWith("<p>éé</p>\n");
  });

  test("beyond those that may wait is answered 503", async () => {
    const busy = new SiteClient(site.root, {
      limits: { markdownsWaitingMax: 1, markdownTimeMs: 600_000 },
    });
    for (const name of ["a.md", "b.md"]) site.file(name, `${name} `.repeat(5000));
    const [a, b] = await Promise.all([
      busy.ask("GET /a.md?preview"),
      busy.ask("GET /b.md?preview"),
    ]);
    expect([a.status, b.status]).toEqual([200, 503]);
    expect((await busy.ask("GET /b.md?preview")).status).toBe(200);
  });
});
