import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const [site, other] = [new TempSite("empty"), new TempSite("empty")];
afterAll(() => {
  site[Symbol.dispose]();
  other[Symbol.dispose]();
});
site.folder("in/sub");

describe("files are stored", () => {
  test("in the folder of uploads and below, and nowhere else", async () => {
    const client = new SiteClient(site.root, { put: true, uploadDir: "in" });
    expect((await client.ask("PUT /in/a", {}, "x")).status).toBe(201);
    expect((await client.ask("PUT /in/sub/a", {}, "x")).status).toBe(201);
    for (const path of ["/a", "/inside", "/in%2fa"]) {
      expect((await client.ask(`PUT ${path}`, {}, "x")).status).not.toBe(201);
    }
  });

  test("below the base, with mounts beside that take none", async () => {
    const client = new SiteClient(site.root, {
      put: true,
      uploadDir: "/in/",
      base: "/app/",
      mounts: { "/app/in/other": other.root, "/docs": other.root },
    });
    expect((await client.ask("PUT /app/in/based", {}, "x")).status).toBe(201);
    expect(existsSync(site.at("in/based"))).toBe(true);
    for (const path of ["/in/b", "/docs/b", "/app/in/other/b", "/app/b"]) {
      expect((await client.ask(`PUT ${path}`, {}, "x")).status).toBe(405);
    }
    expect(existsSync(other.at("b"))).toBe(false);
  });

  const elsewhere = { put: true, post: "upload", uploadDir: "in" } as const;
  const where = "uploads go to /in/ (--upload-dir)";

  test.each(["PUT /a", "DELETE /a", "POST /", "MKCOL /new/", "PATCH /?upload=a", "PUT /inside"])(
    "and the log says where else: %s",
    async (line) => {
      const client = new SiteClient(site.root, elsewhere);
      const { status, body, note } = await client.ask(line, {}, "x");
      expect([status, note?.reason]).toEqual([405, where]);
      expect(body).not.toContain("upload-dir");
    },
  );

  test("and with --explain the page says where else", async () => {
    const told = new SiteClient(site.root, { ...elsewhere, explain: true });
    expect((await told.ask("POST /", {}, "x")).body).toContain(where);
    const { note } = await told.ask("PROPFIND /");
    expect(note?.reason).toBeUndefined();
  });

  test("and the reason names the base, and what is served under a path of its own", async () => {
    const client = new SiteClient(site.root, {
      put: true,
      uploadDir: "in",
      base: "/app/",
      mounts: { "/app/in/other": other.root },
    });
    const reasonOf = async (line: string): Promise<string | undefined> =>
      (await client.ask(line, {}, "x")).note?.reason;
    expect(await reasonOf("PUT /app/b")).toBe("uploads go to /app/in/ (--upload-dir)");
    expect(await reasonOf("PUT /app/in/other/b")).toBe(
      "nothing is stored in what is served under a path of its own",
    );
  });

  test("readable by all where the process's own permission counts", async () => {
    const options = { put: true, permissions: "process", uploadDir: "in" } as const;
    const client = new SiteClient(site.root, options);
    const { body } = await client.ask("PUT /in/mine", {}, "x");
    expect(JSON.parse(body)).toMatchObject({ files: [{ readable: true }] });
    expect((await client.ask("GET /in/mine")).body).toBe("x");
  });
});
