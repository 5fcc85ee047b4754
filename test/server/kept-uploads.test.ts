/** What the log says of a resumable upload: that it begins, and what is kept when it breaks off. */

import { afterAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import { serve } from "../../src/server/serve.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
chmodSync(site.root, 0o755);
afterAll(() => site[Symbol.dispose]());

/** What the server at `port` sends to a client that sends `octets`, and no more after them. */
async function answerTo(port: number, octets: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(octets);
  client.shut();
  await client.ending();
  client.close();
  return client.text;
}

test("the log says that an upload begins, and what is kept when it breaks off", async () => {
  let log = "";
  const write = (text: string): void => void (log += text);
  const server = await serve({ root: site.root, post: "upload", log: "short", write });
  const ask = (line: string, fields: string, content = ""): Promise<string> =>
    answerTo(server.port, `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n${content}`);
  try {
    const begun = await ask(
      "POST /",
      "Upload-Complete: ?0\r\nUpload-Length: 300000\r\nContent-Length: 0",
    );
    const [, way = ""] = /^Location: \.(.*)\r$/m.exec(begun) ?? [];
    const patch = "Content-Type: application/partial-upload\r\nUpload-Complete: ?1\r\n";
    const first = `${patch}Upload-Offset: 0\r\nContent-Length: 300000`;
    expect(await ask(`PATCH ${way}`, first, "x".repeat(1000))).toStartWith("HTTP/1.1 400 ");
    expect(await ask(`HEAD ${way}`, "Upload-Complete: ?0")).toContain("Upload-Offset: 1000\r\n");
  } finally {
    await server.stop({ force: true });
  }
  expect(log).toContain(" (begins an upload of 300000 bytes)\n");
  expect(log).toContain(" (400 incomplete (RFC 9112 §8): keeps 1000 of 300000 bytes)\n");
  expect(log).toContain(" (the upload has 1000 of 300000 bytes)\n");
});
