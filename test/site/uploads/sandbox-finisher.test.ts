import { afterAll, expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
for (const name of ["a.html", "a.svg", "a.xml", "a.xhtml", "a.txt", "a.png"]) {
  site.file(`in/${name}`, "<p>");
  site.file(`out/${name}`, "<p>");
}
const client = new SiteClient(site.root, { put: true, uploadDir: "in" });
const name = "Content-Security-Policy";

test.each(["a.html", "a.svg", "a.xml", "a.xhtml"])("%s is shut in, each time", async (file) => {
  for (const method of ["GET", "GET", "HEAD"]) {
    expect((await client.ask(`${method} /in/${file}`)).fields[name]).toBe("sandbox");
  }
  expect((await client.ask(`GET /out/${file}`)).fields[name]).toBeUndefined();
});

test.each(["/in/a.txt", "/in/a.png"])("%s is no page", async (path) => {
  expect((await client.ask(`GET ${path}`)).fields[name]).toBeUndefined();
});

test("the list of the folder keeps its own policy, and an error page has none of it", async () => {
  expect((await client.ask("GET /in/")).fields[name]).not.toBe("sandbox");
  expect((await client.ask("GET /in/none.html")).fields[name]).not.toBe("sandbox");
});

test("what is trusted is not shut in", async () => {
  const trusting = new SiteClient(site.root, { put: true, uploadDir: "in", trustUploads: true });
  expect((await trusting.ask("GET /in/a.html")).fields[name]).toBeUndefined();
});
