import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, rmSync } from "node:fs";

import { ErrorPages, isPageName } from "../../../src/site/pages/error-page.ts";
import { escapeHtml } from "../../../src/site/pages/markup.ts";
import type { Refusal } from "../../../src/http/message/error.ts";
import { refusals } from "../../../src/http/message/error.ts";
import { reasonPhrases } from "../../../src/http/message/status.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { show } from "../shown-response.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);
const explaining = new SiteClient(site.root, { explain: true });
const pages = new ErrorPages(client.tree, client.limits, false);
const reason = "shut.txt: -rw------- lacks o+r; chmod o+r to serve it";
const command = "chmod o+r -- shut.txt";

beforeEach(() => {
  rmSync(site.at("403.html"), { force: true });
  rmSync(site.at("404.html"), { force: true });
  site.file("shut.txt", "secret", 0o600);
});

describe("403 of a folder that strangers can't enter", () => {
  test("names both bits where it would be listed, and o+x where it would not", async () => {
    site.file("closed/a.txt", "a");
    site.file("indexed/index.html", "index");
    for (const name of ["closed", "indexed"]) chmodSync(site.at(name), 0o700);
    const unlisting = new SiteClient(site.root, { explain: true, listing: false });
    for (const [asked, path, bits] of [
      [explaining, "closed", "o+rx"],
      [explaining, "indexed", "o+x"],
      [unlisting, "closed", "o+x"],
    ] as const) {
      const { body: page } = await asked.ask(`GET /${path}/`);
      expect(page).toContain(`${path}: drwx------ lacks ${bits}; chmod ${bits} to serve it`);
      expect(page).toContain(`chmod ${bits} -- ${path}<`);
    }
  });
});

describe("403 and 404 without pages in the tree", () => {
  test("are built-in pages that say their status and no more", async () => {
    const missing = await client.ask("GET /nowhere");
    expect(missing.status).toBe(404);
    expect(missing.body).toContain("<title>404 Not Found</title>");
    expect(missing.body).toContain("There is nothing here by this name.");
    const shut = await client.ask("GET /shut.txt");
    expect(shut.status).toBe(403);
    expect(shut.body).toContain("<title>403 Forbidden</title>");
    for (const { body } of [missing, shut]) {
      expect(body).not.toContain(site.root);
      expect(body).not.toContain("chmod");
      expect(body).not.toContain("secret");
    }
  });

  test("tell the log why, and strangers nothing", async () => {
    const { note, body } = await client.ask("GET /shut.txt");
    expect(note).toEqual({ reason });
    expect(body).not.toContain(reason);
  });

  test("under --explain say why", async () => {
    const { body, note } = await explaining.ask("GET /shut.txt");
    expect(body).toContain(`<pre>${reason}</pre>`);
    expect(note).toEqual({ reason });
  });

  test("load nothing from anywhere, and end no connection", async () => {
    for (const path of ["/nowhere", "/shut.txt"]) {
      const { body, close } = await client.ask(`GET ${path}`);
      expect(body).not.toMatch(/<(?:script|link|img|iframe)|url\(|@import|https?:/i);
      expect(close).toBe(false);
    }
  });
});

describe("403.html and 404.html of the tree", () => {
  test("are shown under their status, without a date or a tag of their own", async () => {
    site.file("404.html", "<p>none</p>");
    site.file("403.html", "<p>shut</p>");
    expect(await client.ask("GET /nowhere")).toMatchObject({
      status: 404,
      body: "<p>none</p>",
      fields: { "Content-Type": "text/html; charset=utf-8" },
    });
    const shut = await client.ask("GET /shut.txt");
    expect(shut).toMatchObject({ status: 403, body: "<p>shut</p>", note: { reason } });
    expect(Object.keys(shut.fields)).toEqual([
      "X-Content-Type-Options",
      "Cross-Origin-Resource-Policy",
      "Content-Type",
    ]);
  });

  test("are pages like others when they are asked for", async () => {
    site.file("404.html", "<p>none</p>");
    expect(await client.ask("GET /404.html")).toMatchObject({ status: 200, body: "<p>none</p>" });
  });

  test("that strangers may not read are not shown to them", async () => {
    site.file("403.html", "<p>for staff</p>", 0o640);
    site.file("404.html", "<p>for staff</p>", 0o640);
    for (const path of ["/shut.txt", "/nowhere", "/403.html"]) {
      const { status, body } = await client.ask(`GET ${path}`);
      expect([path, status]).toEqual([path, path === "/nowhere" ? 404 : 403]);
      expect(body).not.toContain("staff");
    }
  });

  test("that are folders are none", async () => {
    site.folder("404.html");
    expect((await client.ask("GET /nowhere")).body).toContain("<title>404 Not Found</title>");
    rmSync(site.at("404.html"), { recursive: true });
  });

  test("that are large are sent from the file", async () => {
    site.file("404.html", "x".repeat(200_000));
    const shown = await client.ask("GET /nowhere");
    expect([shown.status, shown.kind, shown.body.length]).toEqual([404, "file", 200_000]);
    expect((await explaining.ask("GET /nowhere")).body.length).toBe(200_000);
  });

  test("under --explain say why on top of their body, escaped", async () => {
    site.file("403.html", '<html><BODY class="x"><p>shut</p></body></html>');
    expect((await explaining.ask("GET /shut.txt")).body).toBe(
      `<html><BODY class="x"><pre role="note">${reason}\n${command}</pre>\n<p>shut</p></body></html>`,
    );
    site.file("403.html", "<p>shut</p>");
    expect((await explaining.ask("GET /shut.txt")).body).toBe(
      `<p>shut</p><pre role="note">${reason}\n${command}</pre>\n`,
    );
    site.file("<img>.txt", "", 0o600);
    expect((await explaining.ask("GET /%3Cimg%3E.txt")).body).toContain("&lt;img&gt;.txt: -rw");
  });
});

describe("refusals", () => {
  test("each say their status, their section and their sentence", () => {
    for (const [kind, row] of Object.entries(refusals)) {
      const shown = show(pages.refusal(row));
      expect([kind, shown.status, shown.close]).toEqual([kind, row.status, row.close]);
      expect(shown.body).toContain(`<title>${row.status} ${reasonPhrases[row.status]}</title>`);
      expect(shown.body).toContain(`<footer>${row.section}</footer>`);
      expect(shown.body).toContain(`<p>${escapeHtml(row.text)}`);
    }
  });

  test("by a limit say which", () => {
    const limit = { name: "requestLineBytesMax", maximum: 8192, actual: 8193 };
    const refusal: Refusal = {
      kind: "request-line-too-long",
      status: 414,
      section: "RFC 9112 §3",
      text: "The request line is longer than this server takes.",
      close: true,
      limit,
    };
    const { body, note } = show(pages.refusal(refusal));
    expect(body).toContain("(requestLineBytesMax: 8192)");
    expect(note?.reason).toBe(
      "414 request-line-too-long (RFC 9112 §3; requestLineBytesMax is 8192, came 8193)",
    );
  });

  test("that are worth another try say when (RFC 9110 §10.2.3)", () => {
    expect(show(pages.refusal(refusals.overloaded)).fields["Retry-After"]).toBe("1");
    expect(show(pages.refusal(refusals.path)).fields["Retry-After"]).toBeUndefined();
  });

  test("by a failure of the disk don't tell what the system said", () => {
    const { body, note } = show(pages.failed("the file system answered EIO"));
    expect(body).not.toContain("EIO");
    expect(note?.reason).toContain("EIO");
  });
});

/** Asks for everything that can be answered, in every way. */
async function askAll(): Promise<void> {
  for (const one of [client, explaining]) {
    for (const path of ["shut.txt", "nowhere", "MyForm.html", "large.txt", "empty/", "empty"]) {
      await one.ask(`GET /${path}`);
    }
    await one.ask("POST /", {}, "a=b");
    await one.ask("OPTIONS *");
    await one.ask("PUT /", {}, "a=b");
  }
}

test.skipIf(!canListDescriptors)(
  "no answer of any kind leaves a file open (needs /proc)",
  async () => {
    site.file("403.html", "<p>shut</p>");
    site.file("404.html", "<p>none</p>");
    site.file("MyForm.html", "<p>form</p>");
    site.file("large.txt", "x".repeat(100_000));
    site.folder("empty");
    await askAll();
    expect(descriptorsInto(site.root)).toEqual([]);
  },
);

test.each([
  ["MyForm.html", true],
  ["a b.html", true],
  ["Grüße.html", true],
  ["100%.html", true],
  ["", false],
  [".", false],
  ["..", false],
  ["../form.html", false],
  ["a/b.html", false],
  ["/form.html", false],
  ["a\\b", true],
  ["caf\udce9.html", true],
  ["\ud800", false],
  ["a\0b", false],
  ["x".repeat(256), false],
])("%p as the name of a page in the root: %p", (name, holds) => {
  expect(isPageName(name)).toBe(holds);
});
