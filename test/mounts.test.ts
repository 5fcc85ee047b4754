/** Several folders and a prefix, as clients of a server see them. */

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";

import { serve } from "../index.ts";
import type { Server, ServeOptions } from "../index.ts";
import { Command } from "./cli/command.ts";
import { TempSite } from "./temp-site.ts";

const place = new TempSite("empty");
place.file("root/index.html", "home");
place.file("root/404.html", "the root's 404");
place.file("root/403.html", "the root's 403");
place.file("root/MyForm.html", "the root's form");
place.file("docs/a.txt", "0123456789");
place.file("docs/404.html", "the 404 of the documents");
place.file("docs/MyForm.html", "the form of the documents");
place.file("docs/shut.txt", "shut", 0o600);
place.file("api/index.html", "api");
place.file("api/app.css", `body { color: red }\n${"/* */\n".repeat(400)}`);
afterAll(() => place[Symbol.dispose]());

const mounts = { "/docs": place.at("docs"), "/docs/api": place.at("api") };

function start(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: place.at("root"), mounts, ...options });
}

async function get(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, `http://127.0.0.1:${server.port}`), { redirect: "manual", ...init });
}

const urlOf = (line: string | undefined): string => /http:\S+/.exec(line ?? "")?.[0] ?? "";

const textOf = async (server: Server, path: string, init: RequestInit = {}): Promise<string> =>
  (await get(server, path, init)).text();

describe("mounted folders", () => {
  test("answer conditions, ranges and codings as the root does", async () => {
    await using server = await start();
    const whole = await get(server, "/docs/a.txt");
    const tag = whole.headers.get("etag") ?? "";
    expect(await whole.text()).toBe("0123456789");
    expect((await get(server, "/docs/a.txt", { headers: { "if-none-match": tag } })).status).toBe(
      304,
    );
    const part = await get(server, "/docs/a.txt", { headers: { range: "bytes=2-4" } });
    expect([part.status, await part.text()]).toEqual([206, "234"]);
    const coded = await get(server, "/docs/api/app.css", {
      headers: { "accept-encoding": "gzip" },
    });
    expect(coded.headers.get("content-encoding")).toBe("gzip");
    expect(await coded.text()).toStartWith("body { color: red }");
    expect(await textOf(server, "/docs/api/")).toBe("api");
    expect(await textOf(server, "/")).toBe("home");
  });

  test("redirect to their slash, and list what is mounted in them", async () => {
    await using server = await start();
    const redirect = await get(server, "/docs?a=b");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([308, "docs/?a=b"]);
    const listing = await textOf(server, "/docs/");
    expect(listing).toContain('href="./api/"');
    expect(listing).toContain('href="./a.txt"');
  });

  test("are in the archive of the folder above", async () => {
    await using server = await start({ allowArchive: true });
    const response = await get(server, "/docs/?download=tar");
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain("docs/a.txt");
    expect(text).toContain("docs/api/index.html");
    expect(text).toContain("0123456789");
    expect(text).not.toContain("shut.txt");
  });

  test("keep the permission rule, at once", async () => {
    await using server = await start();
    for (const mode of [0o600, 0o644, 0o600]) {
      chmodSync(place.at("docs/shut.txt"), mode);
      const { status } = await get(server, "/docs/shut.txt");
      expect([mode, status]).toEqual([mode, mode === 0o644 ? 200 : 403]);
    }
    chmodSync(place.at("docs"), 0o700);
    // The folder was named, as a root is.
    expect((await get(server, "/docs/a.txt")).status).toBe(200);
    chmodSync(place.at("docs"), 0o755);
  });

  test("show a change with the next request", async () => {
    await using server = await start();
    for (let i = 0; i < 20; i++) {
      writeFileSync(place.at("docs/changing.txt"), String(i));
      expect(await textOf(server, "/docs/changing.txt")).toBe(String(i));
    }
  });

  test("have the error page of the nearest root that has one", async () => {
    await using server = await start();
    expect(await textOf(server, "/none")).toBe("the root's 404");
    expect(await textOf(server, "/docs/none")).toBe("the 404 of the documents");
    expect(await textOf(server, "/docs/api/none")).toBe("the 404 of the documents");
    expect(await textOf(server, "/docs/shut.txt")).toBe("the root's 403");
  });

  test("have the form page of the nearest root that has one", async () => {
    await using server = await start();
    const init = { method: "POST", body: new URLSearchParams({ a: "b" }) };
    expect(await textOf(server, "/x", init)).toBe("the root's form");
    expect(await textOf(server, "/docs/x", init)).toBe("the form of the documents");
    expect(await textOf(server, "/docs/api/", init)).toBe("the form of the documents");
    await using without = await serve({ mounts: { "/api": place.at("api") } });
    expect((await get(without, "/api/", init)).status).toBe(405);
    expect((await get(without, "/", init)).status).toBe(405);
  });

  test("answer navigations under --single with the nearest root's index", async () => {
    await using server = await start({ single: true });
    const headers = { accept: "text/html" };
    expect(await textOf(server, "/a/b", { headers })).toBe("home");
    expect(await textOf(server, "/docs/api/x/y", { headers })).toBe("api");
    expect((await get(server, "/docs/x/y", { headers })).status).toBe(404);
  });

  test("alone leave the root a list of them", async () => {
    await using server = await serve({ mounts });
    expect(server.root).toBe("");
    const listing = await textOf(server, "/");
    expect(listing).toContain('href="./docs/"');
    expect(listing).not.toContain("index.html");
    expect((await get(server, "/index.html")).status).toBe(404);
  });

  test("stay at a reload that names none, and go with one that names others", async () => {
    await using server = await start();
    server.reload({ hidden: true });
    expect(await textOf(server, "/docs/api/")).toBe("api");
    expect(await textOf(server, "/")).toBe("home");
    server.reload({ mounts: { "/api": place.at("api") } });
    expect(await textOf(server, "/api/")).toBe("api");
    expect((await get(server, "/docs/api/")).status).toBe(404);
    expect((await get(server, "/")).status).toBe(200);
    server.reload({ root: place.at("root") });
    expect((await get(server, "/api/")).status).toBe(404);
    expect(await textOf(server, "/")).toBe("home");
  });
});

describe("a base", () => {
  test("is in the server's URL, and where the site is", async () => {
    await using server = await serve({ root: place.at("root"), base: "/app" });
    expect(server.url.pathname).toBe("/app/");
    expect(await (await fetch(server.url)).text()).toBe("home");
    expect((await get(server, "/app")).headers.get("location")).toBe("app/");
    expect((await get(server, "/")).headers.get("location")).toBe("app/");
    expect(await textOf(server, "/app/none")).toBe("the root's 404");
    expect(await textOf(server, "/other")).toContain('href="app/other"');
    server.reload({ base: "/other/" });
    expect(server.url.pathname).toBe("/other/");
    expect(await textOf(server, "/other/")).toBe("home");
    server.reload({});
    expect(await textOf(server, "/other/")).toBe("home");
  });

  test("is where routes and header rules see it, too", async () => {
    const headers = [{ path: "/app/**", name: "X-A", value: "b" }];
    await using server = await serve({ root: place.at("root"), base: "/app/", headers });
    server.route("GET", "/app/file", (request) => request.answerWithFile("/app/MyForm.html"));
    const response = await get(server, "/app/file");
    expect([response.headers.get("x-a"), await response.text()]).toEqual(["b", "the root's form"]);
    expect((await get(server, "/")).headers.get("x-a")).toBeNull();
  });
});

describe("the command line", () => {
  const words = [`/docs=${place.at("docs")}`, `/docs/api=${place.at("api")}`, "--port", "0"];

  test("mounts folders, with a root or without", async () => {
    await using command = new Command([place.at("root"), ...words]);
    const url = urlOf(await command.line());
    expect(await (await fetch(`${url}docs/a.txt`)).text()).toBe("0123456789");
    expect(await (await fetch(url)).text()).toBe("home");
    await using alone = new Command(words, {}, place.at("root"));
    const other = urlOf(await alone.line());
    expect((await fetch(`${other}index.html`)).status).toBe(404);
    expect((await fetch(`${other}docs/api/`)).status).toBe(200);
  });

  test("serves under a base, and says so in its first line", async () => {
    await using command = new Command([place.at("root"), "--port", "0", "--base", "/app/"]);
    const line = await command.line();
    expect(line).toMatch(/^Server started\. Listening at http:\/\/localhost:\d+\/app\/$/);
    expect(await (await fetch(urlOf(line))).text()).toBe("home");
  });

  test("does so with workers, and after SIGHUP", async () => {
    const config = { base: "/app", mounts: { "/docs": "../docs" }, root: ".", workers: 2, port: 0 };
    const file = place.at("root/postern.config.json");
    writeFileSync(file, JSON.stringify(config));
    await using command = new Command(["--config", file]);
    const url = urlOf(await command.line());
    expect(new URL(url).pathname).toBe("/app/");
    expect(await (await fetch(url)).text()).toBe("home");
    expect(await (await fetch(new URL("/docs/a.txt", url))).text()).toBe("0123456789");
    writeFileSync(file, JSON.stringify({ ...config, root: undefined, base: undefined }));
    command.signal("SIGHUP");
    await command.says(/is in force/);
    expect((await fetch(new URL("/app/", url))).status).toBe(404);
    expect((await fetch(new URL("/docs/a.txt", url))).status).toBe(200);
    writeFileSync(file, JSON.stringify({ ...config, mounts: { "/docs": "../none" } }));
    command.signal("SIGHUP");
    await command.says(/postern\.config\.json: mounts: \/docs: no such folder: /);
  });

  test.each<readonly [readonly string[], string]>([
    [["/a="], "/a= needs a folder; after --, it is a folder itself"],
    [["/a=x", "/a=y"], "/a is given twice"],
    [["/a=/nowhere/at/all"], "/a: no such folder: /nowhere/at/all"],
    [["--no-config", "--", "/a=b"], "no such folder: /a=b"],
    [["x", "y", "/a=b"], "one folder can be served, not 2"],
    [["--base", "app"], "base must be a path such as /docs/, not app"],
  ])("refuses %p in one line", async (given, line) => {
    await using command = new Command([...given]);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.status).toBeGreaterThan(0);
  });
});
