/**
 * Early hints end to end: a server on a real socket, a client that passes over them, and the
 * command line.
 */

import { afterAll, describe, expect, test } from "bun:test";

import { serve } from "../index.ts";
import { Command } from "./cli/command.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

const page = "<!doctype html><link rel=stylesheet href=site.css>".padEnd(2000, " words");
const large = page.padEnd(2_000_000, " more words");
site.file("page.html", page);
site.file("large.html", large);

const interim = "HTTP/1.1 103 Early Hints\r\nLink: <site.css>; rel=preload; as=style\r\n\r\n";

/** What came on a connection of its own, up to the end of the final response's status line. */
async function beginningOf(port: number): Promise<string> {
  const client = await RawClient.connect(port);
  client.send("GET /page.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.responses(1);
  client.close();
  return client.text.slice(0, client.text.indexOf("\r\nDate"));
}

describe("early hints (RFC 8297 §2)", () => {
  test("are passed over by a client that has no use for them", async () => {
    await using server = await serve({ root: site.root, port: 0, earlyHints: true });
    for (const [name, content] of [
      ["page.html", page],
      ["large.html", large],
      ["page.html", page],
    ] as const) {
      const response = await fetch(new URL(name, server.url));
      expect([response.status, response.headers.get("link")]).toEqual([200, null]);
      expect(await response.text()).toBe(content);
    }
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test("are sent from the next request on when they are switched on", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    expect(await beginningOf(server.port)).toBe("HTTP/1.1 200 OK");
    server.reload({ root: site.root, earlyHints: true });
    expect(await beginningOf(server.port)).toBe(`${interim}HTTP/1.1 200 OK`);
    server.reload({ root: site.root });
    expect(await beginningOf(server.port)).toBe("HTTP/1.1 200 OK");
  });

  test.each([
    [["--early-hints"], interim],
    [[], ""],
  ])("on the command line with %p: %j", async (words, before) => {
    await using command = new Command([site.root, "--port", "0", "--ready", "json", ...words]);
    const { port } = JSON.parse((await command.line()) ?? "") as { port: number };
    expect(await beginningOf(port)).toBe(`${before}HTTP/1.1 200 OK`);
  });
});
