import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";

import { TempSite } from "../../../temp-site.ts";
import { SiteClient } from "../../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const client = new SiteClient(site.root, { post: "upload", put: true, uploadMode: 0o644 });
const read = (name: string): string => readFileSync(site.at(name), "utf8");

/** Begins an upload of `name`; the address of its resource. */
async function begin(
  name: string,
  fields: Readonly<Record<string, string>> = {},
  body = "",
): Promise<string> {
  const answer = await client.ask(
    "POST /",
    { "Upload-Complete": "?0", "Content-Disposition": `inline; filename="${name}"`, ...fields },
    body,
  );
  expect([answer.status, answer.fields["Upload-Complete"]]).toEqual([201, "?0"]);
  return (answer.fields["Location"] ?? "").slice(1);
}

const append = (
  way: string,
  offset: number,
  body: string,
  isComplete = true,
  fields: Readonly<Record<string, string>> = {},
): ReturnType<SiteClient["ask"]> =>
  client.ask(
    `PATCH ${way}`,
    {
      "Content-Type": "application/partial-upload",
      "Upload-Offset": String(offset),
      "Upload-Complete": isComplete ? "?1" : "?0",
      ...fields,
    },
    body,
  );

describe("a file in parts", () => {
  test("is stored when the last one has come", async () => {
    const way = await begin("a.txt", { "Upload-Length": "9" }, "one");
    expect(way).toMatch(/^\/\?upload=[\w-]{22}$/);
    expect(readdirSync(site.root).filter((name) => !name.startsWith("."))).toEqual([]);
    const second = await append(way, 3, "two", false);
    expect([second.status, second.fields["Upload-Offset"]]).toEqual([204, "6"]);
    const told = await client.ask(`HEAD ${way}`);
    expect([told.status, told.fields["Upload-Offset"], told.fields["Upload-Length"]]).toEqual([
      204,
      "6",
      "9",
    ]);
    const last = await append(way, 6, "six");
    expect([last.status, last.fields["Location"], last.fields["Upload-Complete"]]).toEqual([
      201,
      "./a.txt",
      "?1",
    ]);
    expect(read("a.txt")).toBe("onetwosix");
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
    expect(statSync(site.at("a.txt")).mode & 0o777).toBe(0o644);
    expect((await client.ask(`HEAD ${way}`)).status).toBe(404);
  });
});
