import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const client = new SiteClient(site.root, { post: "upload", uploadMode: 0o644 });
const multipart = { "Content-Type": "multipart/form-data; boundary=xx" };
const formOf = (...files: readonly (readonly [name: string, content: string])[]): string =>
  files
    .map(
      ([name, content]) =>
        `--xx\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`,
    )
    .concat("--xx--")
    .join("");

/** The names of what is stored when `files` are sent to `path`. */
async function send(
  path: string,
  ...files: readonly (readonly [name: string, content: string])[]
): Promise<readonly string[]> {
  const { status, body } = await client.ask(`POST ${path}`, multipart, formOf(...files));
  expect(status).toBe(201);
  return (JSON.parse(body) as { files: { name: string }[] }).files.map(({ name }) => name);
}

describe("POST of files", () => {
  test("stores all of them", async () => {
    expect(await send("/", ["a.txt", "one"], ["b", ""], ["c", "x".repeat(200_000)])).toEqual([
      "a.txt",
      "b",
      "c",
    ]);
    expect(readdirSync(site.root).toSorted()).toEqual(["a.txt", "b", "c"]);
    expect(readFileSync(site.at("a.txt"), "utf8")).toBe("one");
    expect(statSync(site.at("c")).size).toBe(200_000);
    expect(statSync(site.at("b")).mode & 0o777).toBe(0o644);
  });

  test("never replaces one: it gets a number", async () => {
    site.file("a.txt", "old");
    expect(await send("/", ["a.txt", "one"], ["a.txt", "two"])).toEqual(["a (2).txt", "a (3).txt"]);
    expect(readFileSync(site.at("a.txt"), "utf8")).toBe("old");
    expect(readFileSync(site.at("a (3).txt"), "utf8")).toBe("two");
  });

  test("gives a number to what would mean something to the site", async () => {
    site.file("app.js", "own");
    expect(await send("/", ["index.html", "x"], ["404.html", "x"], ["app.js.gz", "x"])).toEqual([
      "index (2).html",
      "404 (2).html",
      "app.js (2).gz",
    ]);
  });

  test("cleans names", async () => {
    expect(await send("/", ["../../x/.htaccess", "x"], ["C:\\dir\\b.txt", "x"])).toEqual([
      "htaccess",
      "b.txt",
    ]);
  });

  test("goes into the folder that it is sent to, and answers with the way there", async () => {
    site.folder("in");
    const answer = await client.ask("POST /in", multipart, formOf(["a", "one"]));
    expect(answer.fields["Location"]).toBe("./in/a");
    const slashed = await client.ask("POST /in/?upload", multipart, formOf(["b", "one"]));
    expect(slashed.fields["Location"]).toBe("./b");
    expect(readdirSync(site.at("in")).toSorted()).toEqual(["a", "b"]);
  });

  test("leaves nothing when the form breaks off, or is malformed", async () => {
    const broken = formOf(["a", "one"], ["b", "two"]).slice(0, -10);
    expect(client.ask("POST /", multipart, broken)).rejects.toThrow("form");
    await Bun.sleep(0);
    await send("/", ["last", "x"]);
    expect(readdirSync(site.root)).toEqual(["last"]);
  });

  test("says what is no form with files", async () => {
    const field = '--xx\r\nContent-Disposition: form-data; name="who"\r\n\r\nAda\r\n--xx--';
    expect((await client.ask("POST /", multipart, field)).status).toBe(400);
    const untaken = await client.ask("POST /", {}, "x");
    expect(untaken.status).toBe(415);
    expect(untaken.body).toContain("multipart/form-data, or any one file with Upload-Complete");
    expect(untaken.note?.reason).toEndWith(
      ": it is no multipart/form-data, and has no Upload-Complete",
    );
    expect((await client.ask("POST /", multipart)).status).toBe(411);
    expect((await client.ask("POST /none/", multipart, formOf(["a", ""]))).status).toBe(409);
  });

  test("answers browsers with a page", async () => {
    const fields = { ...multipart, Accept: "text/html" };
    const { fields: sent, body } = await client.ask("POST /", fields, formOf(["a", "one"]));
    expect(sent["Content-Type"]).toBe("text/html; charset=utf-8");
    expect(body).toContain('<a href="./a">a</a>');
  });

  test("takes as many files as its limit says", () => {
    const few = new SiteClient(site.root, { post: "upload", limits: { uploadFilesMax: 1 } });
    const form = formOf(["a", ""], ["b", ""]);
    expect(few.ask("POST /", multipart, form)).rejects.toThrow("body-too-large");
  });
});

describe("?upload", () => {
  test("is a page with a form, for a folder", async () => {
    site.folder("in");
    for (const path of ["/?upload", "/in/?upload"]) {
      const { status, body } = await client.ask(`GET ${path}`);
      expect([status, body.includes("multipart/form-data")]).toEqual([200, true]);
    }
    for (const path of ["/none/?upload", "/in?upload"]) {
      expect((await client.ask(`GET ${path}`)).status).not.toBe(200);
    }
  });
});
