import { afterAll, describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { TreeChange } from "../../../src/tree/watching/change-gathering.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

/** A site with a client that listens. */
async function listening(): Promise<{
  readonly client: SiteClient;
  readonly next: () => Promise<string | undefined>;
}> {
  const client = new SiteClient(site.root, { live: true });
  const { body } = await client.answer(requestOf("GET /.postern/live"));
  if (body.kind !== "stream") throw new Error(body.kind);
  const chunks = body.chunks[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => {
    const { done, value } = await chunks.next();
    return done === true ? undefined : new TextDecoder().decode(value);
  };
  await next();
  return { client, next };
}

const change = (...paths: string[]): TreeChange => ({ paths, isAll: false });

describe("live reload", () => {
  test("tells clients what to do and not what has changed, and reports who was told", async () => {
    const { client, next } = await listening();
    client.live?.tell(change("css/secret-name.css", "a.png"));
    const message = await next();
    expect(message).toContain('["style","image"]]]}');
    expect(message).not.toContain("secret");
    expect(client.liveReports).toEqual([
      {
        kind: "changed",
        paths: ["css/secret-name.css", "a.png"],
        isAll: false,
        kinds: ["style", "image"],
        clients: [requestOf("GET /").remoteAddress],
      },
    ]);
    client.live?.close();
    expect(await next()).toBeUndefined();
  });

  test("reports at most a hundred paths", async () => {
    const { client } = await listening();
    client.live?.tell(change(...Array.from({ length: 150 }, (_, i) => `${i}.html`)));
    const [report] = client.liveReports;
    expect(report).toMatchObject({ isAll: true, kinds: ["page"] });
    expect(report?.kind === "changed" && report.paths.length).toBe(100);
    client.live?.close();
  });

  test("says nothing of what concerns no page, or when no client listens", async () => {
    const { client } = await listening();
    client.live?.tell(change("a.css.map"));
    client.live?.close();
    client.live?.tell(change("a.html"));
    expect(client.liveReports).toEqual([]);
  });

  test("watches the tree, and no longer when it is closed", async () => {
    const { client, next } = await listening();
    client.live?.watch({ tree: client.tree, hidden: false, limits: defaultLimits });
    site.file("page.html", "<p>");
    expect(await next()).toContain('["page"]]]}');
    client.live?.watch({ tree: {}, hidden: false, limits: defaultLimits });
    client.live?.close();
    expect(await next()).toBeUndefined();
  });
});
