import { afterAll, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

/** The status for a request of a client at `remoteAddress` that names `host`. */
async function statusOf(
  client: SiteClient,
  host: string,
  remoteAddress = "127.0.0.1",
  line = "GET /a.txt",
): Promise<number> {
  const request = { ...requestOf(line, { Host: host }), remoteAddress };
  return (await client.answer(request)).status;
}

const open = (options: SiteClientOptions = {}): SiteClient => new SiteClient(site.root, options);

describe("a foreign host on loopback (RFC 9110 §7.4)", () => {
  test("is misdirected, whatever the method, for the tree and for a route", async () => {
    const client = open();
    client.routes.add("GET", "/x", () => new ResponseBuilder(200).text("mine").build());
    for (const line of ["GET /a.txt", "HEAD /a.txt", "GET /x", "POST /", "OPTIONS *", "PUT /a"]) {
      const status = await statusOf(client, "evil.example", "127.0.0.1", line);
      expect([line, status]).toEqual([line, 421]);
    }
  });

  test("stays so after the server's own host and before it", async () => {
    const client = open();
    const hosts = ["localhost:9001", "evil.example", "localhost:9001", "[::1]:80", "evil.example"];
    const statuses: number[] = [];
    for (const host of hosts) statuses.push(await statusOf(client, host));
    expect(statuses).toEqual([200, 421, 200, 200, 421]);
  });

  test("stays so when many of the server's own have come in turn", async () => {
    const client = open();
    for (let turn = 0; turn < 2; turn++) {
      for (let i = 0; i < 100; i++) {
        expect(await statusOf(client, `${i}.localhost`)).toBe(200);
        expect(await statusOf(client, `${i}.example`)).toBe(421);
      }
    }
  });

  test("is the one of the target, where that names one (RFC 9112 §3.2.2)", async () => {
    const client = open();
    const asked = (line: string, host: string): Promise<number> =>
      statusOf(client, host, "::1", line);
    expect(await asked("GET http://evil.example/a.txt", "localhost")).toBe(421);
    expect(await asked("GET http://localhost/a.txt", "evil.example")).toBe(200);
  });

  test("is one for clients on loopback alone", async () => {
    for (const [address, status] of [
      ["127.0.0.1", 421],
      ["127.8.9.1", 421],
      ["::1", 421],
      ["::ffff:127.0.0.1", 421],
      ["192.0.2.1", 200],
      ["::ffff:192.0.2.1", 200],
      ["2001:db8::1", 200],
      ["", 200],
    ] as const) {
      expect([address, await statusOf(open(), "evil.example", address)]).toEqual([address, status]);
    }
  });

  test("is answered where allowHosts names it, or everything", async () => {
    for (const allowHosts of [["evil.example"], [".example"], ["*"]]) {
      expect(await statusOf(open({ allowHosts }), "evil.example:81")).toBe(200);
    }
    expect(await statusOf(open({ allowHosts: ["other.example"] }), "evil.example")).toBe(421);
  });

  test("is in the log with the option that allows it, and on the page with explain", async () => {
    const said = "evil.example is not a name of this server; --allow-host NAME adds one";
    for (const explain of [false, true]) {
      const request = { ...requestOf("GET /", { Host: "evil.example" }), remoteAddress: "::1" };
      const response = await open({ explain }).answer(request);
      expect(response.note?.reason).toBe(`421 host (RFC 9110 §7.4): ${said}`);
      const page = show(response).body;
      expect(page.includes(said)).toBe(explain);
    }
  });

  test("can't be allowed with a port", () => {
    expect(() => open({ allowHosts: ["a.example:80"] })).toThrow(
      'an allowed host must be a host without a port, ".example.com" or "*", not a.example:80',
    );
  });
});
