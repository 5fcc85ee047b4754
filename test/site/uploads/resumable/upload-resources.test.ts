import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";

import type { ResponseField } from "../../../../src/http/message/response.ts";
import type { Request, RequestBody } from "../../../../src/site/request.ts";
import { BodyError } from "../../../../src/site/request.ts";
import { TempSite } from "../../../temp-site.ts";
import { FakeBody, requestOf } from "../../fake-request.ts";
import { show } from "../../shown-response.ts";
import { SiteClient } from "../../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const options = { post: "upload", put: true, uploadMode: 0o644 } as const;
const client = new SiteClient(site.root, options);
const read = (name: string): string => readFileSync(site.at(name), "utf8");

type Fields = Readonly<Record<string, string>>;

/** A body of `pieces`, after which it ends, breaks off with an error, or never goes on. */
class SentBody extends FakeBody {
  /** Resolves when all pieces were read and another is asked for. */
  readonly asked = Promise.withResolvers<void>();
  readonly #pieces: readonly string[];
  readonly #then: "end" | "break" | "wait";

  constructor(pieces: readonly string[], then: "end" | "break" | "wait") {
    super(undefined, undefined);
    this.#pieces = pieces;
    this.#then = then;
  }

  override async *chunks(octetsMax = Infinity): AsyncGenerator<Uint8Array> {
    let octets = 0;
    for (const piece of this.#pieces) {
      octets += piece.length;
      if (octets > octetsMax) throw new BodyError("body-too-large");
      yield Buffer.from(piece);
    }
    this.asked.resolve();
    if (this.#then === "break") throw new BodyError("request-timeout");
    if (this.#then === "wait") await Promise.withResolvers<never>().promise;
  }
}

/** A request whose content comes in chunks, and the 1xx that it is sent. */
function sending(
  line: string,
  fields: Fields,
  body: RequestBody,
): Request & { readonly told: (readonly [number, Fields])[] } {
  const told: (readonly [number, Fields])[] = [];
  const inform = (_: Request, status: number, lines: readonly ResponseField[]): void =>
    void told.push([status, Object.fromEntries(lines)]);
  const request = requestOf(line, { ...fields, "Transfer-Encoding": "chunked" });
  return { ...request, body, connection: { inform }, told };
}

const complete = {
  "Upload-Complete": "?1",
  "Upload-Draft-Interop-Version": "8",
  "Content-Disposition": "inline; filename=a.txt",
} as const;

const answerTo = async (request: Request): Promise<ReturnType<typeof show>> =>
  show(await client.answer(request));

const errorOf = (request: Request): Promise<string> =>
  Promise.resolve(client.answer(request)).then(
    () => "answered",
    (error: unknown) => (error instanceof BodyError ? error.kind : "other"),
  );

const patch = (offset: number, isLast = true): Fields => ({
  "Content-Type": "application/partial-upload",
  "Upload-Offset": String(offset),
  "Upload-Complete": isLast ? "?1" : "?0",
});

describe("all of a file in one request", () => {
  test("is stored as it is without the field, if the client doesn't know the 104", async () => {
    const fields = { ...complete, "Upload-Draft-Interop-Version": "7" };
    const request = sending("POST /", fields, new SentBody(["one", "two"], "end"));
    const { status, fields: sent } = await answerTo(request);
    expect([status, sent["Upload-Complete"], sent["Location"]]).toEqual([201, "?1", "./a.txt"]);
    expect(request.told).toEqual([]);
    expect(read("a.txt")).toBe("onetwo");
  });

  test("leaves nothing then when it breaks off", async () => {
    const fields = { ...complete, "Upload-Draft-Interop-Version": "7" };
    const request = sending("POST /", fields, new SentBody(["one"], "break"));
    expect(await errorOf(request)).toBe("request-timeout");
    expect(request.explainBreak).toBeUndefined();
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("is resumed where it broke off, by what the 104 has told (§5)", async () => {
    const request = sending("POST /", complete, new SentBody(["one", "two"], "break"));
    expect(await errorOf(request)).toBe("request-timeout");
    expect(request.explainBreak?.()).toBe("keeps 6 bytes");
    const [[status, told] = [0, {}], ...more] = request.told;
    expect([status, more.length, told["Upload-Draft-Interop-Version"]]).toEqual([104, 0, "8"]);
    expect(told["Upload-Limit"]).toBe("max-size=17179869184, max-age=86400");
    const way = told["Location"]?.slice(1) ?? "";
    expect((await client.ask(`HEAD ${way}`)).fields["Upload-Offset"]).toBe("6");
    expect((await client.ask(`PATCH ${way}`, patch(6), "six")).status).toBe(201);
    expect(read("a.txt")).toBe("onetwosix");
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
  });

  test("leaves nothing beside the file when it doesn't", async () => {
    const request = sending("POST /", complete, new SentBody(["one"], "end"));
    expect((await answerTo(request)).fields["Location"]).toBe("./a.txt");
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
    expect(client.surroundings).toBeDefined();
  });

  test("is refused when fewer octets, or more, come than it says", async () => {
    const short = sending(
      "POST /",
      { ...complete, "Upload-Length": "4" },
      new SentBody(["one"], "end"),
    );
    const { status, fields } = await answerTo(short);
    expect([status, fields["Upload-Complete"]]).toEqual([400, "?0"]);
    const way = short.told[0]?.[1]["Location"]?.slice(1) ?? "";
    expect((await client.ask(`PATCH ${way}`, patch(3), "!")).status).toBe(201);
    expect(read("a.txt")).toBe("one!");
    const long = sending(
      "POST /",
      { ...complete, "Upload-Length": "2" },
      new SentBody(["one"], "end"),
    );
    const refused = await answerTo(long);
    expect([refused.status, refused.fields["Upload-Complete"]]).toEqual([400, "?1"]);
    const plain = { ...complete, "Upload-Draft-Interop-Version": "0", "Upload-Length": "4" };
    const asOne = sending("POST /", plain, new SentBody(["one"], "end"));
    expect((await answerTo(asOne)).status).toBe(400);
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
  });
});

test("the beginning of a file leaves nothing when it breaks off, if nothing told where it is", async () => {
  for (const [version, kept] of [
    ["7", 0],
    ["8", 2],
  ] as const) {
    const fields = { "Upload-Complete": "?0", "Upload-Draft-Interop-Version": version };
    const request = sending("POST /", fields, new SentBody(["one"], "break"));
    expect(await errorOf(request)).toBe("request-timeout");
    expect(readdirSync(site.root)).toHaveLength(kept);
  }
});

describe("a PUT", () => {
  test("is resumed, and its condition is evaluated at both ends", async () => {
    const begun = { "Upload-Complete": "?0", "If-None-Match": "*" };
    const first = await client.ask("PUT /a.txt", begun, "one");
    expect([first.status, first.fields["Location"]]).toEqual([
      201,
      expect.stringMatching(/^\.\/\?upload=/),
    ]);
    const way = first.fields["Location"]?.slice(1) ?? "";
    site.file("a.txt", "old");
    const last = await client.ask(`PATCH ${way}`, patch(3), "two");
    expect([last.status, last.fields["Upload-Complete"]]).toEqual([412, "?1"]);
    expect((await client.ask("PUT /a.txt", begun, "one")).status).toBe(412);
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
    expect(read("a.txt")).toBe("old");
  });

  test("replaces, and is answered as a PUT", async () => {
    site.file("a.txt", "old", 0o640);
    const tag = (await client.ask("GET /b.txt")).fields["ETag"];
    expect(tag).toBeUndefined();
    const first = await client.ask("PUT /a.txt", { "Upload-Complete": "?0" }, "one");
    const way = first.fields["Location"]?.slice(1) ?? "";
    const last = await client.ask(`PATCH ${way}`, patch(3), "two");
    expect([last.status, last.body, last.fields["Upload-Complete"]]).toEqual([204, "", "?1"]);
    expect(read("a.txt")).toBe("onetwo");
  });

  test("of a name that became the site's own is refused at the end", async () => {
    const first = await client.ask("PUT /a.txt.gz", { "Upload-Complete": "?0" }, "one");
    site.file("a.txt", "old");
    const way = first.fields["Location"]?.slice(1) ?? "";
    expect((await client.ask(`PATCH ${way}`, patch(3), "")).status).toBe(403);
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
  });
});

/** An upload that a request appends to, which never ends by itself. */
async function receiving(): Promise<readonly [way: string, body: SentBody, end: Promise<string>]> {
  const answer = await client.ask("POST /", { ...complete, "Upload-Complete": "?0" }, "one");
  const way = answer.fields["Location"]?.slice(1) ?? "";
  const body = new SentBody(["two"], "wait");
  const end = errorOf(sending(`PATCH ${way}`, patch(3), body));
  await body.asked.promise;
  return [way, body, end];
}

describe("two requests for one upload (§4.6)", () => {
  test("one that asks for the offset ends the one that receives, and hears what came", async () => {
    const [way, , end] = await receiving();
    const told = await client.ask(`HEAD ${way}`);
    expect(await end).toBe("gone");
    expect(told.fields["Upload-Offset"]).toBe("6");
    expect((await client.ask(`PATCH ${way}`, patch(6), "six")).status).toBe(201);
    expect(read("a.txt")).toBe("onetwosix");
  });

  test("one that appends goes on from there, and no octet is there twice", async () => {
    const [way, , end] = await receiving();
    // Of these each may end the one before it, as that was ended by the first.
    await Promise.allSettled(
      [3, 6, 6, 3, 6].map((offset) => client.ask(`PATCH ${way}`, patch(offset), "six")),
    );
    expect(await end).toBe("gone");
    const { fields } = await client.ask(`HEAD ${way}`);
    expect(["6", "9"]).toContain(fields["Upload-Offset"] ?? "none");
    const offset = Number(fields["Upload-Offset"]);
    const answer = await client.ask(`PATCH ${way}`, patch(offset), "six".slice(0, 9 - offset));
    expect(answer.status).toBe(201);
    expect(read("a.txt")).toBe("onetwosix");
  });

  test("one that cancels leaves nothing", async () => {
    const [way, , end] = await receiving();
    expect((await client.ask(`DELETE ${way}`)).status).toBe(204);
    expect(await end).toBe("gone");
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("of two processes, the one that has it lets go when it is asked", async () => {
    const [way, , end] = await receiving();
    const other = new SiteClient(site.root, options);
    const told = await other.ask(`HEAD ${way}`);
    expect([await end, told.status, told.fields["Upload-Offset"]]).toEqual(["gone", 204, "6"]);
  });
});

describe("what is bounded", () => {
  test("so many wait for their rest at one time, of one address fewer", async () => {
    const two = new SiteClient(site.root, { ...options, limits: { uploadsUnfinishedMax: 16 } });
    const begin = async (remoteAddress = "192.0.2.1"): ReturnType<SiteClient["ask"]> => {
      const request = requestOf("POST /", { "Upload-Complete": "?0" }, "");
      return show(await two.answer({ ...request, remoteAddress }));
    };
    const ways = [(await begin()).fields["Location"], (await begin()).fields["Location"]];
    const third = await begin();
    expect([third.status, third.fields["Retry-After"]]).toEqual([503, "60"]);
    // All of a file in one request is stored, and can't be resumed.
    const request = sending("POST /", complete, new SentBody(["one"], "end"));
    expect(show(await two.answer(request)).status).toBe(201);
    expect(request.told).toEqual([]);
    expect((await two.ask(`DELETE ${ways[0]?.slice(1)}`)).status).toBe(204);
    expect((await begin()).status).toBe(201);
    const others = Array.from({ length: 20 }, (_, i) => begin(`198.51.100.${i}`));
    const statuses = (await Promise.all(others)).map(({ status }) => status);
    expect([201, 503].map((status) => statuses.filter((s) => s === status).length)).toEqual([
      14, 6,
    ]);
  });

  test("a disk without room takes none, and nothing is left", async () => {
    const limits = { uploadFreeBytesMin: Number.MAX_SAFE_INTEGER };
    const full = new SiteClient(site.root, { ...options, limits });
    const answer = await full.ask("POST /", { "Upload-Complete": "?0" }, "one");
    expect(answer.status).toBe(507);
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("a thousand that begin and are cancelled leave nothing", async () => {
    for (let i = 0; i < 1000; i++) {
      const answer = await client.ask("POST /", { "Upload-Complete": "?0" }, "");
      await client.ask(`DELETE ${answer.fields["Location"]?.slice(1)}`);
    }
    expect(readdirSync(site.root)).toEqual([]);
  });
});

test("a form isn't resumed", async () => {
  const fields = { "Content-Type": "multipart/form-data; boundary=x", "Upload-Complete": "?0" };
  expect((await client.ask("POST /", fields, "--x--")).status).toBe(415);
});

test("a name is cleaned as that of a form is", async () => {
  const fields = { "Upload-Complete": "?1" };
  for (const [sent, name] of [
    ['inline; filename="../../.htaccess"', "htaccess"],
    ["attachment; filename*=UTF-8''..%2F..%2Fx%0Ay", "x_y"],
    ["inline", "upload"],
  ] as const) {
    const answer = await client.ask("POST /", { ...fields, "Content-Disposition": sent }, "x");
    expect(answer.fields["Location"]).toBe(`./${name}`);
  }
});
