import { afterAll, describe, expect, test } from "bun:test";

import type { CorsRule, HeaderRule } from "../../../src/site/rules/rules.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { refusals } from "../../../src/http/message/error.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { octetsOf } from "../shown-response.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("index.html", "home");
site.file("a.txt", "abcdefghij");
site.file("long.txt", "many words ".repeat(200));
site.file("shut.txt", "shut", 0o600);
site.file("assets/app.js", "script");
site.file("assets/a b.js", "script");
site.file("assets/deep/é.js", "script");

/** A response as a client sees it. */
interface Answered {
  readonly status: number;
  readonly headers: Headers;
}

function answered(response: Response): Answered {
  octetsOf(response);
  return {
    status: response.status,
    headers: new Headers([...response.fields].map(([...pair]) => pair)),
  };
}

/** The method and the fields of a request. */
interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Ask = (path: string, asking?: Asking) => Promise<Answered>;

/** A refusal of what could not be read: it is too long. */
const tooLong = { ...refusals.path, kind: "request-line-too-long", status: 414 } as const;

const hook = (): Response => new ResponseBuilder(200).text("hook").build();

/** Runs `look` with a way to ask a site that has `options`. */
async function during(
  options: SiteClientOptions,
  look: (ask: Ask, client: SiteClient) => Promise<void>,
): Promise<void> {
  const client = new SiteClient(site.root, options);
  client.routes.add("GET", "/fails", () => {
    throw new Error("on purpose");
  });
  client.routes.add("GET", "/own", () =>
    new ResponseBuilder(200)
      .field("Access-Control-Allow-Origin", "https://own.example")
      .field("Vary", "Origin")
      .text("own")
      .build(),
  );
  const ask: Ask = async (path, { method = "GET", headers } = {}) => {
    // A server refuses it before it is a request.
    if (path.length > 8192) return answered(client.opened.site.refuse(tooLong, undefined));
    const request = requestOf(`${method} /${path}`, headers);
    try {
      return answered(await client.answer(request));
    } catch {
      return answered(client.opened.site.refuse(refusals["handler-failed"], request));
    }
  };
  await look(ask, client);
}

const withHeaders = (...headers: readonly HeaderRule[]): { headers: readonly HeaderRule[] } => ({
  headers,
});

describe("--header", () => {
  test("is on every answer, whatever it is", async () => {
    await during(withHeaders({ name: "X-Mine", value: "yes" }), async (ask) => {
      const answers: [string, Asking, number][] = [
        ["", {}, 200],
        ["a.txt", { headers: { Range: "bytes=0-1" } }, 206],
        ["a.txt", { headers: { Range: "bytes=99-" } }, 416],
        ["a.txt", { headers: { "If-None-Match": "*" } }, 304],
        ["a.txt", { headers: { "If-Match": '"x"' } }, 412],
        ["a.txt", { method: "DELETE" }, 405],
        ["a.txt", { method: "OPTIONS" }, 204],
        ["assets", {}, 308],
        ["nothing", {}, 404],
        ["shut.txt", {}, 403],
        ["a%2Fb", {}, 400],
        ["fails", {}, 500],
        ["x".repeat(9000), {}, 414],
      ];
      for (const [path, init, status] of answers) {
        const response = await ask(path, init);
        expect([path.slice(0, 9), response.status]).toEqual([path.slice(0, 9), status]);
        expect(response.headers.get("X-Mine")).toBe("yes");
      }
    });
  });

  test("is on what could not even be read", async () => {
    const mine = { name: "X-Mine", value: "yes" };
    const rules = withHeaders(mine, { path: "/**", name: "X-Path", value: "a" });
    await during(rules, (_ask, client) => {
      const { status, headers } = answered(client.opened.site.refuse(refusals.method, undefined));
      expect([status, headers.get("X-Mine"), headers.get("X-Path")]).toEqual([400, "yes", null]);
      return Promise.resolve();
    });
  });

  test("takes the place of the server's own, and keeps what was given twice", async () => {
    const rules = withHeaders(
      { name: "cache-control", value: "no-store" },
      { name: "X-Content-Type-Options", value: "" },
      { name: "Link", value: "</a>; rel=preload" },
      { name: "link", value: "</b>; rel=preload" },
      { name: "Set-Cookie", value: "a=1" },
      { name: "Set-Cookie", value: "b=2" },
    );
    await during(rules, async (ask) => {
      const { headers } = await ask("a.txt");
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("X-Content-Type-Options")).toBe("");
      expect(headers.get("Link")).toBe("</a>; rel=preload, </b>; rel=preload");
      expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    });
  });

  test("adds to what the answer depends on anyway (RFC 9110 §12.5.5)", async () => {
    const rules = withHeaders({ name: "vary", value: "Cookie, Accept-Encoding" });
    await during({ ...rules, cors: { origins: ["https://a"] }, single: true }, async (ask) => {
      expect((await ask("long.txt")).headers.get("Vary")).toBe("Accept-Encoding, cookie, Origin");
      expect((await ask("nothing")).headers.get("Vary")).toBe(
        "Accept, Sec-Fetch-Dest, cookie, accept-encoding, Origin",
      );
    });
  });

  test("says of content what is true of content alone", async () => {
    const rules = withHeaders(
      { name: "Cache-Control", value: "max-age=9, immutable" },
      { name: "Content-Type", value: "text/x-mine" },
      { name: "Content-Language", value: "de" },
    );
    await during(rules, async (ask) => {
      const { headers } = await ask("a.txt");
      expect(headers.get("Content-Type")).toBe("text/x-mine");
      expect(headers.get("Content-Language")).toBe("de");
      expect(headers.get("Cache-Control")).toBe("max-age=9, immutable");
      for (const path of ["nothing", "shut.txt"]) {
        const missing = await ask(path);
        expect(missing.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
        expect(missing.headers.get("Content-Language")).toBeNull();
        expect(missing.headers.get("Cache-Control")).toBeNull();
      }
      const kept = await ask("a.txt", { headers: { "If-None-Match": "*" } });
      expect(kept.headers.get("Cache-Control")).toBe("max-age=9, immutable");
      expect(kept.headers.get("Content-Type")).toBeNull();
      const parts = await ask("a.txt", { headers: { Range: "bytes=0-1,8-9" } });
      expect(parts.headers.get("Content-Type")).toStartWith("multipart/byteranges; boundary=");
    });
  });

  test("goes by the path that was asked for, decoded", async () => {
    const rules = withHeaders(
      { path: "/assets/**", name: "X-Below", value: "1" },
      { path: "/*.txt", name: "X-Text", value: "1" },
      { path: "/", name: "X-Root", value: "1" },
      { path: "/assets/a b.js", name: "X-Space", value: "1" },
      { path: "/**/é.js", name: "X-Accent", value: "1" },
    );
    await during(rules, async (ask) => {
      const names = ["X-Below", "X-Text", "X-Root", "X-Space", "X-Accent"];
      const found: [string, string][] = [];
      for (const path of ["", "a.txt", "assets/", "assets/a%20b.js", "assets/deep/%C3%A9.js"]) {
        const { headers } = await ask(`${path}?/assets/x`);
        found.push([path, names.filter((name) => headers.has(name)).join(" ")]);
      }
      for (const path of ["nothing.txt", "ASSETS/x", "assets/x/y/", "a%2Fb.txt"]) {
        const { headers } = await ask(path);
        found.push([path, names.filter((name) => headers.has(name)).join(" ")]);
      }
      expect(found).toEqual([
        ["", "X-Root"],
        ["a.txt", "X-Text"],
        ["assets/", "X-Below"],
        ["assets/a%20b.js", "X-Below X-Space"],
        ["assets/deep/%C3%A9.js", "X-Below X-Accent"],
        ["nothing.txt", "X-Text"],
        ["ASSETS/x", ""],
        ["assets/x/y/", "X-Below"],
        ["a%2Fb.txt", ""],
      ]);
    });
  });
});

const origin = "https://app.example";
const from = (value: string, more: Record<string, string> = {}): Asking => ({
  headers: { Origin: value, ...more },
});

/** The fields of an answer that are about CORS, without their common beginning. */
function corsOf({ headers }: Answered): Record<string, string> {
  const names = [...headers].filter(([name]) => name.startsWith("access-control-"));
  return Object.fromEntries(names.map(([name, value]) => [name.slice(15), value]));
}

const exposed = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag";

describe("--cors (Fetch §3.3)", () => {
  test("lets any origin read any answer, without credentials", async () => {
    await during({ cors: true }, async (ask) => {
      for (const path of [
        "",
        "nothing",
        "shut.txt",
        "assets",
        "a%2Fb",
        "fails",
        "x".repeat(9000),
      ]) {
        for (const init of [{}, from(origin), from("null")]) {
          const response = await ask(path, init);
          expect(corsOf(response)).toEqual({ "allow-origin": "*", "expose-headers": exposed });
          expect(response.headers.get("Vary") ?? "").not.toContain("Origin");
        }
      }
      const unsatisfiable = await ask("a.txt", from(origin, { Range: "bytes=99-" }));
      expect([unsatisfiable.status, corsOf(unsatisfiable)["allow-origin"]]).toEqual([416, "*"]);
      const part = await ask("a.txt", from(origin, { Range: "bytes=0-1" }));
      expect([part.status, corsOf(part)["expose-headers"]]).toEqual([206, exposed]);
      const kept = await ask("a.txt", from(origin, { "If-None-Match": "*" }));
      expect([kept.status, corsOf(kept)["allow-origin"]]).toEqual([304, "*"]);
    });
  });

  test("is off unless asked for", async () => {
    await during({}, async (ask) => {
      expect(corsOf(await ask("", from(origin)))).toEqual({});
    });
  });

  const preflight = (method: string, names?: string): Asking => ({
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": method,
      ...(names === undefined ? {} : { "Access-Control-Request-Headers": names }),
    },
  });

  test("answers a preflight with what is allowed there, found or not", async () => {
    await during({ cors: true }, async (ask) => {
      for (const path of ["a.txt", "nothing", "shut.txt"]) {
        const response = await ask(path, preflight("PUT", "Range, X-Mine,,bad name"));
        expect(response.status).toBe(204);
        expect(corsOf(response)).toEqual({
          "allow-origin": "*",
          "allow-methods": "GET, HEAD, OPTIONS",
          "allow-headers": "range, x-mine",
          "max-age": "86400",
        });
      }
      expect(corsOf(await ask("", preflight("GET")))["allow-headers"]).toBeUndefined();
      const plain = await ask("", { method: "OPTIONS", ...from(origin) });
      expect(corsOf(plain)["allow-methods"]).toBeUndefined();
      const refused = await ask("a.txt", { method: "PUT", ...from(origin) });
      expect([refused.status, corsOf(refused)["allow-origin"]]).toEqual([403, "*"]);
    });
  });

  test("lists no method that changes something, but for routes that take every origin", async () => {
    await during({ cors: true }, async (ask, client) => {
      client.routes.add("POST", "/hook", hook, { crossOrigin: true });
      client.routes.add("PUT", "/hook", hook);
      const response = await ask("hook", preflight("POST"));
      expect(corsOf(response)["allow-methods"]).toBe("GET, HEAD, OPTIONS, POST");
      expect(response.headers.get("Allow")).toContain("PUT");
    });
    await during({ cors: { origins: [origin] } }, async (ask, client) => {
      client.routes.add("PUT", "/hook", hook);
      expect(corsOf(await ask("hook", preflight("PUT")))["allow-methods"]).toContain("PUT");
    });
  });

  const listed: CorsRule = { origins: [origin, "http://localhost:3000"], credentials: true };

  test("with a list names the one that asks on a handler's 500, too", async () => {
    await during({ cors: listed }, async (ask) => {
      const response = await ask("fails", from(origin));
      expect([response.status, corsOf(response)["allow-origin"]]).toEqual([500, origin]);
      expect(response.headers.get("Vary")).toBe("Origin");
    });
  });

  test("with a list names the one that asks, and tells caches so in any case", async () => {
    await during({ cors: listed }, async (ask) => {
      for (const one of [origin, "http://localhost:3000"]) {
        const response = await ask("a.txt", from(one));
        expect(corsOf(response)).toEqual({
          "allow-origin": one,
          "allow-credentials": "true",
          "expose-headers": exposed,
        });
        expect(response.headers.get("Vary")).toBe("Accept-Encoding, Origin");
      }
      const others = [
        "null",
        "*",
        `${origin}:443`,
        `${origin}/`,
        `${origin}.evil`,
        "https://APP.example",
      ];
      for (const init of [{}, ...others.map((one) => from(one))]) {
        for (const path of ["a.txt", "nothing", "assets"]) {
          const response = await ask(path, init);
          expect(corsOf(response)).toEqual({});
          expect(response.headers.get("Vary")).toContain("Origin");
        }
      }
      const { status, headers } = await ask("a.txt", from("null", { "If-None-Match": "*" }));
      expect([status, headers.get("Vary")]).toEqual([304, "Accept-Encoding, Origin"]);
    });
  });

  test("tells a preflight of an origin that isn't listed nothing", async () => {
    await during({ cors: { origins: ["https://b.example"] } }, async (ask) => {
      const response = await ask("a.txt", preflight("GET", "range"));
      expect([response.status, corsOf(response)]).toEqual([204, {}]);
      expect(response.headers.get("Vary")).toBe("Origin");
    });
  });

  test("gives no credentials unless told so", async () => {
    await during({ cors: { origins: [origin] } }, async (ask) => {
      expect(corsOf(await ask("", from(origin)))).toEqual({
        "allow-origin": origin,
        "expose-headers": exposed,
      });
    });
  });

  test("leaves a route alone that sets the fields itself", async () => {
    await during({ cors: listed }, async (ask) => {
      expect(corsOf(await ask("own", from(origin)))).toEqual({
        "allow-origin": "https://own.example",
      });
    });
  });
});
