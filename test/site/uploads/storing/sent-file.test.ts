import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import { intentOf } from "../../../../src/site/uploads/storing/sent-file.ts";
import { TempSite } from "../../../temp-site.ts";
import { requestOf } from "../../fake-request.ts";
import { SiteClient } from "../../site-client.ts";

test("the conditions of a PUT are kept, and no other fields", () => {
  const request = requestOf("PUT /a", {
    "if-none-match": '"a"',
    "If-None-Match": '"b"',
    "If-Match": "*",
    "If-Modified-Since": "x",
    "If-Unmodified-Since": "y",
    Authorization: "Basic x",
  });
  const intent = { name: "a", user: undefined, address: "192.0.2.1" };
  expect(intentOf(request, "PUT", "a")).toEqual({
    ...intent,
    method: "PUT",
    conditions: [
      ["If-Match", "*"],
      ["If-None-Match", '"a"'],
      ["If-None-Match", '"b"'],
      ["If-Unmodified-Since", "y"],
    ],
  });
  expect(intentOf(request, "POST", "a")).toEqual({ ...intent, method: "POST", conditions: [] });
});

test("a file that is the content of a POST is answered as one of a form", async () => {
  using site = new TempSite("empty");
  const client = new SiteClient(site.root, { post: "upload" });
  const fields = { "Upload-Complete": "?1", "Content-Disposition": "inline; filename=a.txt" };
  const { status, body } = await client.ask("POST /", fields, "one");
  expect(status).toBe(201);
  expect(JSON.parse(body)).toMatchObject({
    files: [{ name: "a.txt", location: "./a.txt", sentAs: "a.txt", octets: 3, readable: false }],
  });
  const page = await client.ask("POST /", { ...fields, Accept: "text/html" }, "");
  expect(page.body).toContain("a (2).txt");
  expect((await client.ask("POST /", { ...fields, "Content-Encoding": "gzip" }, "x")).status).toBe(
    415,
  );
  expect((await client.ask("POST /", { "Content-Type": "text/plain" }, "x")).status).toBe(415);
  expect((await client.ask("POST /none/", fields, "x")).status).toBe(409);
  expect(readdirSync(site.root).toSorted()).toEqual(["a (2).txt", "a.txt"]);
});
