import { afterAll, expect, test } from "bun:test";

import { ErrorPages } from "../../../src/site/pages/error-page.ts";
import { storageFailure, uploadRefusals } from "../../../src/site/uploads/upload-refusals.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);
const pages = new ErrorPages(client.tree, client.limits, false);

test.each([
  ["ENOSPC", 507],
  ["EDQUOT", 507],
  ["EFBIG", 507],
  ["EIO", 500],
  ["EACCES", 403],
  ["EROFS", 403],
  ["EMFILE", 503],
  ["ENOMEM", 503],
])("%s is answered %i, and told to the log alone", (code, status) => {
  const response = storageFailure(code, pages);
  expect(response.status).toBe(status);
  expect(response.note?.reason).toContain(code);
  const { body } = response;
  if (body.kind !== "bytes") throw new Error(body.kind);
  expect(new TextDecoder().decode(body.bytes)).not.toContain(code);
});

test("every refusal names its section", () => {
  for (const refusal of Object.values(uploadRefusals)) expect(refusal.section).toMatch(/^RFC /);
});
