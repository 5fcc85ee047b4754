import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

beforeAll(async () => {
  site.file(
    "index.html",
    "<!doctype html><title>In</title><link rel=stylesheet href=a.css><h1>In</h1>",
  );
  site.file("a.css", "h1 { color: rgb(1, 2, 3) }");
  site.file("notes/a.txt", "notes");
  server = await serve({
    root: site.root,
    live: true,
    auth: {
      // bcrypt of cost 4, by htpasswd -nbBC 4: the page and its style sheet are a login each.
      users: {
        inés: "sésame",
        bob: "$2y$04$OVVH.UoK/1jNQ6eQcLK7feVcCVy5NEW7Jjo068QRNOX0xRFL2Q0kq",
      },
      realm: "studio",
    },
  });
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

/** The answers to what the browser asks its user for; it cancels when there are none left. */
type Credentials = readonly (readonly [username: string, password: string])[];

/** Has the page answer as a user would; returns what it was asked for, as it is asked. */
async function answering(page: Page, credentials: Credentials): Promise<readonly string[]> {
  const asked: string[] = [];
  const rest = [...credentials];
  // One command at a time. The page may be closed before one for a request that nobody waits for.
  let sent: Promise<unknown> = Promise.resolve();
  const send = (command: string, parameters: Record<string, unknown>): void => {
    sent = sent.then(() => page.view.cdp(command, parameters)).catch(() => undefined);
  };
  page.view.addEventListener("Fetch.requestPaused", (event) => {
    const { requestId } = (event as MessageEvent<{ requestId: string }>).data;
    send("Fetch.continueRequest", { requestId });
  });
  page.view.addEventListener("Fetch.authRequired", (event) => {
    const { requestId, authChallenge } = (
      event as MessageEvent<{
        requestId: string;
        authChallenge: { scheme: string; realm: string };
      }>
    ).data;
    asked.push(`${authChallenge.scheme} ${authChallenge.realm}`);
    const next = rest.shift();
    const response =
      next === undefined
        ? { response: "CancelAuth" }
        : { response: "ProvideCredentials", username: next[0], password: next[1] };
    send("Fetch.continueWithAuth", { requestId, authChallengeResponse: response });
  });
  await page.view.cdp("Fetch.enable", { handleAuthRequests: true });
  return asked;
}

const heading = "document.querySelector('h1')?.textContent";

function tests(): void {
  // The first one: a browser remembers what it was told for all of its pages.
  test("a user who has no password sees a page that says so, on any path", async () => {
    using page = await Page.open();
    await answering(page, []);
    for (const path of ["", "missing", "notes/a.txt"]) {
      await page.goto(path, server.url);
      expect(await page.status()).toBe(401);
      expect(await page.value(heading)).toBe("Unauthorized");
      expect(await page.value("document.querySelector('p').textContent")).toBe(
        "This needs a user name and a password.",
      );
      const widths = "[document.documentElement.scrollWidth, innerWidth]";
      const [scrollWidth, innerWidth] = await page.value<[number, number]>(widths);
      expect(scrollWidth).toBe(innerWidth);
    }
  });

  test("the browser asks for a password, until it is right, and shows the page", async () => {
    using page = await Page.open();
    const asked = await answering(page, [
      ["inés", "wrong"],
      ["inés", "sésame"],
    ]);
    await page.goto("", server.url);
    expect(await page.status()).toBe(200);
    expect(await page.value(heading)).toBe("In");
    expect(asked).toEqual(["basic studio", "basic studio"]);
    // What the page needs comes without a question, the stream of live reload among it.
    expect(await page.value("getComputedStyle(document.querySelector('h1')).color")).toBe(
      "rgb(1, 2, 3)",
    );
    await page.goto("notes/", server.url);
    expect(await page.status()).toBe(200);
    expect(await page.value("document.body.textContent")).toContain("a.txt");
    expect(asked).toHaveLength(2);
    const users = server.requests.filter(({ path }) => path === "/a.css");
    expect(users.map(({ status }) => status)).toContain(200);
  });

  test("credentials in the address are taken, those of a hash, too", async () => {
    using page = await Page.open();
    const url = new URL(server.url);
    [url.username, url.password] = ["bob", "builder"];
    await page.goto("", url);
    expect(await page.status()).toBe(200);
    expect(await page.value(heading)).toBe("In");
  });
}

if (chromium === undefined) {
  test.skip("passwords in a browser (no chromium here: apt-get install chromium)", () => undefined);
} else {
  describe("passwords in a browser", tests);
}
