import { expect, test } from "bun:test";

import { containPath } from "../../../../src/tree/path.ts";
import { wayTo } from "../../../../src/site/uploads/storing/numbered-file.ts";
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
