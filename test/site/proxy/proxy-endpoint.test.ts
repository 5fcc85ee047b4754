import { afterAll, beforeEach, describe, expect, test } from "bun:test";

import type { Fields } from "../../../src/http/fields/fields.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import type { Response } from "../../../src/http/message/response.ts";
import type { OpenSite, SiteSurroundings } from "../../../src/site/open-site.ts";
import { openSite } from "../../../src/site/open-site.ts";
import type {
  BackendAddress,
  BackendCall,
  BackendResponse,
  OutgoingRequest,
} from "../../../src/site/proxy/backend.ts";
import { BackendError } from "../../../src/site/proxy/backend.ts";
import { ownPseudonym } from "../../../src/site/proxy/proxy-endpoint.ts";
import type { Request } from "../../../src/site/request.ts";
import { BodyError } from "../../../src/site/request.ts";
import type { SiteOptions } from "../../../src/site/site-options.ts";
import { defaultSiteOptions } from "../../../src/site/site-options.ts";
import { headOf } from "../../http1/transcript.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

/** Fields that were read from `lines`. */
function fieldsOf(...lines: readonly string[]): Fields {
  return headOf(`GET / HTTP/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`).fields;
}

/** What the backends were asked for, and what they answer. */
const asked: { readonly address: BackendAddress; readonly request: OutgoingRequest }[] = [];
let aborts = 0;
let answer: () => Promise<BackendResponse>;

const hello: BackendResponse = {
  status: 200,
  minorVersion: 1,
  fields: fieldsOf("X-A: 1", "Content-Length: 5", "x-a: 2", "Connection: X-Hop", "X-Hop: 1"),
  body: { kind: "bytes", bytes: latin1Bytes("hello") },
};

const backends: NonNullable<SiteSurroundings["backends"]> = () => ({
  open: (addresses) =>
    addresses.map((address) => ({
      ask: (request): BackendCall => {
        asked.push({ address, request });
        return { answer: answer(), abort: () => void aborts++ };
      },
    })),
  close: () => undefined,
});

beforeEach(() => {
  asked.length = 0;
  aborts = 0;
  answer = () => Promise.resolve(hello);
});

const client = new SiteClient(site.root);

function open(options: SiteOptions): OpenSite {
  const complete = { ...defaultSiteOptions, root: site.root, ...options };
  return openSite(complete, { ...client.surroundings, backends });
}

const api = { proxy: { "/api": "http://127.0.0.1:3000", "/v": "http://b.test/v1/" } } as const;

async function ask(request: Request, options: SiteOptions = api): Promise<Response> {
  return open(options).site.answer(request, client.surroundings.logicalClock.tick());
}

const lines = ({ fields }: Response): string[] =>
  fields.map(([name, value]) => `${name}: ${value}`);

const text = ({ body }: Response): string =>
  body.kind === "bytes" ? new TextDecoder().decode(body.bytes) : body.kind;

describe("a path below a prefix", () => {
  test("is asked for at its backend, with its query, in any method", async () => {
    await ask(requestOf("PURGE /api/a%2Fb?c=%20d"));
    await ask(requestOf("GET /v/x"));
    expect(
      asked.map(({ address, request }) => [address.host, request.method, request.target]),
    ).toEqual([
      ["127.0.0.1", "PURGE", "/api/a%2Fb?c=%20d"],
      ["b.test", "GET", "/v1/x"],
    ]);
    expect(asked[0]?.request.timeoutMs).toBe(60_000);
  });

  test("belongs to the longest prefix", async () => {
    const proxy = { "/": "http://a", "/api": "http://b", "/api/x": "http://c" };
    for (const path of ["/api/x/1", "/api/y", "/MySchedule.html"]) {
      await ask(requestOf(`GET ${path}`), { proxy });
    }
    expect(asked.map(({ address }) => address.host)).toEqual(["c", "b", "a"]);
  });

  test("is OPTIONS, too, so that Allow is the backend's", async () => {
    await ask(requestOf("OPTIONS /api"));
    expect(asked).toHaveLength(1);
    const own = await ask({
      ...requestOf("GET /"),
      head: headOf("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    });
    expect([own.status, asked.length]).toEqual([204, 1]);
  });

  test("is no other path", async () => {
    expect((await ask(requestOf("GET /apis"))).status).toBe(404);
    expect((await ask(requestOf("GET /MySchedule.html"))).status).toBe(200);
    expect(asked).toEqual([]);
  });

  test("comes after routes", async () => {
    using _ = client.routes.add("GET", "/api/own", () => new globalThis.Response("mine"));
    expect((await ask(requestOf("GET /api/own"))).status).toBe(200);
    expect(asked).toEqual([]);
  });

  test("is refused where it could leave the prefix", async () => {
    for (const path of ["/api/../x", "/api/%2e%2e/x", "/api/..%2fx", "/api/..;/x", "/api/%00"]) {
      expect([path, (await ask(requestOf(`GET ${path}`))).status]).toEqual([path, 400]);
    }
    expect(asked).toEqual([]);
  });

  test("is guarded like any: the origin, the host (RFC 9110 §7.4)", async () => {
    const foreign = requestOf("POST /api/x", { Origin: "http://elsewhere.test" }, "x");
    expect((await ask(foreign)).status).toBe(403);
    const rebound = {
      ...requestOf("GET /api/x", { Host: "evil.test" }),
      remoteAddress: "127.0.0.1",
    };
    expect((await ask(rebound)).status).toBe(421);
    expect(asked).toEqual([]);
  });
});

describe("what a backend answers", () => {
  test("keeps its status, its fields in their order and spelling, and its octets", async () => {
    const response = await ask(requestOf("GET /api/x"));
    expect(response.status).toBe(200);
    expect(lines(response)).toEqual(["X-A: 1", "x-a: 2", "Via: 1.1 postern"]);
    expect(text(response)).toBe("hello");
  });

  test("keeps its Date (RFC 9110 §6.6.1)", async () => {
    const date = "Tue, 15 Nov 1994 08:12:31 GMT";
    answer = () =>
      Promise.resolve({ ...hello, minorVersion: 0, fields: fieldsOf(`Date: ${date}`) });
    const response = await ask(requestOf("GET /api/x"));
    expect(response.date).toBe(date);
    expect(lines(response)).toEqual(["Via: 1.0 postern"]);
  });

  test("is changed by no rule for headers, no CORS and no script of live reload", async () => {
    const fields = fieldsOf("Content-Type: text/html");
    answer = () => Promise.resolve({ ...hello, fields });
    const headers = [{ name: "X-Rule", value: "1" }];
    const options = { ...api, headers, cors: true, live: true, explain: true, cache: 5 };
    const response = await ask(requestOf("GET /api/x", { Origin: "http://a" }), options);
    expect(lines(response)).toEqual(["Content-Type: text/html", "Via: 1.1 postern"]);
    expect(text(response)).toBe("hello");
  });

  test("to HEAD has the length that the backend tells, and no content", async () => {
    const body = { kind: "none" } as const;
    answer = () => Promise.resolve({ ...hello, body });
    const response = await ask(requestOf("HEAD /api/x"));
    expect(response.body).toMatchObject({ kind: "stream", octets: 5 });
    answer = () => Promise.resolve({ ...hello, body, fields: fieldsOf() });
    expect((await ask(requestOf("HEAD /api/x"))).body).toMatchObject({ octets: undefined });
  });

  test("may be another protocol, if the client has asked for it (RFC 9110 §7.8)", async () => {
    let abandoned = 0;
    const body = {
      kind: "tunnel",
      open: () => {
        throw new Error("not opened here");
      },
      abandon: () => void abandoned++,
    } as const;
    const upgrade = { Connection: "Upgrade", Upgrade: "websocket" };
    answer = () =>
      Promise.resolve({
        ...hello,
        status: 101,
        body,
        fields: fieldsOf("Upgrade: WebSocket", "X: 1"),
      });
    const response = await ask(requestOf("GET /api/x", upgrade));
    expect(response).toMatchObject({ status: 101, upgrade: "WebSocket" });
    expect(lines(response)).toEqual(["X: 1", "Via: 1.1 postern"]);
    expect(abandoned).toBe(0);
    for (const fields of [{}, { Connection: "Upgrade", Upgrade: "other" }]) {
      expect((await ask(requestOf("GET /api/x", fields))).status).toBe(502);
    }
    expect(abandoned).toBe(2);
  });

  test("may be told ahead by interim responses (RFC 9110 §15.2)", async () => {
    const informed: unknown[] = [];
    const request = {
      ...requestOf("GET /api/x"),
      connection: {
        inform: (of: Request, status: number, fields: unknown) =>
          void informed.push([of === request, status, fields]),
      },
    };
    answer = () => {
      asked.at(-1)?.request.interim(103, fieldsOf("Link: </a>", "Connection: X", "X: 1"));
      return Promise.resolve(hello);
    };
    await ask(request);
    expect(informed).toEqual([[true, 103, [["Link", "</a>"]]]]);
  });
});

const fail = (fault: BackendError["fault"], request: Request, options: SiteOptions = api) => {
  answer = () => Promise.reject(new BackendError(fault, "the detail"));
  return ask(request, options);
};

describe("no answer", () => {
  test("is 502, 504 or 503, by what is wrong (RFC 9110 §15.6)", async () => {
    const statuses = {
      unreachable: 502,
      untrusted: 502,
      malformed: 502,
      broken: 502,
      late: 504,
      busy: 503,
    };
    for (const [fault, status] of Object.entries(statuses)) {
      const response = await fail(fault as BackendError["fault"], requestOf("GET /api/x"));
      expect([fault, response.status]).toEqual([fault, status]);
    }
  });

  test("says which backend to clients on this machine, and to others with explain", async () => {
    const far = requestOf("GET /api/x");
    const loopback = {
      ...requestOf("GET /api/x", { Host: "localhost" }),
      remoteAddress: "127.0.0.1",
    };
    const proxied = {
      ...requestOf("GET /api/x", { Host: "localhost", "X-Forwarded-For": "192.0.2.1" }),
      remoteAddress: "127.0.0.1",
    };
    expect(text(await fail("unreachable", loopback))).toContain(
      "http://127.0.0.1:3000, the backend of /api, can&#39;t be reached.",
    );
    for (const request of [far, proxied]) {
      const page = text(await fail("unreachable", request));
      expect(page).toContain("The backend of /api can&#39;t be reached.");
      expect(page).not.toContain("3000");
    }
    const explained = text(await fail("unreachable", far, { ...api, explain: true }));
    expect(explained).toContain("http://127.0.0.1:3000: the detail");
  });

  test("tells the log why", async () => {
    const { note } = await fail("late", requestOf("GET /api/x"));
    expect(note?.reason).toBe(
      "504 gateway-timeout (RFC 9110 §15.6.5): http://127.0.0.1:3000: the detail",
    );
  });

  test("resets a client that has left", async () => {
    let thrown: unknown;
    await fail("aborted", requestOf("GET /api/x")).catch((error: unknown) => (thrown = error));
    expect(thrown).toBeInstanceOf(BodyError);
  });
});

test("a client that leaves has the request given up", async () => {
  const request = requestOf("GET /api/x");
  await ask(request);
  expect([request.hasOwnDeadline, aborts]).toEqual([true, 0]);
  request.whenLeft?.();
  expect(aborts).toBe(1);
  await ask({ ...requestOf("GET /api/x"), hasLeft: true });
  expect(aborts).toBe(2);
});

test("a request that comes back is a loop, and gets 502 (RFC 9110 §7.6.3)", async () => {
  expect((await ask(requestOf("GET /api/x", { Via: `1.1 a, 1.1 ${ownPseudonym}` }))).status).toBe(
    502,
  );
  expect(asked).toEqual([]);
  expect((await ask(requestOf("GET /api/x", { Via: "1.1 postern-00000000 (x)" }))).status).toBe(
    200,
  );
});

test("a request that must not be forwarded is answered here (RFC 9110 §7.6.2)", async () => {
  const response = await ask(requestOf("OPTIONS /api/x", { "Max-Forwards": "0" }));
  expect([response.status, asked.length]).toEqual([204, 0]);
  expect((await ask(requestOf("TRACE /api/x", { "Max-Forwards": "0" }))).status).toBe(405);
});

test("a rule that can't be read keeps the site from opening", () => {
  expect(() => open({ proxy: { "/api": "nowhere" } })).toThrow(
    "/api needs a URL such as http://127.0.0.1:3000, or unix:/run/app.sock, not nowhere",
  );
});
