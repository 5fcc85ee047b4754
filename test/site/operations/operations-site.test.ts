import { afterAll, describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { OperationsContent } from "../../../src/site/operations/operations-site.ts";
import { openOperationsSite } from "../../../src/site/operations/operations-site.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { ShownResponse } from "../shown-response.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const folder = new TempSite("empty");
folder.file("metrics", "a file of the served folder");
folder.file("secret.txt", "another one");
afterAll(() => folder[Symbol.dispose]());
const { surroundings, tree } = new SiteClient(folder.root);

const metrics = { type: "text/plain; version=0.0.4", text: () => "a 1\n" };
const ready: OperationsContent = { metrics, unreadiness: () => undefined };

async function answer(
  line: string,
  content: OperationsContent = ready,
  host = "localhost:9100",
): Promise<ShownResponse> {
  const site = openOperationsSite(
    content,
    { allowHosts: [], explain: false },
    { ...surroundings, tree, limits: defaultLimits },
  );
  const request = { ...requestOf(line, { Host: host }), remoteAddress: "127.0.0.1" };
  return show(await site.answer(request, 0));
}

describe("the site for operators", () => {
  test("has the metrics under the path that Prometheus asks for, for no cache to keep", async () => {
    const { status, fields, body } = await answer("GET /metrics");
    expect([status, body]).toEqual([200, "a 1\n"]);
    expect(fields["Content-Type"]).toBe("text/plain; version=0.0.4");
    expect(fields["Cache-Control"]).toBe("no-store");
  });

  test("waits for metrics that come later", async () => {
    const later = { ...metrics, text: () => Promise.resolve("b 2\n") };
    expect((await answer("GET /metrics", { metrics: later })).body).toBe("b 2\n");
  });

  test("is alive and ready, under Kubernetes' names, whatever the query", async () => {
    expect(await answer("GET /livez")).toMatchObject({ status: 200, body: "alive\n" });
    expect(await answer("GET /readyz?verbose")).toMatchObject({ status: 200, body: "ready\n" });
  });

  test("says with a 503 why it is not ready, and is alive all the same", async () => {
    const stopping = { unreadiness: () => "it is stopping" };
    expect(await answer("GET /readyz", stopping)).toMatchObject({
      status: 503,
      body: "not ready: it is stopping\n",
    });
    expect((await answer("GET /livez", stopping)).status).toBe(200);
  });

  test("has no metrics where only health is asked for, and the other way round", async () => {
    expect((await answer("GET /metrics", { unreadiness: () => undefined })).status).toBe(404);
    expect((await answer("GET /readyz", { metrics })).status).toBe(404);
  });

  test.each(["/", "/secret.txt", "/metrics/", "/%6detrics", "//metrics", "/readyz/x"])(
    "has nothing of the served folder: %s is 404",
    async (path) => {
      const { status, body } = await answer(`GET ${path}`);
      expect(status).toBe(404);
      expect(body).toBe("nothing here; there is /metrics, /livez, /readyz\n");
    },
  );

  test.each(["POST", "PUT", "DELETE", "PROPFIND"])("takes no %s", async (method) => {
    const { status, fields } = await answer(`${method} /metrics`);
    expect([status, fields["Allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });

  test("says which methods there are (RFC 9110 §9.3.7)", async () => {
    const { status, fields } = await answer("OPTIONS /readyz");
    expect([status, fields["Allow"]]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await answer("OPTIONS *")).status).toBe(204);
  });

  test("doesn't answer a page whose name leads to loopback (RFC 9110 §7.4)", async () => {
    expect((await answer("GET /metrics", ready, "rebound.example")).status).toBe(421);
    expect((await answer("GET /readyz", ready, "rebound.example")).status).toBe(421);
  });
});
