import { describe, expect, test } from "bun:test";

import { BodyError } from "../../../src/site/request.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { noFields } from "../../../src/http/fields/fields.ts";
import { http1Refusals } from "../../../src/http1/error.ts";
import { FieldLines } from "../../../src/http1/field-lines.ts";
import { IncomingBody } from "../../../src/server/connection/request-body.ts";

/** The declared length of a body in chunks: none. */
const chunked = undefined;

/** The kind that `promise` is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BodyError) return error.kind;
    throw error;
  }
  throw new Error("it was not rejected");
}

function text(octets: Uint8Array | undefined): string | undefined {
  return octets === undefined ? undefined : latin1Text(octets);
}

/** A body that comes in `parts`. */
function comingIn(parts: readonly string[], contentLength: number | undefined): IncomingBody {
  const left = [...parts];
  const body: IncomingBody = new IncomingBody(contentLength, {
    wanted: () => {
      const part = left.shift();
      if (part === undefined) body.end(noFields);
      else body.deliver(latin1Bytes(part));
    },
  });
  return body;
}

describe("read", () => {
  test("asks for octets when a reader waits, and not before", async () => {
    let asked = 0;
    const body = new IncomingBody(chunked, { wanted: () => asked++ });
    expect(asked).toBe(0);
    expect(body.wanted).toBe(false);
    const reading = body.read();
    expect(asked).toBe(1);
    expect(body.wanted).toBe(true);
    body.deliver(latin1Bytes("abc"));
    expect(body.wanted).toBe(false);
    expect(text(await reading)).toBe("abc");
  });

  test("may be answered before it returns", async () => {
    const body: IncomingBody = new IncomingBody(chunked, {
      wanted: () => body.deliver(latin1Bytes("now")),
    });
    expect(text(await body.read())).toBe("now");
  });

  test("is undefined at the end, and ever after", async () => {
    const body = new IncomingBody(chunked, { wanted: () => undefined });
    const waiting = body.read();
    body.end(noFields);
    expect(await waiting).toBeUndefined();
    expect(await body.read()).toBeUndefined();
    expect(await body.read()).toBeUndefined();
  });

  test("asks for nothing after the end", async () => {
    let asked = 0;
    const body = new IncomingBody(chunked, { wanted: () => asked++ });
    body.end(noFields);
    await body.read();
    expect(asked).toBe(0);
  });

  test("is one at a time", () => {
    const body = new IncomingBody(chunked, { wanted: () => undefined });
    void body.read();
    expect(() => body.read()).toThrow(new TypeError("one read of a body at a time"));
  });

  test("is rejected with what is wrong with the body, and ever after", async () => {
    const body = new IncomingBody(chunked, { wanted: () => undefined });
    const waiting = body.read();
    body.fail(http1Refusals["chunk-size"]);
    expect(await rejection(waiting)).toBe("chunk-size");
    expect(await rejection(body.read())).toBe("chunk-size");
  });

  test("says that the client is gone", async () => {
    const body = new IncomingBody(chunked, { wanted: () => undefined });
    body.fail("gone");
    expect(await rejection(body.read())).toBe("gone");
  });

  test("keeps its first end: nothing fails after it, and nothing ends after a failure", async () => {
    const ended = new IncomingBody(chunked, { wanted: () => undefined });
    ended.end(noFields);
    ended.fail("gone");
    expect(await ended.read()).toBeUndefined();
    const failed = new IncomingBody(chunked, { wanted: () => undefined });
    failed.fail(http1Refusals.incomplete);
    failed.end(noFields);
    expect(await rejection(failed.read())).toBe("incomplete");
  });

  test("that is not awaited doesn't end the process", async () => {
    const child = Bun.spawnSync([
      process.execPath,
      "-e",
      `const { IncomingBody } = await import(${JSON.stringify(import.meta.resolve("../../../src/server/connection/request-body.ts"))});
       const body = new IncomingBody(undefined, { wanted: () => {} });
       body.read();
       body.fail("gone");
       body.readAll(10);
       await Bun.sleep(1);
       process.stdout.write("alive");`,
    ]);
    expect(child.stdout.toString()).toBe("alive");
    expect(child.exitCode).toBe(0);
  });
});

describe("readAll", () => {
  test("puts together what arrives in pieces", async () => {
    expect(text(await comingIn(["ab", "c", "def"], chunked).readAll(6))).toBe("abcdef");
    expect(text(await comingIn(["abc"], chunked).readAll(6))).toBe("abc");
    expect(text(await comingIn([], chunked).readAll(6))).toBe("");
  });

  test("takes as much as the maximum, and not an octet more", async () => {
    expect(text(await comingIn(["abc", "def"], chunked).readAll(6))).toBe("abcdef");
    expect(await rejection(comingIn(["abc", "defg"], chunked).readAll(6))).toBe("body-too-large");
  });

  test("refuses a length that was declared too large before it asks for an octet", async () => {
    let asked = 0;
    const body = new IncomingBody(7, { wanted: () => asked++ });
    expect(await rejection(body.readAll(6))).toBe("body-too-large");
    expect(asked).toBe(0);
  });

  test("is what has not been read yet", async () => {
    const body = comingIn(["ab", "cd", "ef"], chunked);
    await body.read();
    expect(text(await body.readAll(10))).toBe("cdef");
  });
});

/** All of `chunks`, as text. */
async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const chunk of chunks) all.push(latin1Text(chunk));
  return all;
}

/** A body without end whose own maximum is 3. */
function bounded(): IncomingBody {
  const body: IncomingBody = new IncomingBody(
    chunked,
    { wanted: () => body.deliver(latin1Bytes("a")) },
    3,
  );
  return body;
}

describe("chunks", () => {
  test("are the octets as they arrive; a body is iterated over as its chunks", async () => {
    expect(await gathered(comingIn(["ab", "c", "def"], chunked).chunks())).toEqual([
      "ab",
      "c",
      "def",
    ]);
    expect(await gathered(comingIn(["ab", "c"], chunked))).toEqual(["ab", "c"]);
    expect(await gathered(comingIn([], chunked))).toEqual([]);
  });

  test("are asked for one by one", async () => {
    let asked = 0;
    const body: IncomingBody = new IncomingBody(chunked, {
      wanted: () => {
        asked++;
        body.deliver(latin1Bytes("a"));
      },
    });
    for await (const _ of body) {
      await new Promise((resolve) => setImmediate(resolve));
      if (asked === 3) break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(3);
  });

  test("are taken up to the maximum, and not an octet more", async () => {
    expect(await gathered(comingIn(["abc", "def"], chunked).chunks(6))).toEqual(["abc", "def"]);
    expect(await rejection(gathered(comingIn(["abc", "defg"], chunked).chunks(6)))).toBe(
      "body-too-large",
    );
  });

  test("have a maximum of their body's own, which an argument lowers or raises", async () => {
    expect(await rejection(gathered(bounded()))).toBe("body-too-large");
    expect(await rejection(bounded().readAll())).toBe("body-too-large");
    const declared = new IncomingBody(4, { wanted: () => undefined }, 3);
    expect(await rejection(gathered(declared))).toBe("body-too-large");
    expect(declared.wanted).toBe(false);
    const raised: IncomingBody = new IncomingBody(
      4,
      {
        wanted: () => {
          if (raised.wanted) raised.deliver(latin1Bytes("abcd"));
          raised.end(noFields);
        },
      },
      3,
    );
    expect(text(await raised.readAll(4))).toBe("abcd");
  });

  test("that are left leave the rest", async () => {
    const body = comingIn(["ab", "cd", "ef"], chunked);
    for await (const chunk of body) {
      expect(latin1Text(chunk)).toBe("ab");
      break;
    }
    expect(text(await body.readAll(10))).toBe("cdef");
  });
});

describe("trailers (RFC 9112 §7.1.2)", () => {
  test("are there once the body has been read", () => {
    const body = new IncomingBody(chunked, { wanted: () => undefined });
    expect(body.trailers.count).toBe(0);
    const section = latin1Bytes("Digest: abc\r\n");
    body.end(new FieldLines(section, [0, 6, 8, 11]));
    expect([...body.trailers]).toEqual([["Digest", "abc"]]);
  });
});
