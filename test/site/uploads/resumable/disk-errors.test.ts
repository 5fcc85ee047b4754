/**
 * Resumable uploads to a disk that fails: each error is told, and nothing is left behind.
 */

import { afterAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";

import type { Response } from "../../../../src/http/message/response.ts";
import { ErrorPages } from "../../../../src/site/pages/error-page.ts";
import { Admissions } from "../../../../src/site/uploads/admissions.ts";
import { PutEndpoint } from "../../../../src/site/uploads/put-endpoint.ts";
import { ResourceEndpoint } from "../../../../src/site/uploads/resumable/resource-endpoint.ts";
import { UploadResources } from "../../../../src/site/uploads/resumable/upload-resources.ts";
import { UploadSite } from "../../../../src/site/uploads/upload-site.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempSite } from "../../../temp-site.ts";
import type { Faults } from "../../../tree/writing/disk/fake-calls.ts";
import { faultyCalls, treeOptions } from "../../../tree/writing/disk/fake-calls.ts";
import { requestOf } from "../../fake-request.ts";
import type { ShownResponse } from "../../shown-response.ts";
import { show } from "../../shown-response.ts";
import { SiteClient } from "../../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name));
});

const { tree, limits, surroundings } = new SiteClient(site.root);

/** What asks a site whose disk has the faults that `faults` has then. */
function clientOf(
  faults: Faults,
): (
  line: string,
  fields: Readonly<Record<string, string>>,
  body: string,
) => Promise<ShownResponse> {
  const uploadSite = new UploadSite({
    tree,
    uploads: new DiskUploadTree({ ...treeOptions, root: site.root }, faultyCalls(faults)),
    pages: new ErrorPages(tree, limits, false),
    limits,
    budgets: surroundings.budgets,
    admissions: new Admissions(limits, treeOptions.clock),
    permissions: "other",
    home: rootPath,
    folder: rootPath,
    mode: 0o644,
    ownNames: undefined,
  });
  const resources = new UploadResources(uploadSite);
  const endpoints = [
    new ResourceEndpoint(uploadSite, resources),
    new PutEndpoint(uploadSite, resources),
  ];
  return async (line, fields, body) => {
    const request = requestOf(line, fields, body);
    for (const endpoint of endpoints) {
      const answer: Response | undefined = await endpoint.answer(request);
      if (answer !== undefined) return show(answer);
    }
    throw new Error("no answer");
  };
}

const patch = {
  "Content-Type": "application/partial-upload",
  "Upload-Offset": "3",
  "Upload-Complete": "?1",
} as const;

test.each([
  ["create", "ENOSPC", 507],
  ["create", "EMFILE", 503],
  ["create", "EROFS", 403],
  ["rename", "EIO", 500],
  ["write", "EDQUOT", 507],
  ["sync", "EIO", 500],
] as const)("%s fails with %s as an upload begins: %i", async (call, code, status) => {
  const ask = clientOf({ [call]: code });
  expect((await ask("PUT /a.txt", { "Upload-Complete": "?0" }, "one")).status).toBe(status);
  expect(readdirSync(site.root)).toEqual([]);
});

test.each([
  ["write", "ENOSPC", 507],
  ["write", "EDQUOT", 507],
  ["write", "EIO", 500],
  ["finish", "ENOSPC", 507],
  ["finish", "EIO", 500],
  ["rename", "EIO", 500],
] as const)("%s fails with %s at its end: %i, and it is over", async (call, code, status) => {
  const faults: Faults = {};
  const ask = clientOf(faults);
  const begun = await ask("PUT /a.txt", { "Upload-Complete": "?0" }, "one");
  expect(begun.status).toBe(201);
  const way = begun.fields["Location"]?.slice(1);
  faults[call] = code;
  const answer = await ask(`PATCH ${way}`, patch, "x".repeat(100_000));
  expect([answer.status, answer.fields["Upload-Complete"]]).toEqual([status, "?1"]);
  expect(answer.body).not.toContain(code);
  expect(readdirSync(site.root)).toEqual([]);
  expect((await ask(`HEAD ${way}`, {}, "")).status).toBe(404);
});

test("a sync that fails between two parts ends it, too", async () => {
  const faults: Faults = {};
  const ask = clientOf(faults);
  const begun = await ask("PUT /a.txt", { "Upload-Complete": "?0" }, "one");
  faults.sync = "EIO";
  const way = begun.fields["Location"]?.slice(1);
  const answer = await ask(`PATCH ${way}`, { ...patch, "Upload-Complete": "?0" }, "two");
  expect([answer.status, answer.fields["Upload-Complete"]]).toEqual([500, "?1"]);
  expect(readdirSync(site.root)).toEqual([]);
});
