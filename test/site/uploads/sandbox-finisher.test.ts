import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, symlinkSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
const other = new TempSite("empty");
afterAll(() => {
  site[Symbol.dispose]();
  other[Symbol.dispose]();
});
// Strangers pass through both, by links that lead out and back.
for (const { root } of [site, other]) chmodSync(root, 0o755);
const long = `<p>${"long ".repeat(2000)}</p>`;
for (const folder of ["in", "in/sub", "out"]) {
  for (const name of ["a.html", "a.svg", "a.xml", "a.xhtml", "a.txt", "a.png"]) {
    site.file(`${folder}/${name}`, "<p>");
  }
  site.file(`${folder}/a.md`, "# A");
  site.file(`${folder}/long.html`, long);
  site.file(`${folder}/index.html`, "<p>the owner's");
}
site.file("index.html", "<p>the site's");
symlinkSync("../in/a.html", site.at("out/to-file.html"));
symlinkSync("../in", site.at("out/to-folder"));
symlinkSync("../out/a.html", site.at("in/to-out.html"));
symlinkSync(site.at("in"), other.at("back"));
symlinkSync(other.root, site.at("out/away"));

const options = { put: true, uploadDir: "in" } as const;
const client = new SiteClient(site.root, options);

/** The policies of the answer to a GET of `path`, as a site with `more` options gives it. */
async function policyOf(
  path: string,
  more: SiteClientOptions = {},
  fields: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const asked = new SiteClient(site.root, { ...options, ...more });
  const { status, fields: answered } = await asked.ask(`GET ${path}`, fields);
  if (status !== 200) throw new Error(`${path} is ${status}`);
  return answered["Content-Security-Policy"];
}

/** All policies of the answer of `asked` to a GET of `path`. */
async function policiesOf(asked: SiteClient, path: string): Promise<readonly string[]> {
  const { fields } = await asked.answer(requestOf(`GET ${path}`));
  return fields.filter(([name]) => name === "Content-Security-Policy").map(([, value]) => value);
}

describe("what can be a page, in the folder of uploads,", () => {
  test.each(["a.html", "a.svg", "a.xml", "a.xhtml", "sub/a.html"])(
    "%s is shut in, each time",
    async (file) => {
      for (const method of ["GET", "GET", "GET", "HEAD"]) {
        const { fields } = await client.ask(`${method} /in/${file}`);
        expect(fields["Content-Security-Policy"]).toBe("sandbox");
      }
      expect(await policyOf(`/out/${file.replace("sub/", "")}`)).toBeUndefined();
    },
  );

  test.each(["/in/a.txt", "/in/a.png", "/in/a.html?raw"])("is not %s", async (path) => {
    expect(await policyOf(path)).toBeUndefined();
  });

  test("is shut in when it is coded, in parts, large, or a preview", async () => {
    for (let times = 0; times < 3; times++) {
      const coded = await client.ask("GET /in/long.html", { "Accept-Encoding": "gzip" });
      expect(coded.fields["Content-Encoding"]).toBe("gzip");
      expect(coded.fields["Content-Security-Policy"]).toBe("sandbox");
    }
    const part = await client.ask("GET /in/a.html", { Range: "bytes=0-1" });
    expect([part.status, part.fields["Content-Security-Policy"]]).toEqual([206, "sandbox"]);
    site.file("in/large.html", "x".repeat(100_000));
    for (let times = 0; times < 3; times++) {
      expect(await policyOf("/in/large.html")).toBe("sandbox");
      const large = await client.ask("GET /in/large.html");
      expect(large.fields["Content-Security-Policy"]).toBe("sandbox");
    }
    expect(await policiesOf(client, "/in/a.md?preview")).toContain("sandbox");
    expect(await policiesOf(client, "/out/a.md?preview")).not.toContain("sandbox");
  });

  test("is shut in whatever a rule says of its type and its policy", async () => {
    const typed = [{ path: "/in/*.txt", name: "Content-Type", value: "text/html" }];
    expect(await policyOf("/in/a.txt", { headers: typed })).toBe("sandbox");
    const ruled = new SiteClient(site.root, {
      ...options,
      headers: [{ name: "Content-Security-Policy", value: "default-src 'self'" }],
    });
    expect(await policiesOf(ruled, "/in/a.html")).toEqual(["sandbox", "default-src 'self'"]);
    expect(await policiesOf(ruled, "/out/a.html")).toEqual(["default-src 'self'"]);
  });
});

describe("what counts is where a file lies, by whichever way it is reached:", () => {
  test("a rewrite", async () => {
    const rewrites = [{ from: "/shown/*", to: "/in/*" }];
    expect(await policyOf("/shown/a.html", { rewrites })).toBe("sandbox");
    const out = [{ from: "/in/*", to: "/out/*" }];
    expect(await policyOf("/in/a.html", { rewrites: out })).toBeUndefined();
  });

  test("a symbolic link", async () => {
    expect(await policyOf("/out/to-file.html")).toBe("sandbox");
    expect(await policyOf("/out/to-folder/a.html")).toBe("sandbox");
    expect(await policyOf("/out/to-folder/sub/a.html")).toBe("sandbox");
    expect(await policyOf("/out/away/back/a.html", { symlinks: "follow" })).toBe("sandbox");
    expect(await policyOf("/in/to-out.html")).toBeUndefined();
  });

  test("a mount of the folder, of one in it, or of one around it", async () => {
    symlinkSync(site.at("in"), other.at("mounted"));
    const mounts = {
      "/same": site.at("in"),
      "/below": site.at("in/sub"),
      "/around": `${site.root}/../`,
      "/linked": other.at("mounted"),
      "/file.html": site.at("in/sub/a.html"),
      "/beside": site.at("out"),
    };
    const around = `/around/${site.root.split("/").at(-1)}/in/a.html`;
    for (const path of ["/same/a.html", "/below/a.html", around, "/linked/a.html", "/file.html/"]) {
      expect([path, await policyOf(path, { mounts })]).toEqual([path, "sandbox"]);
    }
    expect(await policyOf("/beside/a.html", { mounts })).toBeUndefined();
  });

  test("a name without .html, below a base", async () => {
    expect(await policyOf("/in/a", { cleanUrls: true })).toBe("sandbox");
    expect(await policyOf("/app/in/a.html", { base: "/app/" })).toBe("sandbox");
    expect(await policyOf("/app/out/a.html", { base: "/app/" })).toBeUndefined();
  });

  test("the page of a single-page site is the site's, for a path in the folder, too", async () => {
    const navigation = { "Sec-Fetch-Dest": "document", Accept: "text/html" };
    expect(await policyOf("/in/none", { single: true }, navigation)).toBeUndefined();
    expect(await policyOf("/in/a.html", { single: true }, navigation)).toBe("sandbox");
  });

  test("a folder that was made anew", async () => {
    mkdirSync(site.at("new"));
    const late = new SiteClient(site.root, { put: true, uploadDir: "new" });
    renameSync(site.at("new"), site.at("old"));
    site.file("new/a.html", "<p>");
    const { fields } = await late.ask("GET /new/a.html");
    expect(fields["Content-Security-Policy"]).toBe("sandbox");
  });
});

test("an index is the owner's, and a list and an error page keep their own policy", async () => {
  expect(await policyOf("/in/")).toBeUndefined();
  expect(await policyOf("/in/index.html")).toBe("sandbox");
  expect((await client.ask("GET /in/none.html")).fields["Content-Security-Policy"]).not.toBe(
    "sandbox",
  );
  const listing = { index: "none.html" };
  expect(await policyOf("/in/", listing)).not.toBe("sandbox");
});

test("all of the root is the folder of uploads unless there is another one", async () => {
  const whole = new SiteClient(site.root, { post: "upload" });
  const { fields } = await whole.ask("GET /out/a.html");
  expect(fields["Content-Security-Policy"]).toBe("sandbox");
});

test("what is trusted is not shut in, and neither is anything without uploads", async () => {
  expect(await policyOf("/in/a.html", { trustUploads: true })).toBeUndefined();
  expect(await policyOf("/in/a.html", { put: false })).toBeUndefined();
});

test("live reload keeps out of such a page", async () => {
  const live = new SiteClient(site.root, { ...options, live: true });
  const navigation = { "Sec-Fetch-Dest": "document" };
  expect((await live.ask("GET /out/a.html", navigation)).body).toContain("<script");
  const shut = await live.ask("GET /in/a.html", navigation);
  expect([shut.body, shut.fields["Content-Security-Policy"]]).toEqual(["<p>", "sandbox"]);
});
