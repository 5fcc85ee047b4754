import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";

import { fieldsOf } from "../../../../src/http/fields/fields.ts";
import { Admissions } from "../../../../src/site/uploads/admissions.ts";
import { PutTarget } from "../../../../src/site/uploads/storing/put-target.ts";
import type { UploadSite } from "../../../../src/site/uploads/upload-site.ts";
import { ErrorPages } from "../../../../src/site/pages/error-page.ts";
import { defaultLimits } from "../../../../src/base/limits.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { FakeClock } from "../../../schedule/fake-clock.ts";
import { TempSite } from "../../../temp-site.ts";
import { treeOptions } from "../../../tree/writing/disk/fake-calls.ts";
import { requestOf } from "../../fake-request.ts";
import { SiteClient } from "../../site-client.ts";

test("a condition that was true is evaluated again when the file gets its name", async () => {
  using site = new TempSite("empty");
  const { tree } = new SiteClient(site.root);
  const pages = new ErrorPages(tree, defaultLimits, false);
  const admissions = new Admissions(defaultLimits, new FakeClock());
  const parts = { pages, mode: 0o644, admissions };
  const uploadSite = {
    parts,
    meaningOf: () => undefined,
    isReadable: () => true,
  } as unknown as UploadSite;
  const folder = new DiskUploadTree({ ...treeOptions, root: site.root }).open(rootPath);
  if (!folder.ok) throw new Error(folder.error.kind);
  const request = requestOf("PUT /a");
  const conditions = fieldsOf([["If-None-Match", "*"]]);
  const target = new PutTarget(uploadSite, folder.value, "a", conditions, request.receivedMs);
  expect(target.look()).toEqual({ kind: "absent" });
  const store = async (text: string): Promise<number> => {
    const begun = await folder.value.begin();
    if (!begun.ok) throw new Error(begun.error);
    await begun.value.write(Buffer.from(text));
    const { status } = await target.store(begun.value, request);
    await begun.value.discard();
    return status;
  };
  expect(await store("one")).toBe(201);
  expect(await store("two")).toBe(412);
  expect(readFileSync(site.at("a"), "utf8")).toBe("one");
  expect(statSync(site.at("a")).mode & 0o777).toBe(0o644);
  folder.value.close();
  tree.close();
});
