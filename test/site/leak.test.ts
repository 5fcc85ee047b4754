/**
 * No client is answered with what was made for another one: not by a finisher, a route or a rewrite
 * that says nothing about caching, and not by a copy of a cached response. Two clients send the same
 * octets in turn, many times, so that everything is cached that can be.
 */

import { afterAll, beforeEach, describe, expect, spyOn, test } from "bun:test";

import { utf8Bytes } from "../../src/http/octets/bytes.ts";
import type { RequestHead } from "../../src/http/message/request.ts";
import type { Response, ResponseField } from "../../src/http/message/response.ts";
import { CachedResponse } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { TreeContent } from "../../src/site/content/tree-content.ts";
import type { Endpoint, Finisher } from "../../src/site/endpoint.ts";
import { RouteEndpoint, RouteTable } from "../../src/site/library/route-endpoint.ts";
import { ErrorPages } from "../../src/site/pages/error-page.ts";
import type { Request } from "../../src/site/request.ts";
import { ResponsePacing } from "../../src/site/response-pacing.ts";
import { TreeEndpoint } from "../../src/site/content/tree-endpoint.ts";
import type { SiteParts } from "../../src/site/site.ts";
import { Site } from "../../src/site/site.ts";
import type { View } from "../../src/tree/view.ts";
import { TempSite } from "../temp-site.ts";
import { FakeBody, repeatedHead, requestWith, settledMs } from "./fake-request.ts";
import { show } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());
folder.file("shared.txt", "shared");
folder.file("of/192.0.2.1", "shared with 192.0.2.1");
folder.file("of/192.0.2.2", "shared with 192.0.2.2");
folder.file("404.html", "none");
folder.file("MyForm.html", "<form>");

const addresses: readonly string[] = ["192.0.2.1", "192.0.2.2"];
const roundsMany = 8;

let client = new SiteClient(folder.root);
let routes = new RouteTable(() => undefined);
let tree: TreeEndpoint;

/** The endpoint of the tree, and a route table before it. */
beforeEach(() => {
  client = new SiteClient(folder.root);
  routes = new RouteTable(() => undefined);
  const { pages, content } = services();
  const mapping = { redirects: [], rewrites: [], cleanUrls: false, single: false };
  tree = new TreeEndpoint({ tree: client.tree, content, pages, mapping });
});

function services(): { readonly pages: ErrorPages; readonly content: TreeContent } {
  const { limits, surroundings, tree: files } = client;
  const pages = new ErrorPages(files, limits, false);
  const content = new TreeContent({
    tree: files,
    pages,
    limits,
    budgets: surroundings.budgets,
    listing: true,
    explain: false,
    cacheSeconds: undefined,
    variants: undefined,
    archives: undefined,
    previews: undefined,
    earlyHints: undefined,
    live: undefined,
  });
  return { pages, content };
}

/** A site that answers by these tables; by the tree alone, if they name no endpoint. */
function siteOf({ endpoints = [tree], ...tables }: Partial<SiteParts>): Site {
  const { limits, surroundings } = client;
  const pacing = new ResponsePacing(surroundings.budgets.responses, limits);
  const { pages } = services();
  return new Site({ guards: [], finishers: [], ...tables, endpoints, pages, pacing, limits });
}

/** What one of the clients got. */
interface Got {
  readonly address: string;
  readonly response: Response;
  /** All of it, as text. */
  readonly text: string;
}

/** Both clients ask for what `head` names, in turn, again and again. */
async function askInTurn(site: Site, head = repeatedHead("GET /shared.txt")): Promise<Got[]> {
  const all: Got[] = [];
  const receivedMs = settledMs();
  for (let round = 0; round < roundsMany; round++) {
    for (const address of addresses) {
      const since = client.surroundings.logicalClock.tick();
      const response = await site.answer(requestWith(head, receivedMs, address), since);
      const { fields, body } = show(response);
      all.push({ address, response, text: JSON.stringify([fields, body]) });
    }
  }
  return all;
}

/** Each answer is its client's own. */
function expectOwn(all: readonly Got[]): void {
  expect(all).toHaveLength(roundsMany * addresses.length);
  for (const { address, text } of all) {
    expect(text).toContain("shared");
    for (const one of addresses) expect([one, text.includes(one)]).toEqual([one, one === address]);
  }
}

const methods = (): readonly string[] => ["GET"];

const clientField = ({ remoteAddress }: Request): ResponseField => ["X-Client", remoteAddress];

/** A copy of `response` that names the client that it is for. */
const copyFor = (request: Request, response: Response): Response => ({
  ...response,
  fields: [...response.fields, clientField(request)],
});

test("the plain file is cached, and both clients get the same object", async () => {
  const site = siteOf({});
  const all = await askInTurn(site);
  const last = all.at(-1);
  expect(last?.response).toBeInstanceOf(CachedResponse);
  expect(new Set(all.slice(4).map(({ response }) => response)).size).toBe(1);
  const opened = spyOn(client.tree, "open");
  const again = await askInTurn(site);
  // A head that is new is answered twice before its response is kept.
  expect(opened.mock.calls.length).toBeLessThanOrEqual(2);
  expect(new Set(again.slice(2).map(({ response }) => response)).size).toBe(1);
});

const finish: Finisher["finish"] = (response, request) =>
  request === undefined ? response : copyFor(request, response);

describe("a finisher that adds the client's address", () => {
  const finishers: readonly (readonly [says: string, finisher: Finisher])[] = [
    ["that it is not repeatable", { isRepeatable: false, finish }],
    ["nothing of caching, as untyped code would", { finish } as unknown as Finisher],
  ];

  test.each(finishers)("says %s", async (_says, finisher) => {
    const site = siteOf({ finishers: [finisher] });
    expectOwn(await askInTurn(site));
    // What it was added to was cached all the same.
    const opened = spyOn(client.tree, "open");
    const head = repeatedHead("GET /shared.txt");
    await askInTurn(site, head);
    const { length } = opened.mock.calls;
    expectOwn(await askInTurn(site, head));
    expect(opened.mock.calls.length).toBe(length);
  });

  test.each(finishers)("says %s, on an error's page", async (_says, finisher) => {
    const all = await askInTurn(siteOf({ finishers: [finisher] }), repeatedHead("GET /nothing"));
    for (const { address, text } of all) {
      expect(addresses.filter((one) => text.includes(one))).toEqual([address]);
    }
  });
});

const mine = (): RequestHead => repeatedHead("GET /mine");

/** A site with the added routes before the tree. */
const withRoutes = (): Site => {
  const { limits, surroundings, tree: files } = client;
  const service = { tree: files, ...services(), limits, budgets: surroundings.budgets };
  return siteOf({ endpoints: [new RouteEndpoint(routes, service), tree] });
};

describe("a route that answers with a file, and adds the client's address", () => {
  test("by a field of a copy", async () => {
    routes.add("GET", "/mine", async (request) =>
      copyFor(request, await request.answerWithFile("/shared.txt")),
    );
    expectOwn(await askInTurn(withRoutes(), mine()));
  });

  test("at once, by a copy with another body", async () => {
    routes.add("GET", "/mine", (request) => {
      const response = request.answerWithFile("/shared.txt") as Response;
      const text = `shared with ${request.remoteAddress}`;
      return { ...response, body: { kind: "bytes", bytes: utf8Bytes(text) } };
    });
    expectOwn(await askInTurn(withRoutes(), mine()));
  });

  test("and leaves the file's own answer, and that of a route without it, as they are", async () => {
    routes.add("GET", "/mine", (request) =>
      copyFor(request, request.answerWithFile("/shared.txt") as Response),
    );
    routes.add("GET", "/plain", (request) => request.answerWithFile("/shared.txt"));
    const site = withRoutes();
    for (const line of ["GET /shared.txt", "GET /plain"]) {
      await askInTurn(site, repeatedHead(line));
      expectOwn(await askInTurn(site, mine()));
      for (const { text } of await askInTurn(site, repeatedHead(line))) {
        expect(text).not.toContain("192.0.2.");
      }
    }
  });

  test("by a response that could be given out again, made for each client", async () => {
    routes.add("GET", "/mine", (request) =>
      new ResponseBuilder(200).text(`shared with ${request.remoteAddress}`).buildCached(),
    );
    expectOwn(await askInTurn(withRoutes(), mine()));
  });
});

/** The request for a file of its client alone. */
const rewritten = (request: Request): Request => ({
  ...request,
  head: repeatedHead(`GET /of/${request.remoteAddress}`),
});
/** The same, under the head that came: with its slot. */
const retargeted = (request: Request): Request => {
  const { target } = rewritten(request).head;
  return { ...request, head: { ...request.head, target } };
};

describe("a rewrite by the client's address that asks the tree's endpoint by the same view", () => {
  const rewrites: readonly (readonly [what: string, rewrite: (request: Request) => Request])[] = [
    ["with a head of its own", rewritten],
    ["with the slot of the request's head", retargeted],
  ];
  for (const [what, rewrite] of rewrites) {
    const answer = (request: Request, view: View): ReturnType<Endpoint["answer"]> =>
      tree.answer(rewrite(request), view);

    test(`${what}, and says that it is not repeatable`, async () => {
      expectOwn(
        await askInTurn(siteOf({ endpoints: [{ isRepeatable: false, methods, answer }, tree] })),
      );
    });

    test(`${what}, and says nothing of caching, as untyped code would`, async () => {
      const endpoint = { methods, answer } as unknown as Endpoint;
      expectOwn(await askInTurn(siteOf({ endpoints: [endpoint, tree] })));
    });
  }
});

describe("a copy of a cached response, handed on by an endpoint that is repeatable", () => {
  test("with another field, is given once", async () => {
    const endpoint: Endpoint = {
      isRepeatable: true,
      methods,
      answer: (request, view) => copyFor(request, tree.answer(request, view) as Response),
    };
    expectOwn(await askInTurn(siteOf({ endpoints: [endpoint] })));
  });

  test("with another field, is given once, where a finisher is repeatable, too", async () => {
    const endpoint: Endpoint = {
      isRepeatable: true,
      methods,
      answer: (request, view) => copyFor(request, tree.answer(request, view) as Response),
    };
    const finisher: Finisher = {
      isRepeatable: true,
      finish: (response) => ({ ...response, fields: [...response.fields, ["X-A", "b"]] }),
    };
    const all = await askInTurn(siteOf({ endpoints: [endpoint], finishers: [finisher] }));
    expectOwn(all);
    for (const { text } of all) expect(text).toContain('"X-A":"b"');
  });

  test("with another body, is given once", async () => {
    const endpoint: Endpoint = {
      isRepeatable: true,
      methods,
      answer: (request, view) => {
        const response = tree.answer(request, view) as Response;
        const bytes = utf8Bytes(`shared with ${request.remoteAddress}`);
        return { ...response, body: { kind: "bytes", bytes } };
      },
    };
    expectOwn(await askInTurn(siteOf({ endpoints: [endpoint] })));
  });
});

test("what a form held is told of the request that it came in", async () => {
  const head = repeatedHead("POST /", {
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": "11",
  });
  const receivedMs = settledMs();
  for (let round = 0; round < roundsMany; round++) {
    const responses = addresses.map((address) => {
      const body = new FakeBody(utf8Bytes(`a=${address}`), 11, true);
      return client.answer({ ...requestWith(head, receivedMs, address), body });
    });
    for (const [i, address] of addresses.entries()) {
      expect((await responses[i])?.note?.form?.()).toEqual({ a: address });
    }
  }
});
