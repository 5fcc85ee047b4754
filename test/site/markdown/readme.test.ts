import { afterAll, describe, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);

/** The README that the listing of `folder` shows: its name and its HTML. */
async function readmeOf(folder: string, from = client): Promise<string[] | undefined> {
  const { body } = await from.ask(`GET ${folder}`);
  const shown = /<section class="readme" aria-label="([^"]*)">\n.*\n([^]*)<\/section>/.exec(body);
  return shown?.slice(1);
}

describe("the README of a folder", () => {
  test("stands below its listing, after all entries", async () => {
    site.file("one/README.md", "# Hello\n\n[a](b.md#c) [d](#hello)");
    const { body } = await client.ask("GET /one/");
    expect(body.indexOf('<section class="readme"')).toBeGreaterThan(body.indexOf("</main>"));
    expect(body).toContain('<h2 class="name"><a href="./README.md">README.md</a></h2>');
    expect(await readmeOf("/one/")).toEqual([
      "README.md",
      '<h2 id="readme-hello">Hello</h2>\n' +
        '<p><a href="b.md#c">a</a> <a href="#readme-hello">d</a></p>\n',
    ]);
  });

  test("is the first that there is, and text is text", async () => {
    const names = ["README.md", "readme.md", "Readme.md", "README", "README.txt", "readme.txt"];
    for (const [index, name] of names.entries()) {
      for (const later of names.slice(index)) site.file(`from${index}/${later}`, `*${later}*`);
      const shown = name.endsWith(".md") ? `<p><em>${name}</em></p>\n` : `<pre>*${name}*</pre>\n`;
      expect(await readmeOf(`/from${index}/`)).toEqual([name, shown]);
    }
  });

  test("is as it is now, and the listing has another tag", async () => {
    site.file("now/README.md", "first");
    const { fields } = await client.ask("GET /now/");
    site.file("now/README.md", "second, of another length");
    expect((await readmeOf("/now/"))?.[1]).toBe("<p>second, of another length</p>\n");
    const { status } = await client.ask("GET /now/", { "If-None-Match": fields["ETag"] ?? "" });
    expect(status).toBe(200);
  });

  test("is each client's own, when it changes between two at one time", async () => {
    site.file("shared/README.md", "first");
    const before = readmeOf("/shared/");
    site.file("shared/README.md", "the second");
    const after = readmeOf("/shared/");
    expect([(await before)?.[1], (await after)?.[1]]).toEqual([
      "<p>first</p>\n",
      "<p>the second</p>\n",
    ]);
  });

  test("is not shown when strangers may not read it; the next one is", async () => {
    site.file("shut/README.md", "secret words", 0o600);
    expect(await readmeOf("/shut/")).toBeUndefined();
    expect((await client.ask("GET /shut/")).body).not.toContain("secret words");
    site.file("shut/README", "open words");
    expect(await readmeOf("/shut/")).toEqual(["README", "<pre>open words</pre>\n"]);
  });

  test("that is a folder, that is empty, or that is no text, is none", async () => {
    site.folder("folder/README");
    site.file("empty/README.md", "");
    site.file("binary/README.md", new Uint8Array([0, 1, 2]));
    for (const folder of ["/folder/", "/empty/", "/binary/"]) {
      expect(await readmeOf(folder)).toBeUndefined();
    }
  });

  test("that is long is cut, and says so", async () => {
    const small = new SiteClient(site.root, { limits: { markdownBytesMax: 10 } });
    site.file("long/README.txt", "1234567\n90\nmore");
    const [, html] = (await readmeOf("/long/", small)) ?? [];
    expect(html).toStartWith("<pre>1234567\n</pre>\n");
    expect(html).toContain('<a href="./README.txt">The whole file</a>');
  });

  test("is below a streamed listing as well", async () => {
    for (let i = 0; i < 20; i++) site.file(`many/${i}`, "");
    site.file("many/README.md", "words");
    const small = new SiteClient(site.root, { limits: { listingWholeEntriesMax: 5 } });
    const { fields, body } = await small.answer(requestOf("GET /many/"));
    expect(fields.some(([name]) => name === "ETag")).toBe(false);
    if (body.kind !== "stream") throw new Error(`not a stream: ${body.kind}`);
    let text = "";
    for await (const chunk of body.chunks) text += new TextDecoder().decode(chunk);
    expect(text).toContain("<p>words</p>\n</section>\n<script");
  });

  test("is not in JSON, and not there with previews off", async () => {
    const json = await client.ask("GET /one/", { Accept: "application/json" });
    expect(json.body).not.toContain("Hello");
    const off = new SiteClient(site.root, { previews: false });
    expect(await readmeOf("/one/", off)).toBeUndefined();
  });

  test("runs nothing, whatever it contains", async () => {
    site.file(
      "evil/README.md",
      "<script>alert(1)</script>\n\n</section></main><img src=x onerror=alert(2)>\n\n" +
        "[a](javascript:alert(3)) ![b](https://o.example/b.png)",
    );
    const [, html] = (await readmeOf("/evil/")) ?? [];
    expect(html).toBe(
      "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n" +
        "<p>&lt;/section&gt;&lt;/main&gt;&lt;img src=x onerror=alert(2)&gt;</p>\n" +
        '<p>a <a href="https://o.example/b.png" rel="nofollow noopener noreferrer">b</a></p>\n',
    );
  });
});
