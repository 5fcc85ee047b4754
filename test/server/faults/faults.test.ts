import { describe, expect, test } from "bun:test";

import type { ServeOptions, Server } from "../../../index.ts";
import { serve } from "../../../index.ts";
import { RawClient } from "../../raw-client.ts";

const content = "0123456789abcdefghijklmnopqrstuvwxyz";

const open = (options: ServeOptions = {}): Promise<Server> =>
  serve({ files: { "/a.txt": content, "/big": new Uint8Array(200_000) }, ...options });

/** `text` without what differs from run to run. */
const plain = (text: string): string =>
  text
    .replaceAll(/Date: [^\r]*\r\n/g, "")
    .replaceAll(/ETag: [^\r]*\r\n/g, "")
    .replaceAll(/Last-Modified: [^\r]*\r\n/g, "");

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe("a fault that is added", () => {
  test("cuts its response, and no other on the connection", async () => {
    await using server = await open();
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.until(() => client.text.endsWith(content));
    const whole = client.text;
    using fault = server.fault("GET", "/a.txt", { cutAfterBytes: 10, times: 1 });
    client.send(get("/a.txt"));
    expect(await client.ending()).toBe("end");
    expect(plain(client.text)).toBe(plain(whole + whole.slice(0, 10 - content.length)));
    expect(fault.hits).toBe(1);
  });

  test("by a reset, after the octets before it", async () => {
    await using server = await open();
    const client = await RawClient.connect(server.port);
    server.fault("GET", "/*", { cutAfterBytes: 1000, by: "reset" });
    client.send(get("/big"));
    expect(await client.ending()).toBe("reset");
    expect(client.text.length - client.text.indexOf("\r\n\r\n") - 4).toBe(1000);
    const [request] = server.requests;
    expect(request?.aborted).toBe(true);
    expect(request?.sentOctets).toBe(1000);
  });
});
