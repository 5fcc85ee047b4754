import { expect, test } from "bun:test";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { uploadLimitLine } from "../../../../src/site/uploads/resumable/upload-limits.ts";
import { TempSite } from "../../../temp-site.ts";
import { SiteClient } from "../../site-client.ts";

test("an upload has so many seconds left, and never less than none", () => {
  for (const [restMs, seconds] of [
    [1999, 1],
    [0, 0],
    [-5000, 0],
  ] as const) {
    expect(uploadLimitLine(defaultLimits, restMs)).toEqual([
      "Upload-Limit",
      `max-size=${defaultLimits.uploadBytesMax}, max-age=${seconds}`,
    ]);
  }
});

test("OPTIONS has the line in the folder of uploads, and other answers don't", async () => {
  using site = new TempSite();
  site.folder("in");
  const client = new SiteClient(site.root, { post: "upload", uploadDir: "in" });
  const limitOf = async (line: string): Promise<string | undefined> =>
    (await client.ask(line)).fields["Upload-Limit"];
  expect(await limitOf("OPTIONS /in/")).toBe("max-size=17179869184, max-age=86400");
  for (const line of ["OPTIONS /", "GET /in/", "HEAD /in/", "POST /in/"]) {
    expect(await limitOf(line)).toBeUndefined();
  }
});
