import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

const form = `<!doctype html><title>Form</title>
<form method="post" enctype="multipart/form-data">
<input name="who"><input name="<b>"><input type="file" name="file"><button>Send</button>
</form>`;

beforeAll(async () => {
  site.file("index.html", form);
  site.file("favicon.ico", "");
  server = await serve({ root: site.root, post: "echo" });
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

const sha256 = (value: string): string =>
  new Bun.CryptoHasher("sha256").update(value).digest("hex");

function tests(): void {
  test("a form that is sent is shown, with the file's size and digest, as text", async () => {
    using page = await Page.open();
    await page.goto("", server.url);
    const text = "<script>document.title = 'run'</script>";
    await page.value(`(() => {
      const form = document.querySelector("form");
      form.elements[0].value = "Grüße 你好";
      form.elements[1].value = ${JSON.stringify(text)};
      const chosen = new DataTransfer();
      chosen.items.add(new File(["Grüße!"], "notes.txt", { type: "text/plain" }));
      form.file.files = chosen.files;
    })()`);
    await page.click("button");
    await page.until("document.querySelector('h1')?.textContent === 'POST /'");
    expect(await page.status()).toBe(200);
    expect(await page.value("document.title")).toBe("POST /");
    expect(await page.value("document.scripts.length")).toBe(0);
    const cells = await page.value<string[][]>(
      `[...document.querySelector("table").tBodies[0].rows].map((row) =>
        [...row.cells].map((cell) => cell.textContent))`,
    );
    expect(cells).toEqual([
      ["who", "Grüße 你好", "14", sha256("Grüße 你好")],
      ["<b>", text, String(text.length), sha256(text)],
      ["file", 'file "notes.txt" text/plain', "8", sha256("Grüße!")],
    ]);
    expect(page.complaints).toEqual([]);
  });

  test.each([390, 1200])("the page fits into %i px", async (width) => {
    using page = await Page.open();
    const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: false };
    await page.view.cdp("Emulation.setDeviceMetricsOverride", metrics);
    await page.goto("", server.url);
    await page.value(`(document.querySelector("input").value = "x".repeat(500), 0)`);
    await page.click("button");
    await page.until("document.querySelector('h1')?.textContent === 'POST /'");
    const widths =
      "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.documentElement)";
    expect(await page.value<number>(widths)).toBe(0);
  });
}

if (chromium === undefined) {
  test.skip("an echo in a browser (no chromium here: apt-get install chromium)", () => undefined);
} else {
  describe("an echo in a browser", tests);
}
