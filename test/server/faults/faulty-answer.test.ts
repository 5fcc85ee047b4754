import { describe, expect, test } from "bun:test";

import type { Response } from "../../../index.ts";
import { ResponseBuilder } from "../../../index.ts";
import type { Refusal } from "../../../src/http/message/error.ts";
import type { ProperSite } from "../../../src/server/faults/faulty-answer.ts";
import { faultyAnswer } from "../../../src/server/faults/faulty-answer.ts";
import type { FaultOptions } from "../../../src/server/faults/fault-options.ts";
import type { Request } from "../../../src/site/request.ts";
import { requestOf } from "../../site/fake-request.ts";

/** A site that keeps what it was asked and what it refused. */
class FakeSite implements ProperSite {
  readonly asked: Request[] = [];
  readonly refused: Refusal[] = [];

  turnAway(): undefined {
    return undefined;
  }

  answerAfter(_: Response | undefined, request: Request): Response {
    this.asked.push(request);
    return new ResponseBuilder(200)
      .field("ETag", 'W/"a"')
      .field("Last-Modified", "Sun, 22 Nov 2026 15:04:05 GMT")
      .text("proper")
      .build();
  }

  refuse(refusal: Refusal): Response {
    this.refused.push(refusal);
    return new ResponseBuilder(refusal.status).field("Retry-After", "1").text("refused").build();
  }
}

async function answerTo(
  faults: FaultOptions,
  fields: Readonly<Record<string, string>> = {},
  count = 1,
): Promise<{ readonly site: FakeSite; readonly request: Request; readonly response: Response }> {
  const site = new FakeSite();
  const request = requestOf("GET /a", fields);
  return {
    site,
    request,
    response: await faultyAnswer(faults, { request, since: 0 }, site, count),
  };
}

const lines = ({ fields }: Response): string[] =>
  fields.map(([name, value]) => `${name}: ${value}`);

describe("statuses", () => {
  test.each([
    [1, 503],
    [2, 429],
    [3, 200],
    [9, 200],
  ])("for request %d: %d", async (count, status) => {
    const faults = { statuses: [503, 429, 200], retryAfter: 7 };
    const { site, response } = await answerTo(faults, {}, count);
    expect(response.status).toBe(status);
    expect(lines(response).includes("Retry-After: 7")).toBe(status !== 200);
    expect([site.asked.length, site.refused.length]).toEqual(status === 200 ? [1, 0] : [0, 1]);
    expect(site.refused.every(({ close }) => !close)).toBe(true);
  });

  test("without a name have the page of their class, and no field that wasn't asked for", async () => {
    const { site, response } = await answerTo({ statuses: [499] });
    expect([response.status, site.refused[0]?.status]).toEqual([499, 400]);
    expect(lines(response).join()).not.toContain("Retry-After");
  });
});

describe("validators that change", () => {
  test("are of the version that the count says", async () => {
    const faults = { changingValidator: true };
    const { response } = await answerTo(faults, {}, 3);
    expect(lines(response)).toContain('ETag: W/"a-fault3"');
    expect(lines(response)).toContain("Last-Modified: Sun, 22 Nov 2026 15:04:02 GMT");
  });

  test.each([
    [{ "If-None-Match": '"a"', "If-Modified-Since": "x", Accept: "b" }, ["Host", "Accept"]],
    [{ Range: "bytes=1-", "If-Match": "*" }, ["Host", "Range"]],
    [{ Range: "bytes=1-", "If-Range": '"a"' }, ["Host"]],
  ])("let the site see of %j only %j", async (fields, left) => {
    const { site, request } = await answerTo({ changingValidator: true }, fields);
    const [asked] = site.asked;
    const seen = asked?.head.fields;
    expect([...(seen ?? [])].map(([name]) => name)).toEqual(left);
    expect(seen?.count).toBe(left.length);
    expect(seen?.has("host")).toBe(true);
    expect(seen?.get("HOST")).toBe("a");
    expect(seen?.getAll("if-none-match")).toEqual([]);
    expect([asked?.head.slot, asked?.head.method, asked?.body]).toEqual([undefined, "GET", request.body]); // prettier-ignore
  });

  test.each([{ "If-Match": '"a"' }, { "If-Unmodified-Since": "x" }])(
    "meet no %j",
    async (fields) => {
      const { response } = await answerTo({ changingValidator: true }, fields);
      expect(response.status).toBe(412);
    },
  );

  test("hand on what a route wants to be told", async () => {
    const { site, request } = await answerTo({ changingValidator: true });
    const [asked] = site.asked;
    let left = 0;
    if (asked !== undefined) asked.whenLeft = () => void left++;
    expect(asked?.hasLeft).toBe(request.hasLeft);
    request.hasLeft = true;
    request.whenLeft?.();
    expect([asked?.hasLeft, left]).toEqual([true, 1]);
    if (asked !== undefined) asked.hasOwnDeadline = true;
    expect(request.hasOwnDeadline).toBe(true);
  });

  test("know the user and the trusted proxy, and may be informed", async () => {
    const informed: unknown[] = [];
    const site = new FakeSite();
    const request: Request = {
      ...requestOf("GET /a"),
      user: "ines",
      forwarded: { peerAddress: "10.0.0.1", scheme: "https", authority: undefined },
      connection: { inform: (...told) => void informed.push(...told) },
    };
    await faultyAnswer({ changingValidator: true }, { request, since: 0 }, site, 1);
    const [asked] = site.asked;
    expect(asked).toMatchObject({ user: "ines", forwarded: { scheme: "https" } });
    if (asked !== undefined) asked.connection?.inform?.(asked, 103, []);
    expect(informed).toEqual([request, 103, []]);
  });
});
