import { expect, test } from "bun:test";

import { containPath } from "../../../../src/tree/path.ts";
import { freeNames, wayTo } from "../../../../src/site/uploads/storing/numbered-file.ts";
import type { UploadFolder } from "../../../../src/tree/writing/upload-tree.ts";
import type { UploadSite } from "../../../../src/site/uploads/upload-site.ts";
import { TempSite } from "../../../temp-site.ts";
import { SiteClient } from "../../site-client.ts";

test.each([
  ["/", "./"],
  ["/in/", "./"],
  ["/in", "./in/"],
  ["/a/b%20c", "./b%20c/"],
])("from %s it is %s to the folder", (text, way) => {
  const path = containPath(text);
  expect(path.ok && wayTo(path.value)).toBe(way);
});

test("a name that is taken gets the next number that is free", async () => {
  using site = new TempSite("empty");
  for (const name of ["a.txt", "a (2).txt", "a (4).txt"]) site.file(name, "old");
  const client = new SiteClient(site.root, { post: "upload" });
  const fields = { "Upload-Complete": "?1", "Content-Disposition": "inline; filename=a.txt" };
  for (const number of [3, 5]) {
    const answer = await client.ask("POST /", fields, "new");
    expect(answer.fields["Location"]).toBe(`./a%20(${number}).txt`);
  }
});

test.each([8, 9, 100, 1000, 9999])(
  "after %i names that are taken the next one is found by few looks",
  async (count) => {
    const taken = new Set(["a", ...Array.from({ length: count }, (_, i) => `a (${i + 1})`)]);
    let looks = 0;
    const isFree = (name: string): boolean => {
      looks++;
      return !taken.has(name);
    };
    const site = { meaningOf: () => undefined } as unknown as UploadSite;
    const names = freeNames(site, { isFree } as unknown as UploadFolder, "a");
    expect((await names.next()).value ?? "").toBe(`a (${count + 1})`);
    expect(looks).toBeLessThan(35);
    await names.return();
  },
);

test("where all numbers are taken there is no name", async () => {
  const site = { meaningOf: () => undefined } as unknown as UploadSite;
  const folder = { isFree: () => false } as unknown as UploadFolder;
  expect(await freeNames(site, folder, "a").next()).toEqual({ done: true, value: undefined });
});
