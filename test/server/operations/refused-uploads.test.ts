import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import { serve } from "../../../index.ts";
import type { ServeOptions } from "../../../index.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";

/** What a server in front of the folder `inbox` counts as refused, by reason. */
interface Tried extends AsyncDisposable {
  readonly refused: () => Readonly<Record<string, number>>;
  /** How many files are being received. */
  readonly receiving: () => number;
  /** Sends `head`, which ends with a line that is empty, and `content`; the status it gets. */
  readonly send: (head: string, content?: string) => Promise<number | undefined>;
  readonly port: number;
  /** Where the last answer has said that the upload is. */
  readonly location: () => string;
}

async function tried(options: ServeOptions = {}): Promise<Tried> {
  const site = new TempSite("empty");
  site.file("inbox/there.txt", "there");
  for (const path of [site.root, site.at("inbox")]) chmodSync(path, 0o755);
  const common = { put: true, post: "upload", uploadDir: "inbox", metrics: true } as const;
  const server = await serve({ root: site.root, ...common, ...options });
  const samplesOf = (family: string) =>
    server.measure().find(({ name }) => name === `postern_uploads_${family}`)?.samples ?? [];
  let text = "";
  return {
    port: server.port,
    refused: () =>
      Object.fromEntries(
        samplesOf("refused_total").map(({ labels, value }) => [labels?.["reason"], value]),
      ),
    receiving: () => samplesOf("in_progress")[0]?.value ?? 0,
    send: async (head, content = "") => {
      const client = await RawClient.connect(server.port);
      const lines = head.replace("\n", " HTTP/1.1\nHost: localhost\n").replaceAll("\n", "\r\n");
      client.send(`${lines}\r\n${content}`);
      await client.responses(1);
      ({ text } = client);
      client.close();
      return client.statuses.findLast((status) => status >= 200);
    },
    location: () => /\?upload=[\w-]+/.exec(text)?.[0] ?? "",
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      site[Symbol.dispose]();
    },
  };
}

/** A request, the status that it gets, and the reason that it is counted under. */
type Refused = readonly [request: string, content: string, status: number, reason: string];

const length = (octets: number): string => `Content-Length: ${octets}\n`;

const refused: readonly Refused[] = [
  [`PUT /a.txt\n${length(1)}`, "a", 405, "405"],
  [`POST /\n${length(1)}`, "a", 405, "405"],
  ["MKCOL /inbox/there.txt\n", "", 405, "405"],
  ["DELETE /inbox/none.txt\n", "", 404, "not-there"],
  ["DELETE /inbox/?upload=none\n", "", 404, "no-upload"],
  [`PUT /inbox/none/a.txt\n${length(1)}`, "a", 409, "no-folder"],
  ["PUT /inbox/a.txt\n", "", 411, "length-required"],
  [`PUT /inbox/a.txt\n${length(11)}`, "12345678901", 413, "body-too-large"],
  [
    `PUT /inbox/a.txt\nUpload-Complete: ?0\nUpload-Length: 11\n${length(1)}`,
    "1",
    413,
    "body-too-large",
  ],
  [`PUT /inbox/there.txt\nIf-None-Match: *\n${length(1)}`, "a", 412, "412"],
  [`POST /inbox/\nContent-Type: text/plain\n${length(1)}`, "a", 415, "media-type"],
  [`POST /inbox/\nContent-Type: multipart/form-data\n${length(1)}`, "a", 400, "form"],
  [`PUT /inbox/.a\n${length(1)}`, "a", 403, "upload-name"],
  ["MKCOL /inbox/.a/\n", "", 403, "upload-name"],
];

describe("a refused upload is counted once", () => {
  test.each(refused)("%j %j: %d, %s", async (request, content, status, reason) => {
    await using server = await tried({ limits: { uploadBytesMax: 10 } });
    expect(await server.send(request, content)).toBe(status);
    expect(server.refused()).toEqual({ [reason]: 1 });
  });

  test("by the problem type of a resumed one", async () => {
    await using server = await tried();
    const begin = `PUT /inbox/a.txt\nUpload-Complete: ?0\nUpload-Length: 9\n${length(3)}`;
    expect(await server.send(begin, "123")).toBe(201);
    const at = server.location();
    const type = "Content-Type: application/partial-upload\n";
    const patch = (fields: string) =>
      server.send(`PATCH /inbox/${at}\n${type}${fields}${length(1)}`, "1");
    expect(await patch("Upload-Offset: 5\nUpload-Complete: ?0\n")).toBe(409);
    expect(await patch("Upload-Offset: 3\nUpload-Complete: ?0\nUpload-Length: 8\n")).toBe(400);
    expect(server.refused()).toEqual({
      "mismatching-upload-offset": 1,
      "inconsistent-upload-length": 1,
    });
  });

  test("and one whose content stops, and none whose client has left", async () => {
    await using hasty = await tried({ limits: { bodyStallTimeMs: 50 } });
    expect(await hasty.send(`PUT /inbox/a.txt\n${length(9)}`, "123")).toBe(408);
    // What has come is removed first.
    while (hasty.receiving() > 0) await Bun.sleep(2);
    expect(hasty.refused()).toEqual({ "request-timeout": 1 });
    await using server = await tried();
    const client = await RawClient.connect(server.port);
    client.send("PUT /inbox/a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n123");
    while (server.receiving() === 0) await Bun.sleep(2);
    client.abort();
    while (server.receiving() > 0) await Bun.sleep(2);
    expect(server.refused()).toEqual({});
  });

  test("and what is stored, asked for, or nothing of uploads isn't", async () => {
    await using server = await tried();
    expect(await server.send(`PUT /inbox/a.txt\n${length(1)}`, "a")).toBe(201);
    expect(await server.send("MKCOL /inbox/b/\n")).toBe(201);
    expect(await server.send("GET /none.txt\n")).toBe(404);
    expect(await server.send("TRACE /inbox/\n")).toBe(405);
    expect(server.refused()).toEqual({});
  });
});
