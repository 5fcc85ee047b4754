import { afterAll, describe, expect, test } from "bun:test";

import type { Http1RefusalKind } from "../../../src/http1/error.ts";
import { http1Refusals } from "../../../src/http1/error.ts";
import { reasonPhrases } from "../../../src/http/message/status.ts";
import { escapeHtml } from "../../../src/site/pages/markup.ts";
import { SiteClient } from "../../site/site-client.ts";
import { show } from "../../site/shown-response.ts";
import { TempSite } from "../../temp-site.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());
const { site } = new SiteClient(folder.root).opened;

describe("the page for a refusal of HTTP/1.1 says its status, section and sentence", () => {
  test.each(Object.keys(http1Refusals) as Http1RefusalKind[])("%s", (kind) => {
    const row = http1Refusals[kind];
    const { status, close, body } = show(site.refuse(row, undefined));
    expect([status, close]).toEqual([row.status, row.close]);
    expect(body).toContain(`<title>${row.status} ${reasonPhrases[row.status]}</title>`);
    expect(body).toContain(`<footer>${row.section}</footer>`);
    expect(body).toContain(`<p>${escapeHtml(row.text)}`);
  });
});
