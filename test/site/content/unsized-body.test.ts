import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import * as fs from "node:fs";

import type { Response } from "../../../src/http/message/response.ts";
import { isUnsized } from "../../../src/site/content/file-response.ts";
import { UnsizedBody } from "../../../src/site/content/unsized-body.ts";
import { DiskFile } from "../../../src/tree/disk/open-file.ts";
import { FakeFile } from "../fake-file.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

afterEach(() => mock.restore());

/** All octets of a streamed response. */
async function octetsOf({ body }: Response): Promise<Uint8Array> {
  if (body.kind !== "stream") throw new Error(`not a stream: ${body.kind}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Why `promise` is rejected. */
const failureOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => "nothing", String);

describe("a body of a file without a size", () => {
  test("is read to its end, and closes it once", async () => {
    const file = new FakeFile("x".repeat(100_000), { size: Infinity });
    expect([isUnsized(file), isUnsized(new FakeFile("x"))]).toEqual([true, false]);
    const lengths: number[] = [];
    for await (const chunk of new UnsizedBody(file)) lengths.push(chunk.length);
    expect(lengths).toEqual([65_536, 34_464]);
    expect(file.closed).toBe(1);
  });

  test("closes it when it isn't wanted, even before its beginning", async () => {
    const file = new FakeFile("x", { size: Infinity });
    await new UnsizedBody(file).return();
    expect(file.closed).toBe(1);
  });
});

const isLinux = process.platform === "linux";

describe.if(isLinux)("a file of /proc, whose size is told as 0 (needs Linux)", () => {
  const proc = new SiteClient("/proc", { limits: { unsizedFileBytesMax: 40_000 } });

  test("that is short is sent whole, each time as it is then, without a date", async () => {
    expect(fs.statSync("/proc/version").size).toBe(0);
    for (let i = 0; i < 3; i++) {
      const { status, body, fields } = await proc.ask("GET /version");
      expect([status, body]).toEqual([200, fs.readFileSync("/proc/version", "utf8")]);
      expect(fields["ETag"]).toMatch(/^"/);
      expect(fields["Last-Modified"]).toBeUndefined();
    }
    const first = (await proc.ask("GET /uptime")).body;
    await Bun.sleep(30);
    expect((await proc.ask("GET /uptime")).body).not.toBe(first);
  });

  const long = `/${process.pid}/smaps`;
  const isLong = fs.existsSync(`/proc${long}`) && fs.readFileSync(`/proc${long}`).length > 40_000;

  test.if(isLong)("that is long is streamed, without length, tag and ranges", async () => {
    const whole = new SiteClient("/proc");
    const response = await whole.answer(requestOf(`GET ${long}`, { Range: "bytes=0-9" }));
    const names = response.fields.map(([name]) => name);
    expect([response.status, response.body.kind]).toEqual([200, "stream"]);
    for (const name of ["ETag", "Last-Modified", "Accept-Ranges"])
      expect(names).not.toContain(name);
    const octets = await octetsOf(response);
    // The mappings change while they are read, but the last line is that of a mapping's end.
    expect(octets.length).toBeGreaterThan(40_000);
    expect(Buffer.from(octets).toString().trimEnd().split("\n").at(-1)).toMatch(/^VmFlags:/);
  });

  test.if(isLong)("is broken off beyond the limit, and closed", async () => {
    const response = await proc.answer(requestOf(`GET ${long}`));
    const close = spyOn(DiskFile.prototype, "close");
    expect(await failureOf(octetsOf(response))).toContain("smaps can't be read beyond 40000");
    expect(close).toHaveBeenCalled();
  });

  test.if(isLong)("is closed when a condition fails or says that it is known", async () => {
    for (const [field, status] of [
      ["If-Match", 412],
      ["If-None-Match", 304],
    ] as const) {
      const value = field === "If-Match" ? '"x"' : "*";
      expect((await proc.ask(`GET ${long}`, { [field]: value })).status).toBe(status);
    }
  });
});

describe.if(fs.existsSync("/sys/kernel/mm/transparent_hugepage"))("a file of /sys", () => {
  test("whose size is told as 4096 octets is sent as long as it is", async () => {
    const sys = new SiteClient("/sys/kernel/mm/transparent_hugepage");
    const content = fs.readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8");
    for (let i = 0; i < 2; i++) {
      const { status, body, fields } = await sys.ask("GET /enabled");
      expect([status, body, fields["Last-Modified"]]).toEqual([200, content, undefined]);
    }
  });
});
