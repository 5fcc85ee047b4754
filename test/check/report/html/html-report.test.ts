import { expect, test } from "bun:test";

import { reportHtml } from "../../../../src/check/report/html/html-report.ts";
import { column, first, second } from "../sample.ts";

const html = reportHtml([first, second], [column]);

test("the page needs nothing else, and permits nothing else", () => {
  expect(html).toStartWith("<!doctype html>");
  expect(html).not.toMatch(/(?:src|href)="(?!#)/u);
  expect(html).not.toMatch(/url\(|@import/u);
  const policy = /content="(default-src [^"]+)"/u.exec(html)?.[1] ?? "";
  const script = /<script>([^]*)<\/script>\n<\/body>/u.exec(html)?.[1] ?? "";
  const digest = new Bun.CryptoHasher("sha256").update(script).digest("base64");
  expect(policy).toBe(
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`,
  );
});

test("the matrix and the folders are there without the script", () => {
  expect(html).toContain('<a href="#section-0">one</a></th><td class="all first">1/1</td>');
  expect(html).toContain('<td class="soft">0/2</td>');
  expect(html).toContain('<details class="section" id="section-1">\n<summary>two ');
  expect(html).toContain("<li>a:80: every must held (1/1)");
});

test("names are escaped", () => {
  const bad = { ...column, server: "<img src=x onerror=alert(1)>" };
  const page = reportHtml([{ ...first, file: "<b>/<i>.wire", title: "</script>" }], [bad]);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("<b>");
  expect(page.match(/<\/script>/gu)).toHaveLength(2);
});

test("the title says whether servers or clients were played with", () => {
  expect(html).toContain("<title>Wire scripts against a:80</title>");
  const clients = reportHtml([first], [{ ...column, server: "curl", client: true }]);
  expect(clients).toContain("<title>Wire scripts with curl</title>");
});
