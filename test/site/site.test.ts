import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import { refusals } from "../../src/http/message/error.ts";
import type { Response } from "../../src/http/message/response.ts";
import { CachedResponse } from "../../src/http/message/response.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { Endpoint, Finisher, Guard } from "../../src/site/endpoint.ts";
import { ErrorPages } from "../../src/site/pages/error-page.ts";
import type { Request } from "../../src/site/request.ts";
import { ResponsePacing } from "../../src/site/response-pacing.ts";
import type { SiteParts } from "../../src/site/site.ts";
import { Site } from "../../src/site/site.ts";
import type { Dependency, View } from "../../src/tree/view.ts";
import { TempSite } from "../temp-site.ts";
import { FakeLookup } from "./fake-lookup.ts";
import { repeatedHead, requestOf, requestWith } from "./fake-request.ts";
import { show } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";

const folder = new TempSite();
afterAll(() => folder[Symbol.dispose]());
let client = new SiteClient(folder.root);
beforeEach(() => {
  client = new SiteClient(folder.root);
});

/** A site of these tables. */
function siteOf(tables: Partial<Pick<SiteParts, "guards" | "endpoints" | "finishers">>): Site {
  const { limits, surroundings, tree } = client;
  const pages = new ErrorPages(tree, limits, false);
  const pacing = new ResponsePacing(surroundings.budgets.responses, limits);
  return new Site({ guards: [], endpoints: [], finishers: [], ...tables, pages, pacing, limits });
}

const textResponse = (text: string): Response => new ResponseBuilder(200).text(text).build();

/** What a site answers to a request at the moment 1. */
const answer = async (site: Site, request: Request): Promise<Response> => site.answer(request, 1);

const bodyOf = async (site: Site, request = requestOf("GET /")): Promise<string> =>
  show(await answer(site, request)).body;

/** An endpoint that counts how often it was asked. */
class FakeEndpoint implements Endpoint {
  readonly isRepeatable: boolean;
  asked = 0;
  readonly #answer: (request: Request, view: View) => ReturnType<Endpoint["answer"]>;
  readonly #methods: ReturnType<Endpoint["methods"]>;

  constructor(
    respond: (request: Request, view: View) => ReturnType<Endpoint["answer"]>,
    methods: ReturnType<Endpoint["methods"]> = [],
    isRepeatable = false,
  ) {
    this.#answer = respond;
    this.#methods = methods;
    this.isRepeatable = isRepeatable;
  }

  methods(): ReturnType<Endpoint["methods"]> {
    return this.#methods;
  }

  answer(request: Request, view: View): ReturnType<Endpoint["answer"]> {
    this.asked++;
    return this.#answer(request, view);
  }
}

const nothing = (): undefined => undefined;
const fail = (): never => {
  throw new Error("on purpose");
};
const copyOf = (response: Response): Response => ({ ...response });

describe("endpoints", () => {
  test("are asked in their order, and those after the first that answers are not", async () => {
    const [first, second, third] = [
      new FakeEndpoint(nothing),
      new FakeEndpoint(() => textResponse("second")),
      new FakeEndpoint(() => textResponse("third")),
    ];
    expect(await bodyOf(siteOf({ endpoints: [first, second, third] }))).toBe("second");
    expect([first, second, third].map(({ asked }) => asked)).toEqual([1, 1, 0]);
  });

  test("may find out later that a request is for another one", async () => {
    const [first, second, third] = [
      new FakeEndpoint(() => Promise.resolve(undefined)),
      new FakeEndpoint(nothing),
      new FakeEndpoint(() => Promise.resolve(textResponse("third"))),
    ];
    expect(await bodyOf(siteOf({ endpoints: [first, second, third] }))).toBe("third");
    expect([first, second, third].map(({ asked }) => asked)).toEqual([1, 1, 1]);
    expect((await answer(siteOf({ endpoints: [first, second] }), requestOf("GET /"))).status).toBe(
      405,
    );
  });

  test("that answer at once are answered with at once", () => {
    const response = textResponse("now");
    const site = siteOf({ endpoints: [new FakeEndpoint(() => response)] });
    expect(site.answer(requestOf("GET /"), 1)).toBe(response);
  });

  test("see one view for one request, which says how fresh the answer has to be", () => {
    const views: View[] = [];
    const look = (_request: Request, view: View): undefined => {
      views.push(view);
    };
    const site = siteOf({ endpoints: [new FakeEndpoint(look), new FakeEndpoint(look)] });
    const request = requestOf("GET /");
    void site.answer(request, 7);
    expect(new Set(views).size).toBe(1);
    expect([views[0]?.since, views[0]?.receivedMs]).toEqual([7, request.receivedMs]);
  });

  test("that fail, at once or later, fail the answer", async () => {
    const site = siteOf({ endpoints: [new FakeEndpoint(fail)] });
    expect(() => site.answer(requestOf("GET /"), 1)).toThrow("on purpose");
    const later = siteOf({ endpoints: [new FakeEndpoint(() => Promise.try(fail))] });
    const failed = answer(later, requestOf("GET /")).catch((error: Error) => error.message);
    expect(await failed).toBe("on purpose");
  });
});

test("a refusal of content that broke off says in the log what is kept of it", () => {
  const site = siteOf({});
  const request = { ...requestOf("PATCH /"), explainBreak: () => "keeps 3 of 6 bytes" };
  expect(site.refuse(refusals["request-timeout"], request).note?.reason).toEndWith(
    ": keeps 3 of 6 bytes",
  );
  const { note } = site.refuse(refusals["request-timeout"], requestOf("PATCH /"));
  expect(note?.reason).toMatch(/^408 request-timeout \([^:]*\)$/);
});

/** An endpoint that answers nothing, and says why. */
const knowing = (reason: string | undefined): Endpoint =>
  Object.assign(new FakeEndpoint(() => undefined), { explainAbsence: () => reason });

test("the reason of a 405 is that of the first endpoint that knows one", async () => {
  const endpoints = [knowing(undefined), knowing("first"), knowing("second")];
  const request = requestOf("PUT /");
  const sentence = "The methods here are: OPTIONS.";
  const known = await answer(siteOf({ endpoints }), request);
  expect(known.note).toEqual({ sentence, reason: "first" });
  expect((await answer(siteOf({}), request)).note).toEqual({ sentence });
});

describe("405 and Allow (RFC 9110 §15.5.6)", () => {
  test.each(["PUT", "DELETE", "PATCH", "TRACE", "get", "PROPFIND"])("%s", async (method) => {
    const { status, fields, body } = await client.ask(`${method} /empty.txt`);
    expect(status).toBe(405);
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS, POST");
    expect(body).toContain("The methods here are: GET, HEAD, OPTIONS, POST.");
  });

  test("CONNECT", async () => {
    expect((await client.ask("CONNECT a.example:443")).status).toBe(405);
  });

  test("Allow is what the tree and the routes take together, each once", async () => {
    client.routes.add("PUT", "/x", () => textResponse(""));
    client.routes.add("GET", "/x", () => textResponse(""));
    const { fields } = await client.ask("DELETE /x");
    expect(fields["Allow"]).toBe("GET, HEAD, OPTIONS, PUT, POST");
    expect((await client.ask("DELETE /y")).fields["Allow"]).toBe("GET, HEAD, OPTIONS, POST");
  });

  test.each<readonly [methods: readonly ReturnType<Endpoint["methods"]>[], allow: string]>([
    [[], "OPTIONS"],
    [[[]], "OPTIONS"],
    [[["PUT", "GET"]], "GET, OPTIONS, PUT"],
    [[["LOCK", "HEAD"], ["GET", "LOCK"], ["BREW"]], "GET, HEAD, OPTIONS, LOCK, BREW"],
    [[["OPTIONS", "PUT"]], "OPTIONS, PUT"],
    [[Promise.resolve(["PUT"]), ["GET"], Promise.resolve(["DELETE"])], "GET, OPTIONS, PUT, DELETE"],
  ])("Allow follows from the endpoints: %j is %s", async (methods, allow) => {
    const site = siteOf({ endpoints: methods.map((each) => new FakeEndpoint(nothing, each)) });
    const refused = show(await answer(site, requestOf("PATCH /")));
    expect([refused.status, refused.fields["Allow"]]).toEqual([405, allow]);
    expect(refused.body).toContain(`The methods here are: ${allow}.`);
    const told = show(await answer(site, requestOf("OPTIONS /")));
    expect([told.status, told.fields["Allow"], told.kind]).toEqual([204, allow, "none"]);
  });

  test("and no endpoint says anything else than what it does", async () => {
    client.routes.add("PUT", "/x", () => textResponse("put"));
    client.routes.add("GET", "/y", () => textResponse("get"));
    for (const path of ["/x", "/y", "/empty.txt", "/"]) {
      const allow = (await client.ask(`OPTIONS ${path}`)).fields["Allow"]?.split(", ") ?? [];
      for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) {
        const { status } = await client.ask(`${method} ${path}`, {}, "a=b");
        expect([method, path, status !== 405]).toEqual([method, path, allow.includes(method)]);
      }
    }
  });
});

describe("OPTIONS (RFC 9110 §9.3.7)", () => {
  test("of the server, and of a path", async () => {
    for (const target of ["*", "/", "/nowhere"]) {
      expect(await client.ask(`OPTIONS ${target}`)).toMatchObject({
        status: 204,
        fields: { Allow: "GET, HEAD, OPTIONS, POST" },
        body: "",
      });
    }
  });

  test("tells what has been added", async () => {
    client.routes.add("PUT", "/x", () => textResponse(""));
    expect((await client.ask("OPTIONS /x")).fields["Allow"]).toBe("GET, HEAD, OPTIONS, PUT, POST");
  });

  test("is an endpoint's own where it answers it", async () => {
    client.routes.add("OPTIONS", "/x", () => textResponse("mine"));
    expect((await client.ask("OPTIONS /x")).body).toBe("mine");
  });
});

/** A response that may be given out again, made of what `dependency` says. */
function cachedBy(dependency: Dependency, text = "cached"): FakeEndpoint {
  return new FakeEndpoint(
    (_request, view) => {
      view.depend(dependency);
      return new ResponseBuilder(200).text(text).buildCached();
    },
    ["GET"],
    true,
  );
}

/** A guard that counts how often it was asked. */
class FakeGuard implements Guard {
  asked = 0;
  verdict: ReturnType<Guard["check"]>;

  constructor(verdict?: ReturnType<Guard["check"]>) {
    this.verdict = verdict;
  }

  check(): ReturnType<Guard["check"]> {
    this.asked++;
    return this.verdict;
  }
}

describe("guards", () => {
  const refused = new ResponseBuilder(403).text("no").build();

  test("are asked in their order, before any endpoint, and the first verdict counts", async () => {
    const guards = [new FakeGuard(), new FakeGuard(refused), new FakeGuard()];
    const endpoint = new FakeEndpoint(() => textResponse("yes"));
    expect(await bodyOf(siteOf({ guards, endpoints: [endpoint] }))).toBe("no");
    expect(guards.map(({ asked }) => asked)).toEqual([1, 1, 0]);
    expect(endpoint.asked).toBe(0);
  });

  test("may take their time", async () => {
    const guards = [new FakeGuard(Promise.resolve(refused))];
    expect(await bodyOf(siteOf({ guards }))).toBe("no");
  });

  test("may take their time to let a request pass, to the guards behind them first", async () => {
    const guards = [new FakeGuard(Promise.resolve(undefined)), new FakeGuard(refused)];
    const endpoint = new FakeEndpoint(() => textResponse("yes"));
    expect(await bodyOf(siteOf({ guards, endpoints: [endpoint] }))).toBe("no");
    expect(endpoint.asked).toBe(0);
    guards[1] = new FakeGuard(Promise.resolve(undefined));
    expect(await bodyOf(siteOf({ guards, endpoints: [endpoint] }))).toBe("yes");
    expect(guards.map(({ asked }) => asked)).toEqual([2, 1]);
  });

  test("that have taken their time lead to a cached response, too", async () => {
    const guard = new FakeGuard();
    const endpoint = cachedBy(new FakeLookup());
    const site = siteOf({ guards: [guard], endpoints: [endpoint] });
    const head = repeatedHead("GET /");
    for (let i = 0; i < 3; i++) {
      guard.verdict = Promise.resolve(undefined);
      expect(await bodyOf(site, requestWith(head))).toBe("cached");
    }
    expect(endpoint.asked).toBe(1);
  });

  test("are asked for every request, for one whose response is cached, too", async () => {
    const guard = new FakeGuard();
    const endpoint = cachedBy(new FakeLookup());
    const site = siteOf({ guards: [guard], endpoints: [endpoint] });
    const head = repeatedHead("GET /");
    for (let i = 1; i <= 5; i++) {
      expect(await bodyOf(site, requestWith(head))).toBe("cached");
      expect(guard.asked).toBe(i);
    }
    expect(endpoint.asked).toBe(1);
    guard.verdict = refused;
    expect(await bodyOf(site, requestWith(head))).toBe("no");
    guard.verdict = undefined;
    expect(await bodyOf(site, requestWith(head))).toBe("cached");
  });

  test("give verdicts that are never cached, whatever they are", async () => {
    const verdict = new CachedResponse(refused);
    const guard = new FakeGuard(verdict);
    const site = siteOf({ guards: [guard], endpoints: [cachedBy(new FakeLookup())] });
    const head = repeatedHead("GET /");
    for (let i = 0; i < 3; i++) expect(await bodyOf(site, requestWith(head))).toBe("no");
    guard.verdict = undefined;
    expect(await bodyOf(site, requestWith(head))).toBe("cached");
  });
});

/** A finisher that adds its name, and how many responses it has seen. */
class FakeFinisher implements Finisher {
  readonly isRepeatable: boolean;
  readonly requests: (Request | undefined)[] = [];
  readonly #name: string;

  constructor(name: string, isRepeatable: boolean) {
    this.#name = name;
    this.isRepeatable = isRepeatable;
  }

  finish(response: Response, request: Request | undefined): Response {
    this.requests.push(request);
    const field = [this.#name, String(this.requests.length)] as const;
    return { ...response, fields: [...response.fields, field] };
  }
}

describe("finishers", () => {
  let [once, each, last] = [
    new FakeFinisher("Once", true),
    new FakeFinisher("Each", false),
    new FakeFinisher("Last", true),
  ];
  beforeEach(() => {
    once = new FakeFinisher("Once", true);
    each = new FakeFinisher("Each", false);
    last = new FakeFinisher("Last", true);
  });

  test("see each response once: of an endpoint, of a guard, of none, now or later", async () => {
    const guard = new FakeGuard();
    const site = siteOf({
      guards: [guard],
      endpoints: [
        new FakeEndpoint(({ head }) => (head.rawTarget === "/now" ? textResponse("") : undefined)),
        new FakeEndpoint(({ head }) =>
          head.rawTarget === "/later" ? Promise.resolve(textResponse("")) : undefined,
        ),
      ],
      finishers: [each, once, last],
    });
    let count = 0;
    const check = (response: Response): void => {
      const n = String(++count);
      expect(response.fields.slice(-3)).toEqual([
        ["Once", n],
        ["Last", n],
        ["Each", n],
      ]);
    };
    for (const line of ["GET /now", "GET /later", "GET /none", "OPTIONS /none"]) {
      check(await answer(site, requestOf(line)));
    }
    guard.verdict = textResponse("");
    check(await answer(site, requestOf("GET /now")));
    guard.verdict = Promise.resolve(textResponse(""));
    check(await answer(site, requestOf("GET /now")));
    check(site.refuse(refusals.path, requestOf("GET /%2e%2e/")));
    check(site.refuse(refusals["handler-failed"], undefined));
    expect(once.requests.at(-1)).toBeUndefined();
    expect(each.requests.at(-1)).toBeUndefined();
  });

  test("that are repeatable run once for a cached response, and others each time", async () => {
    const site = siteOf({
      endpoints: [cachedBy(new FakeLookup())],
      finishers: [once, each, last],
    });
    const head = repeatedHead("GET /");
    for (let i = 1; i <= 4; i++) {
      const request = requestWith(head);
      const { fields } = show(await answer(site, request));
      expect(fields).toMatchObject({ Once: "1", Last: "1", Each: String(i) });
      expect(each.requests.at(-1)).toBe(request);
    }
    expect([once.requests.length, last.requests.length]).toEqual([1, 1]);
  });

  test("that are repeatable leave a response that is given out again as the same object", async () => {
    const site = siteOf({ endpoints: [cachedBy(new FakeLookup())], finishers: [once, last] });
    const head = repeatedHead("GET /");
    const first = await answer(site, requestWith(head));
    expect(first).toBeInstanceOf(CachedResponse);
    expect(await answer(site, requestWith(head))).toBe(first);
  });
});

describe("a response is cached", () => {
  /** How often `endpoint` is asked when the same octets come three times. */
  async function askedOf(endpoint: FakeEndpoint, head = repeatedHead("GET /")): Promise<number> {
    const site = siteOf({ endpoints: [endpoint] });
    for (let i = 0; i < 3; i++) await answer(site, requestWith(head));
    return endpoint.asked;
  }

  const cached = new ResponseBuilder(200).text("cached").buildCached();
  const dependency = new FakeLookup();
  const withView = (
    respond: (view: View) => ReturnType<Endpoint["answer"]>,
    isRepeatable = true,
  ): FakeEndpoint => new FakeEndpoint((_request, view) => respond(view), [], isRepeatable);

  test("where the endpoint, the response and the head may be repeated", async () => {
    expect(await askedOf(cachedBy(dependency))).toBe(1);
  });

  const others: readonly (readonly [why: string, endpoint: FakeEndpoint])[] = [
    [
      "its endpoint isn't repeatable",
      withView((view) => {
        view.depend(dependency);
        return cached;
      }, false),
    ],
    [
      "it isn't made to be given out again",
      withView((view) => {
        view.depend(dependency);
        return textResponse("once");
      }),
    ],
    [
      "it is a copy of one that is",
      withView((view) => {
        view.depend(dependency);
        return copyOf(cached);
      }),
    ],
    [
      "it comes later",
      withView((view) => {
        view.depend(dependency);
        return Promise.resolve(cached);
      }),
    ],
    ["it depends on nothing that can be checked", withView(() => cached)],
    [
      "it depends on something else, too",
      withView((view) => {
        view.depend(dependency);
        view.dependOnMore();
        return cached;
      }),
    ],
  ];
  test.each(others)("but not where %s", async (_why, endpoint) => {
    expect(await askedOf(endpoint)).toBe(3);
  });

  test("but not where the head is not given out again", async () => {
    const endpoint = cachedBy(dependency);
    const site = siteOf({ endpoints: [endpoint] });
    for (let i = 0; i < 3; i++) await answer(site, requestOf("GET /"));
    expect(endpoint.asked).toBe(3);
  });

  test("until what it depends on has changed, or the endpoints have", async () => {
    const changing = new FakeLookup();
    const endpoint = cachedBy(changing);
    const site = siteOf({ endpoints: [endpoint] });
    const head = repeatedHead("GET /");
    const ask = async (): Promise<number> => {
      await answer(site, requestWith(head));
      return endpoint.asked;
    };
    expect([await ask(), await ask()]).toEqual([1, 1]);
    changing.current = false;
    expect(await ask()).toBe(2);
    changing.current = true;
    expect([await ask(), await ask()]).toEqual([2, 2]);
    site.endpointsChanged();
    expect([await ask(), await ask()]).toEqual([3, 3]);
  });
});
