import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { writeFileSync } from "node:fs";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite();
const lines: string[] = [];
let server: Server;

beforeAll(async () => {
  server = await serve({ root: site.root, log: "json", write: (text) => lines.push(text) });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  site[Symbol.dispose]();
});

/** Fills in one of the two forms and posts it; the fields that the log tells of. */
async function post(form: "urlencoded" | "multipart"): Promise<Record<string, unknown>> {
  using page = await Page.open();
  await page.goto("MyForm.html", server.url);
  const letter = form.slice(0, 1);
  for (const [name, text] of [
    ["name", 'Ines "I" Halvorsen'],
    ["email", "ines@lab.example"],
    ["message", "Grüße & 100% = 2 < 3\n你好"],
  ] as const) {
    await page.click(`#${letter}-${name}`);
    await page.view.type(text);
  }
  lines.length = 0;
  await page.click(`#${form} button`);
  await page.until(`document.querySelector('#${letter}-name')?.value === ''`);
  expect(await page.status()).toBe(200);
  expect(await page.value("document.querySelector('h1').textContent")).toBe("My form");
  expect(page.complaints).toEqual([]);
  const posted = lines
    .join("")
    .split("\n")
    .filter((line) => line.includes('"method":"POST"'));
  expect(posted.length).toBe(1);
  return JSON.parse(posted[0] ?? "") as Record<string, unknown>;
}

function tests(): void {
  test("MySchedule.html has its style, its script and its picture", async () => {
    using page = await Page.open();
    await page.goto("MySchedule.html", server.url);
    await page.until("document.documentElement.dataset.ready === 'yes'");
    expect(await page.status()).toBe(200);
    expect(await page.value("document.querySelector('#hours').value")).toBe("18");
    // Both style sheets: one says where the filter stands, the other what the page is made of.
    expect(await page.value("getComputedStyle(document.querySelector('.tools')).display")).toBe(
      "flex",
    );
    expect(await page.value("document.styleSheets.length")).toBe(2);
    expect(
      await page.value("[...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)"),
    ).toBe(true);
    expect(await page.value("document.querySelector('figure img').naturalWidth")).toBe(1200);
    await page.click(".filter label.choir");
    expect(await page.value("document.querySelector('#hours').value")).toBe("16");
    expect(page.complaints).toEqual([]);
  });

  test("media.html has its WebAssembly, its font, its pictures and its sound", async () => {
    using page = await Page.open();
    await page.goto("media.html", server.url);
    await page.until("document.documentElement.dataset.ready === 'yes'");
    expect(await page.value("document.documentElement.dataset.font")).toBe("yes");
    expect(await page.value("document.querySelector('#sum').value")).toBe("42");
    expect(await page.value("[...document.images].every((image) => image.naturalWidth > 0)")).toBe(
      true,
    );
    await page.until("document.querySelector('audio').readyState >= 1");
    expect(await page.value("Math.round(document.querySelector('audio').duration)")).toBe(12);
    expect(page.complaints).toEqual([]);
  });

  test.each([
    ["private.html", 403, "This door is shut"],
    ["locked/inside.html", 403, "This door is shut"],
    ["nowhere.html", 404, "Nothing here"],
    ["a/b/c/nowhere.html", 404, "Nothing here"],
  ])("%s is answered %p with the tree's own page, style and all", async (path, status, heading) => {
    using page = await Page.open();
    await page.goto(path, server.url);
    expect(await page.status()).toBe(status);
    expect(await page.value("document.querySelector('h1').textContent")).toBe(heading);
    expect(await page.value("document.styleSheets[0].cssRules.length > 0")).toBe(true);
    // The refusal itself is all that the browser notes.
    expect(page.complaints.length).toBe(1);
    expect(page.complaints[0]).toContain(`status of ${status}`);
    await page.click("a.button");
    await page.until("location.pathname === '/' && document.readyState === 'complete'");
    expect(await page.status()).toBe(200);
  });

  const filled = {
    name: 'Ines "I" Halvorsen',
    email: "ines@lab.example",
    message: "Grüße & 100% = 2 < 3\r\n你好",
  };

  test("MyForm.html is posted as one line (WHATWG URL §5.2)", async () => {
    expect(await post("urlencoded")).toMatchObject({ target: "/MyForm.html", form: filled });
  });

  test("MyForm.html is posted in parts (RFC 7578)", async () => {
    const file = { filename: "", type: "application/octet-stream", octets: 0 };
    expect(await post("multipart")).toMatchObject({ form: { ...filled, file } });
  });

  test("MyForm.html is posted in parts with a file that was chosen", async () => {
    using page = await Page.open();
    await page.goto("MyForm.html", server.url);
    lines.length = 0;
    // What a person's choice of a file does, without the window that asks for it.
    await page.value(`(() => {
      const form = document.querySelector("#multipart");
      form.name.value = "Ines";
      form.email.value = "ines@lab.example";
      const chosen = new DataTransfer();
      chosen.items.add(new File(["Grüße!"], 'notes "1" ü.txt', { type: "text/plain" }));
      form.file.files = chosen.files;
    })()`);
    await page.click("#multipart button");
    await page.until("document.querySelector('#m-name')?.value === ''");
    const logged = JSON.parse(lines.join("").split("\n")[0] ?? "") as { form: object };
    expect(logged.form).toMatchObject({
      name: "Ines",
      file: { type: "text/plain", octets: 8, filename: "notes %221%22 ü.txt" },
    });
  });

  const odd = [
    "<script>alert(1)<.txt",
    'a"b.txt',
    "a'b.txt",
    "x&y.txt",
    "javascript:alert(1)",
    "50% #1?.txt",
    "%2e%2e.txt",
    "Grüße 你好 😀.txt",
    " lead.txt",
    "http:x.txt",
  ];

  test("a listing's links lead to files of whatever name, by clicking", async () => {
    for (const name of odd) site.file(`odd/${name}`, `this is ${name}`);
    // With previews, a click on a text shows it in place.
    await using plain = await serve({ root: site.root, previews: false });
    using page = await Page.open();
    await page.goto("odd/", plain.url);
    expect(await page.status()).toBe(200);
    const shown = await page.value<string[]>(
      "[...document.querySelectorAll('td a')].map((link) => link.textContent)",
    );
    expect(shown.slice(1).toSorted()).toEqual(odd.toSorted());
    for (const [index, name] of shown.entries()) {
      if (index === 0) continue;
      const text = `this is ${name}`;
      const known = name.endsWith(".txt");
      // What has no type that a browser shows is downloaded: there, where it leads is asked for.
      if (!known) {
        const link = `document.querySelectorAll('td a')[${index}].href`;
        expect(await page.value(`fetch(${link}).then((response) => response.text())`)).toBe(text);
        continue;
      }
      await page.click(`tbody tr:nth-child(${index + 1}) a`);
      await page.until("location.pathname !== '/odd/' && document.readyState === 'complete'");
      expect([name, await page.status()]).toEqual([name, 200]);
      expect(await page.value("document.body.textContent")).toBe(text);
      await page.goto("odd/", plain.url);
    }
    expect(page.complaints).toEqual([]);
  });

  // Other systems have no such names.
  test.skipIf(process.platform !== "linux")(
    "a listing shows names that aren't UTF-8, and their links lead to them",
    async () => {
      const names = [
        ["r\xe9sum\xe9.txt", "r\\xE9sum\\xE9.txt", "/octets/r%E9sum%E9.txt"],
        ["unit\\x2d.txt", "unit\\x2d.txt", "/octets/unit%5Cx2d.txt"],
        ["two\nlines.txt", "two\\u{a}lines.txt", "/octets/two%0Alines.txt"],
      ] as const;
      site.folder("octets");
      for (const [name] of names) {
        writeFileSync(Buffer.from(`${site.root}/octets/${name}`, "latin1"), `it is ${name}`);
      }
      await using plain = await serve({ root: site.root, previews: false });
      using page = await Page.open();
      for (const [name, shown, path] of names) {
        await page.goto("octets/", plain.url);
        const texts = await page.value<string[]>(
          "[...document.querySelectorAll('td a')].map((link) => link.textContent)",
        );
        expect(texts.slice(1).toSorted()).toEqual(names.map(([, text]) => text).toSorted());
        await page.click(`tbody tr:nth-child(${texts.indexOf(shown) + 1}) a`);
        await page.until(`location.pathname === ${JSON.stringify(path)}`);
        await page.until("document.readyState === 'complete'");
        expect(await page.status()).toBe(200);
        expect(await page.value("document.body.textContent")).toBe(`it is ${name}`);
      }
      expect(page.complaints).toEqual([]);
    },
  );

  test("a folder is entered and left by its links", async () => {
    using page = await Page.open();
    await page.goto("names", server.url);
    expect(await page.value("location.pathname")).toBe("/names/");
    await page.click("td a[href='../']");
    await page.until("location.pathname === '/' && document.readyState === 'complete'");
    expect(await page.value("document.querySelector('h1') !== null")).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test("a folder's page shows no markup of a name, and runs none", async () => {
    for (const name of ["<img src=x onerror=document.title=1>", "<b>bold<"]) {
      site.file(`markup/${name}`, "");
    }
    using page = await Page.open();
    await page.goto("markup/", server.url);
    expect(await page.value("document.images.length")).toBe(0);
    expect(await page.value("document.querySelectorAll('b').length")).toBe(0);
    expect(await page.value("document.title")).toBe("/markup/");
    expect(page.complaints).toEqual([]);
  });

  test("a reload is revalidated, and nothing is sent again (RFC 9110 §13.1.2)", async () => {
    await using fresh = await serve({ root: site.root });
    using page = await Page.open();
    await page.goto("MySchedule.html", fresh.url);
    await page.until("document.documentElement.dataset.ready === 'yes'");
    const before = fresh.requests.length;
    await page.reload();
    await page.until("document.documentElement.dataset.ready === 'yes'");
    for (const part of ["/MySchedule.html", "/css/schedule.css", "/js/schedule.js"]) {
      const again = fresh.requests.slice(before).filter(({ target }) => target === part);
      expect([part, again.map(({ status }) => status)]).toEqual([part, [304]]);
    }
    expect(page.complaints).toEqual([]);
  });

  test("the tune is sought by a range (RFC 9110 §14)", async () => {
    await using fresh = await serve({ root: site.root });
    using page = await Page.open();
    await page.goto("media.html", fresh.url);
    await page.until("document.querySelector('audio').readyState >= 1");
    const seek = `(async () => {
      const audio = document.querySelector('audio');
      const seeked = new Promise((resolve) => audio.addEventListener('seeked', resolve));
      audio.currentTime = 9;
      await seeked;
      return audio.currentTime;
    })()`;
    expect(await page.value(seek)).toBeCloseTo(9, 1);
    const tune = fresh.requests.filter(({ target }) => target.endsWith(".mp3"));
    for (const { fields, status } of tune) {
      const asksForRange = fields.some(([name]) => name.toLowerCase() === "range");
      expect(status).toBe(asksForRange ? 206 : 200);
    }
    expect(tune.some(({ status }) => status === 206)).toBe(true);
  });
}

if (chromium === undefined) {
  test.skip("in a browser: all tests (no chromium here: apt-get install chromium)", () =>
    undefined);
} else {
  describe("in a browser", tests);
}
