import { afterAll, describe, expect, test } from "bun:test";

import { BodyError } from "../../../src/site/request.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("MyForm.html", "<p>form</p>");
const client = new SiteClient(site.root, { post: "echo" });

const urlencoded = { "Content-Type": "application/x-www-form-urlencoded" };

describe("POST with echo", () => {
  test("is answered with what was sent, as JSON", async () => {
    const answer = await client.ask("POST /anything", urlencoded, "a=1&b=2");
    expect(answer.status).toBe(200);
    expect(answer.fields).toMatchObject({
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      Vary: "Accept",
      "X-Content-Type-Options": "nosniff",
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      method: "POST",
      target: "/anything",
      form: [
        { name: "a", value: "1", octets: 1 },
        { name: "b", value: "2", octets: 1 },
      ],
    });
    expect(answer.note?.form?.()).toEqual({ a: "1", b: "2" });
  });

  test.each([
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"],
    ["application/json, text/html;q=0.9", "application/json"],
    ["*/*", "application/json"],
    ["image/png", "application/json"],
  ])("to Accept: %s is of the type %s", async (accept, type) => {
    const { fields } = await client.ask("POST /", { ...urlencoded, Accept: accept }, "a=1");
    expect(fields["Content-Type"]).toBe(type);
  });

  test("is allowed everywhere, and named by Allow", async () => {
    const { fields } = await client.ask("PUT /", {}, "a");
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS, POST");
  });

  test("without a length is refused (RFC 9110 §15.5.12)", async () => {
    expect((await client.ask("POST /")).status).toBe(411);
  });

  test("rejects what is malformed, or too long", () => {
    const type = { "Content-Type": "multipart/form-data; boundary=xx" };
    expect(client.ask("POST /", type, "nothing")).rejects.toThrow(BodyError);
    const small = new SiteClient(site.root, { post: "echo", limits: { bodyBytesMax: 3 } });
    expect(small.ask("POST /", urlencoded, "a=123")).rejects.toThrow(BodyError);
  });
});

test("GET is as it is without echo", async () => {
  expect(await client.ask("GET /MyForm.html")).toMatchObject({ status: 200, body: "<p>form</p>" });
});
