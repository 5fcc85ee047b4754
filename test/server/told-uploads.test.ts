/** What is told of uploads while they come, by each way that a file may take. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import type { UploadProgress } from "../../src/site/uploads/upload-progress.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
chmodSync(site.root, 0o755);
const told: UploadProgress[] = [];
let server: Server;

function onUpload(upload: UploadProgress): void {
  told.push(upload);
}

/** A part of a form, with a file. */
function part(name: string, content: string): string {
  return `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`;
}

beforeAll(async () => {
  server = await serve({ root: site.root, put: true, post: "upload", onUpload });
});
afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

/** Sends `octets`, and waits until another upload is told of, of the file `name` with `count`. */
async function sent(
  client: RawClient,
  octets: string,
  name: string,
  count: number,
): Promise<UploadProgress> {
  const before = told.length;
  client.send(octets);
  for (;;) {
    const last = told.slice(before).at(-1);
    if (last?.name === name && last.octets === count) return last;
    await Bun.sleep(1);
  }
}

/** What `upload` says now. */
function state({ name, octets, length }: UploadProgress): unknown[] {
  return [name, octets, length];
}

describe("an upload is told of", () => {
  test("with its name and its length, while a PUT comes, and until it is stored", async () => {
    const client = await RawClient.connect(server.port);
    const head = "PUT /caf%C3%A9.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n";
    const upload = await sent(client, `${head}abc`, "café.txt", 3);
    expect(state(upload)).toEqual(["café.txt", 3, 6]);
    client.send("def");
    await upload.over;
    expect(state(upload)).toEqual(["café.txt", 6, 6]);
    await client.responses(1);
    expect(client.statuses).toEqual([201]);
    client.close();
  });

  test("without a length where none is announced", async () => {
    const client = await RawClient.connect(server.port);
    const head = "PUT /b.txt HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    const upload = await sent(client, `${head}3\r\nabc\r\n`, "b.txt", 3);
    expect(state(upload)).toEqual(["b.txt", 3, undefined]);
    client.abort();
    await upload.over;
  });

  test("by the file of a form that comes now, and the length of the form", async () => {
    const client = await RawClient.connect(server.port);
    const form = `${part("a.txt", "aaa")}${part("b.txt", "bb")}--b--\r\n`;
    const head =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n" +
      `Content-Length: ${form.length}\r\n\r\n`;
    const at = form.indexOf("b\r\n--b--");
    const upload = await sent(client, head + form.slice(0, at), "b.txt", 4);
    expect(state(upload)).toEqual(["b.txt", 4, form.length]);
    client.send(form.slice(at));
    await upload.over;
    expect(upload.octets).toBe(5);
    client.close();
  });

  test("with what came before, where one is resumed", async () => {
    const { url } = server;
    const begun = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "text/plain",
        "Content-Disposition": 'attachment; filename="c.txt"',
        "Upload-Complete": "?0",
        "Upload-Length": "6",
      },
      body: "abc",
    });
    expect(begun.status).toBe(201);
    const location = new URL(begun.headers.get("location") ?? "", url);
    const client = await RawClient.connect(server.port);
    const head =
      `PATCH ${location.pathname}${location.search} HTTP/1.1\r\nHost: localhost\r\n` +
      "Content-Type: application/partial-upload\r\nUpload-Offset: 3\r\nUpload-Complete: ?1\r\n" +
      "Content-Length: 3\r\n\r\n";
    const upload = await sent(client, `${head}d`, "c.txt", 4);
    expect(state(upload)).toEqual(["c.txt", 4, 6]);
    client.send("ef");
    await upload.over;
    expect(upload.octets).toBe(6);
    client.close();
  });

  test("and not told of when it is refused, or when nothing is stored", async () => {
    const before = told.length;
    const refused = await fetch(new URL(".hidden", server.url), { method: "PUT", body: "a" });
    expect(refused.status).toBe(403);
    await fetch(new URL("b.txt", server.url));
    expect(told.length).toBe(before);
  });

  test("to a listener whose errors do no harm", async () => {
    const program = `
      import { serve } from ${JSON.stringify(new URL("../../index.ts", import.meta.url).pathname)};
      await using server = await serve({
        root: ${JSON.stringify(site.root)},
        put: true,
        onUpload: () => { throw new Error("told wrong"); },
      });
      const answer = await fetch(new URL("d.txt", server.url), { method: "PUT", body: "d" });
      console.log(answer.status);
    `;
    const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
    expect(await child.stdout.text()).toBe("201\n");
    expect(await child.stderr.text()).toContain("told wrong");
  });
});
