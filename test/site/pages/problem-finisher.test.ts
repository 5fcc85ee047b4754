import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";

import { ProblemFinisher } from "../../../src/site/pages/problem-finisher.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
  site.file("a.txt", "one");
});

const options = { put: true, post: "upload" } as const;
const client = new SiteClient(site.root, options);
const json = { Accept: "application/json" };

/** The answer to a request with `fields` for a folder that isn't made, its type by itself. */
async function refusedFolder(fields: Readonly<Record<string, string>>) {
  const answer = await client.ask("MKCOL /.new/", fields);
  const { "Content-Type": type, ...others } = answer.fields;
  return { type, others, body: answer.body };
}

describe("a refused upload is a problem (RFC 9457) to a client that prefers JSON", () => {
  test.each([
    ["MKCOL /.new/", {}, 403, "Forbidden", "A file is not stored, or removed, by this name."],
    ["PUT /.new", {}, 403, "Forbidden", "A file is not stored, or removed, by this name."],
    ["DELETE /none", {}, 404, "Not Found", "There is no file by this name."],
    ["MKCOL /a.txt", {}, 405, "Method Not Allowed", /^The methods here are: GET, HEAD, OPTIONS, /],
    ["PUT /b/a.txt", {}, 409, "Conflict", "There is no such folder to store a file in."],
    [
      "PUT /a.txt",
      { "If-None-Match": "*" },
      412,
      "Precondition Failed",
      "The resource isn't as the request's conditions ask.",
    ],
    ["POST /", {}, 415, "Unsupported Media Type", /^Taken are a form/],
  ])("%s %j is %d", async (line, fields, status, title, detail) => {
    const hasContent = line.startsWith("P");
    const answer = await client.ask(line, { ...fields, ...json }, hasContent ? "x" : undefined);
    expect(answer.status).toBe(status);
    expect(answer.fields["Content-Type"]).toBe("application/problem+json");
    expect(answer.fields["Content-Length"] ?? String(answer.body.length)).toBe(
      String(answer.body.length),
    );
    const problem = JSON.parse(answer.body) as { readonly detail: string };
    expect(Object.keys(problem)).toEqual(["title", "status", "detail"]);
    expect(problem).toMatchObject({ title, status });
    expect(problem.detail).toMatch(detail);
  });

  test("in these octets, and with all other fields of the page", async () => {
    const page = await refusedFolder({});
    const problem = await refusedFolder(json);
    expect(page.type).toBe("text/html; charset=utf-8");
    expect(problem.others).toEqual(page.others);
    expect(problem.body).toBe(
      '{"title":"Forbidden","status":403,"detail":"A file is not stored, or removed, by this name."}\n',
    );
  });

  test("with the bound that is reached", async () => {
    const limits = { uploadDepthMax: 1 };
    const shallow = new SiteClient(site.root, { ...options, limits });
    const answer = await shallow.ask("MKCOL /a/b/", json);
    expect(JSON.parse(answer.body)).toEqual({
      title: "Forbidden",
      status: 403,
      detail: "Nothing may be stored, or removed, here. (uploadDepthMax: 1)",
    });
  });

  test.each([
    [{}],
    [{ Accept: "*/*" }],
    [{ Accept: "text/html" }],
    [{ Accept: "text/html, application/json;q=0.9" }],
  ])("and a page to one that sends %j", async (fields) => {
    const answer = await client.ask("MKCOL /.new/", fields);
    expect(answer.fields["Content-Type"]).toBe("text/html; charset=utf-8");
  });

  test.each([["application/problem+json"], ["application/json, */*;q=0.1"]])(
    "and one to a client that accepts %s",
    async (accepted) => {
      const answer = await client.ask("MKCOL /.new/", { Accept: accepted });
      expect(answer.fields["Content-Type"]).toBe("application/problem+json");
    },
  );

  test("and what is read, or no error page, stays as it is", async () => {
    const failed = await client.ask("GET /a.txt", { ...json, "If-Match": '"other"' });
    expect([failed.status, failed.fields["Content-Type"]]).toEqual([
      412,
      "text/html; charset=utf-8",
    ]);
    const own = new ResponseBuilder(409).text("mine").build();
    expect(new ProblemFinisher().finish(own, requestOf("PUT /a.txt", json, "x"))).toBe(own);
    expect(new ProblemFinisher().finish(own, undefined)).toBe(own);
  });
});
