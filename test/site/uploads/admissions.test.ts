import { describe, expect, test } from "bun:test";

import type { Limits } from "../../../src/base/limits.ts";
import { Admission, Admissions } from "../../../src/site/uploads/admissions.ts";
import type { RequestBody } from "../../../src/site/request.ts";
import { BodyError } from "../../../src/site/request.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { FakeBody } from "../fake-request.ts";

/** A body whose pieces come when the test says so. */
class SlowBody extends FakeBody {
  #reader: ((octets: Uint8Array | undefined) => void) | undefined;

  constructor() {
    super(undefined, undefined);
  }

  override async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const octets = await new Promise<Uint8Array | undefined>((resolve) => {
        this.#reader = resolve;
      });
      if (octets === undefined) return;
      yield octets;
    }
  }

  /** A piece of `octets` octets comes, and its reader has had time to ask for the next one. */
  async send(octets: number): Promise<void> {
    this.#reader?.(new Uint8Array(octets));
    await Bun.sleep(0);
  }

  async end(): Promise<void> {
    this.#reader?.(undefined);
    await Bun.sleep(0);
  }
}

interface Client {
  readonly admission: Admission;
  readonly body: SlowBody;
  /** What the upload came to: the octets that were read, or the error. */
  readonly outcome: Promise<unknown>;
}

const slowTimeMs = 1000;

class Site {
  readonly clock = new FakeClock();
  readonly admissions: Admissions;

  constructor(limits: Partial<Record<keyof Limits, number>>) {
    const all = { uploadSlowTimeMs: slowTimeMs, uploadBytesPerSecondMin: 1000, ...limits };
    this.admissions = new Admissions(limitsWith({ uploadFilesMax: 1, ...all }), this.clock);
  }

  async upload(address = "192.0.2.1"): Promise<Client> {
    const admission = this.admissions.admit(address);
    if (!(admission instanceof Admission)) throw new Error(admission.name);
    const body = new SlowBody();
    const outcome = readAll(admission, body).catch((error: unknown) => error);
    await Bun.sleep(0);
    return { admission, body, outcome };
  }

  /** The bound that keeps one more out, or "admitted"; that one ends at once. */
  try(address = "192.0.2.1"): string {
    const admission = this.admissions.admit(address);
    if (!(admission instanceof Admission)) return admission.name;
    admission.end();
    return "admitted";
  }
}

async function readAll(admission: Admission, body: RequestBody): Promise<number> {
  let octets = 0;
  for await (const piece of admission.chunks(body, Infinity)) octets += piece.length;
  return octets;
}

const two = { uploadsAtOnceMax: 2, uploadsPerAddressMax: 2 };

/** The text of the refusal that ended an upload. */
async function endOf({ outcome }: Client): Promise<string> {
  const error = await outcome;
  if (!(error instanceof BodyError)) throw new Error("the upload goes on");
  const { refusal } = error;
  return `${refusal?.status} ${refusal?.kind} ${refusal?.limit?.name} came ${refusal?.limit?.actual}`;
}

describe("uploads at one time", () => {
  test("may be slow while there is room", async () => {
    const site = new Site(two);
    const one = await site.upload();
    site.clock.advance(3_600_000);
    expect(site.try()).toBe("admitted");
    await one.body.send(1);
    await one.body.end();
    expect(await one.outcome).toBe(1);
  });

  test("are bounded while all of them are fast enough", async () => {
    const site = new Site(two);
    const all = [await site.upload(), await site.upload()];
    for (let i = 0; i < 20; i++) {
      site.clock.advance(slowTimeMs / 2);
      for (const { body } of all) await body.send(500);
    }
    expect(site.try()).toBe("uploadsPerAddressMax");
    expect(site.try("192.0.2.2")).toBe("uploadsAtOnceMax");
    for (const { body } of all) await body.end();
    expect(await Promise.all(all.map(({ outcome }) => outcome))).toEqual([10_000, 10_000]);
    for (const { admission } of all) admission.end();
    expect(site.try()).toBe("admitted");
  });

  test("end for a newcomer: the one first that has been too slow for longest", async () => {
    const site = new Site(two);
    const fast = await site.upload();
    site.clock.advance(500);
    const slow = await site.upload();
    await slow.body.send(100);
    site.clock.advance(1000);
    await fast.body.send(100_000);
    // 1,100 ms are what it may take for its 100 octets.
    expect(site.try()).toBe("uploadsPerAddressMax");
    site.clock.advance(101);
    const third = await site.upload();
    expect(await endOf(slow)).toBe("503 upload-slow uploadBytesPerSecondMin came 90");
    // The first one has earned a second, and not the hundred that its octets are worth.
    expect(site.try()).toBe("uploadsPerAddressMax");
    site.clock.advance(900);
    expect(site.try()).toBe("admitted");
    expect(await endOf(fast)).toContain("upload-slow");
    third.admission.end();
  });

  test("don't lose the time that the disk takes", async () => {
    const site = new Site({ uploadsAtOnceMax: 1, uploadsPerAddressMax: 1 });
    const admitted = site.admissions.admit("192.0.2.1");
    if (!(admitted instanceof Admission)) throw new Error(admitted.name);
    const body = new SlowBody();
    const pieces = admitted.chunks(body, Infinity);
    const first = pieces.next();
    await Bun.sleep(0);
    await body.send(1);
    expect((await first).done).toBe(false);
    // The piece is being written, for an hour.
    site.clock.advance(3_600_000);
    expect(site.try()).toBe("uploadsPerAddressMax");
    const second = pieces.next();
    await Bun.sleep(0);
    expect(site.try()).toBe("uploadsPerAddressMax");
    site.clock.advance(slowTimeMs + 2);
    expect(site.try()).toBe("admitted");
    expect(second).rejects.toBeInstanceOf(BodyError);
    await Bun.sleep(0);
  });

  test("of one address make room for that address, and leave the others alone", async () => {
    const site = new Site({ uploadsAtOnceMax: 4, uploadsPerAddressMax: 2 });
    const other = await site.upload("192.0.2.9");
    site.clock.advance(1);
    const own = [await site.upload(), await site.upload()];
    expect(site.try()).toBe("uploadsPerAddressMax");
    site.clock.advance(10 * slowTimeMs);
    const third = await site.upload();
    expect(await endOf(own[0] as Client)).toContain("upload-slow");
    await other.body.end();
    expect(await other.outcome).toBe(0);
    third.admission.end();
  });

  test("of an IPv6 client count by its network", async () => {
    const site = new Site({ uploadsAtOnceMax: 2, uploadsPerAddressMax: 1 });
    const one = await site.upload("2001:db8::1");
    expect(site.try("2001:db8::2")).toBe("uploadsPerAddressMax");
    expect(site.try("2001:db8:0:1::1")).toBe("admitted");
    one.admission.end();
  });

  test("count each file of a form, which never ends itself", async () => {
    const site = new Site({ uploadsAtOnceMax: 3, uploadsPerAddressMax: 3 });
    const form = await site.upload();
    expect(form.admission.addFile()).toBeUndefined();
    expect(form.admission.addFile()).toBeUndefined();
    site.clock.advance(10 * slowTimeMs);
    expect(form.admission.addFile()?.name).toBe("uploadsPerAddressMax");
    expect(site.try("192.0.2.2")).toBe("admitted");
    expect(await endOf(form)).toContain("upload-slow");
    // Its places have been given back, once.
    form.admission.end();
    const three = [await site.upload(), await site.upload(), await site.upload()];
    expect(site.try()).toBe("uploadsPerAddressMax");
    for (const { admission } of three) admission.end();
  });

  test("pass on what is wrong with the body", async () => {
    const site = new Site(two);
    const admitted = site.admissions.admit("192.0.2.1");
    if (!(admitted instanceof Admission)) throw new Error(admitted.name);
    const body = new FakeBody(new Uint8Array(5), 5);
    const read = admitted.chunks(body, 4).next();
    expect(read).rejects.toThrow("body-too-large");
    await Bun.sleep(0);
  });
});
