import { afterAll, describe, expect, spyOn, test } from "bun:test";

import type { ListingPart, ListingStep, ListingSteps } from "../../../src/tree/tree.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const json = { Accept: "application/json" };

site.file("sizes/a.png", "aaa");
site.file("sizes/b.txt", "b");
site.file("sizes/c.mp3", "cc");
site.folder("sizes/sub");

const onDisk = new SiteClient(site.root, { previews: false });
const files = {
  "/sizes/a.png": "aaa",
  "/sizes/b.txt": "b",
  "/sizes/c.mp3": "cc",
  "/sizes/sub/": {},
};
const inMemory = new SiteClient("", { files });

/** The names of the entries that a listing has, in its order. */
async function namesIn(client: SiteClient, target: string): Promise<string> {
  const { body } = await client.ask(`GET ${target}`, json);
  const { entries } = JSON.parse(body) as {
    readonly entries: readonly { readonly name: string }[];
  };
  return entries.map(({ name }) => name).join(" ");
}

describe.each([
  ["on disk", onDisk],
  ["in memory", inMemory],
])("a listing of a tree %s", (_, client) => {
  test.each([
    ["", "sub a.png b.txt c.mp3"],
    ["?order=desc", "sub c.mp3 b.txt a.png"],
    ["?sort=size", "sub b.txt c.mp3 a.png"],
    ["?sort=size&order=desc", "sub a.png c.mp3 b.txt"],
    ["?sort=kind", "sub c.mp3 a.png b.txt"],
    ["?sort=kind&order=desc", "sub b.txt a.png c.mp3"],
    ["?filter=.", "a.png b.txt c.mp3"],
    ["?filter=S", "sub"],
    ["?sort=weight&order=up&page=x", "sub a.png b.txt c.mp3"],
  ])("with %p has %p", async (query, names) => {
    expect(await namesIn(client, `/sizes/${query}`)).toBe(names);
  });
});

test("the head of the table tells the order, and leads to the others", async () => {
  const { body } = await onDisk.ask("GET /sizes/?sort=size&order=desc&filter=%22.&page=1");
  const [head = ""] = /<thead>.*<\/thead>/.exec(body) ?? [];
  expect(
    [...head.matchAll(/<th scope="col"([^>]*)><a rel="nofollow" href="([^"]*)"/g)].map((all) =>
      all.slice(1),
    ),
  ).toEqual([
    ["", "./?filter=%22."],
    [' aria-sort="descending"', "./?sort=size&amp;filter=%22."],
    ["", "./?sort=time&amp;order=desc&amp;filter=%22."],
    ["", "./?sort=kind&amp;filter=%22."],
  ]);
  expect(body).toContain('<input type="hidden" name="sort" value="size">');
  expect(body).toContain('<input type="hidden" name="order" value="desc">');
  expect(body).toContain('value="&quot;."');
  expect(body).toContain("Nothing matches.");
});

test("of a filter says what it was, escaped", async () => {
  site.file("sizes/<i>.md", "");
  const { body } = await onDisk.ask("GET /sizes/?filter=%3Ci%3E");
  expect(body).toContain('<p role="status">1 file with &ldquo;&lt;i&gt;&rdquo;</p>');
  expect(body).not.toContain("<i>.md");
});

test("says how many files and folders there are, and how much", async () => {
  site.file("count/a/x", "");
  site.file("count/b", "x".repeat(4_200_000));
  expect((await onDisk.ask("GET /count/")).body).toContain(
    '<footer data-whole><p role="status">1 file, 1 folder, 4.2 MB</p></footer>',
  );
});

test("clients at one time share a reading, and those of one format the answer", async () => {
  for (let i = 0; i < 300; i++) site.file(`shared/${i}`, "");
  const client = new SiteClient(site.root);
  const parts = new Set<ListingPart>();
  const noted = async function* (steps: ListingSteps): AsyncGenerator<ListingStep, void> {
    for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
      if (step.value.part !== undefined) parts.add(step.value.part);
      yield step.value;
    }
  };
  const list = client.tree.list.bind(client.tree);
  spyOn(client.tree, "list").mockImplementation((...of) => noted(list(...of)));
  const all = Array.from({ length: 20 }, (_, i) =>
    client.ask("GET /shared/", i % 2 === 0 ? {} : json),
  );
  const [page, listing, ...others] = await Promise.all(all);
  // Two parts a reading: 40, if each client had its own.
  expect(parts.size).toBeLessThan(20);
  for (const [i, { body }] of others.entries()) {
    expect(body).toBe((i % 2 === 0 ? page : listing)?.body ?? "");
  }
  expect(page?.body).toContain('href="./299"');
  expect(JSON.parse(listing?.body ?? "")).toMatchObject({ files: 300 });
});

test("in JSON has its own tag in the conditions of other methods (RFC 9110 §13.2.1)", async () => {
  site.file("MyForm.html", "<form>");
  const { fields } = await onDisk.ask("GET /sizes/?sort=size", json);
  const tag = { "If-Match": fields["ETag"] ?? "" };
  const asks = async (target: string, more: Record<string, string>): Promise<number> =>
    (await onDisk.ask(`POST ${target}`, { ...tag, ...more }, "a=b")).status;
  expect(await asks("/sizes/?sort=size", json)).toBe(200);
  expect(await asks("/sizes/?sort=size", {})).toBe(412);
  expect(await asks("/sizes/", json)).toBe(412);
});

test("that may not be read is refused in any format", async () => {
  site.folder("closed", 0o711);
  expect((await onDisk.ask("GET /closed/", json)).status).toBe(403);
  const silent = new SiteClient(site.root, { listing: false });
  expect((await silent.ask("GET /sizes/", json)).status).toBe(404);
});
