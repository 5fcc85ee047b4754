import { afterAll, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Response } from "../../../src/http/message/response.ts";
import type { AuthOptions } from "../../../src/site/auth/auth-options.ts";
import { challengeFor } from "../../../src/site/auth/auth-guard.ts";
import { TempSite } from "../../temp-site.ts";
import { repeatedHead, requestOf, requestWith } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";
import { hashes } from "./hashes.ts";

const site = new TempSite("empty");
site.file("a.txt", "abc");
site.file("pub/b.txt", "open");
site.file("ines/c.txt", "hers");
site.file("shut.txt", "shut", 0o600);
afterAll(() => site[Symbol.dispose]());

/** Answers to wrong passwords are held back for a moment only. */
const limits = { failedLoginTimeMs: 1, failedLoginLongestTimeMs: 1 };

const hashed: AuthOptions = { users: { ines: hashes.ines, bob: hashes.bob } };

function open(auth: AuthOptions = hashed, options: SiteClientOptions = {}): SiteClient {
  return new SiteClient(site.root, { limits, auth, ...options });
}

/** The field of these credentials. */
function as(credentials: string): Readonly<Record<string, string>> {
  return { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

async function statusOf(
  client: SiteClient,
  line: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await client.ask(line, fields)).status;
}

describe("a request without credentials", () => {
  test("is asked for them in UTF-8 (RFC 9110 §15.5.2, RFC 7617 §2.1)", async () => {
    const { status, fields, close, note } = await open().ask("GET /a.txt");
    expect(status).toBe(401);
    expect(fields["WWW-Authenticate"]).toBe('Basic realm="postern", charset="UTF-8"');
    expect(fields["Cache-Control"]).toBe("private");
    expect(close).toBe(false);
    expect(note).toEqual({
      reason: "401 credentials (RFC 9110 §15.5.2): no credentials",
      refusal: "credentials",
      sentence: "This needs a user name and a password.",
    });
  });

  test("is answered the same, whatever it asks for", async () => {
    const client = open(hashed, { post: "echo", allowArchive: true, live: true, explain: true });
    client.routes.add("GET", "/route", () => new ResponseBuilder(200).text("mine").build());
    const page = (await client.ask("GET /a.txt")).body;
    const lines = [
      "GET /a.txt",
      "GET /",
      "GET /missing",
      "GET /shut.txt",
      "GET /.hidden",
      "GET /pub",
      "GET /?download=zip",
      "GET /pub/?sort=name",
      "GET /route",
      "GET /.postern/live",
      "GET //",
      "GET /%00",
      "POST /",
      "PUT /a.txt",
      "DELETE /a.txt",
      "PROPFIND /a.txt",
      "OPTIONS /a.txt",
      "OPTIONS *",
    ];
    for (const line of lines) {
      const answer = await client.ask(line);
      expect([line, answer.status, answer.body]).toEqual([line, 401, page]);
    }
  });

  test("has no answer that depends on conditions or ranges", async () => {
    const client = open();
    const { fields } = await client.ask("GET /a.txt", as("ines:sesame"));
    const conditions = { "If-None-Match": fields["ETag"] ?? "" };
    expect(await statusOf(client, "GET /a.txt", conditions)).toBe(401);
    expect(await statusOf(client, "GET /a.txt", { Range: "bytes=0-0" })).toBe(401);
    expect(await statusOf(client, "GET /a.txt", { ...conditions, ...as("ines:sesame") })).toBe(304);
  });
});

describe("a user", () => {
  test("is let in by the password, and named in the request", async () => {
    const client = open();
    const request = requestOf("GET /a.txt", as("ines:sesame"));
    const { status, body, fields } = show(await client.answer(request));
    expect([status, body]).toEqual([200, "abc"]);
    expect(fields["Cache-Control"]).toBe("private, no-cache");
    expect(request.user).toBe("ines");
  });

  test("is verified once, and answered at once from then on", async () => {
    const client = open();
    const first = client.answer(requestOf("GET /a.txt", as("ines:sesame")));
    expect(first).toBeInstanceOf(Promise);
    await first;
    const second = client.answer(requestOf("GET /pub/b.txt", as("ines:sesame")));
    expect(second).not.toBeInstanceOf(Promise);
    expect(show(await second).body).toBe("open");
  });

  test.each([
    "ines:Sesame",
    "ines:",
    "nobody:sesame",
    ":sesame",
    "bob:sesame",
    "ines:sesame\u{20}",
  ])("isn't let in with %j, nor named", async (credentials) => {
    const client = open();
    expect(await statusOf(client, "GET /a.txt", as("ines:sesame"))).toBe(200);
    const request = requestOf("GET /a.txt", as(credentials));
    const { status, note } = show(await client.answer(request));
    expect(status).toBe(401);
    expect(note?.reason).toBe("401 credentials (RFC 9110 §15.5.2): wrong credentials");
    expect(request.user).toBeUndefined();
  });

  test("isn't let in by what are no Basic credentials", async () => {
    const client = open();
    for (const value of ["Bearer abc", "Basic", "Basic ???", "Digest username=a", ""]) {
      const { status, note } = await client.ask("GET /a.txt", { Authorization: value });
      expect([value, status]).toEqual([value, 401]);
      expect(note?.reason).toEndWith("malformed credentials");
    }
  });

  test("may have a configured password, which takes no thread", async () => {
    const client = open({ users: { ines: "sésame:1" } });
    const answer = client.answer(requestOf("GET /a.txt", as("ines:sésame:1")));
    expect(answer).not.toBeInstanceOf(Promise);
    expect(show(await answer).status).toBe(200);
    expect(await statusOf(client, "GET /a.txt", as("ines:sesame:1"))).toBe(401);
  });

  test("is told from another with whom a connection is shared", async () => {
    const client = open({ ...hashed, rules: [{ path: "/ines/**", users: ["ines"] }] });
    const asked = async (credentials: string): Promise<number> =>
      statusOf(client, "GET /ines/c.txt", as(credentials));
    expect(await asked("ines:sesame")).toBe(200);
    expect(await asked("bob:builder")).toBe(403);
    expect(await asked("ines:sesame")).toBe(200);
    expect(await statusOf(client, "GET /ines/c.txt")).toBe(401);
  });
});

describe("a head that is given out again", () => {
  test("passes at once, with its user, and its answer is cached", async () => {
    const client = open();
    const head = repeatedHead("GET /a.txt", as("ines:sesame"));
    const answers: Response[] = [];
    for (let i = 0; i < 3; i++) {
      const request = requestWith(head);
      answers.push(await client.answer(request));
      expect(request.user).toBe("ines");
    }
    expect(answers[2]).toBe(answers[1] as Response);
    expect(head.slot?.value).toBeDefined();
  });

  test("doesn't pass because another one with the same target has", async () => {
    const client = open();
    const right = repeatedHead("GET /a.txt", as("ines:sesame"));
    for (let i = 0; i < 2; i++) await client.answer(requestWith(right));
    const wrong = repeatedHead("GET /a.txt", as("ines:wrong"));
    const none = repeatedHead("GET /a.txt");
    for (let i = 0; i < 2; i++) {
      expect(show(await client.answer(requestWith(wrong))).status).toBe(401);
      expect(show(await client.answer(requestWith(none))).status).toBe(401);
    }
  });

  test("has to pass again after a reload", async () => {
    const client = open();
    const head = repeatedHead("GET /a.txt", as("ines:sesame"));
    for (let i = 0; i < 2; i++) {
      expect(show(await client.answer(requestWith(head))).status).toBe(200);
    }
    client.reload(site.root, { limits, auth: { users: { bob: hashes.bob } } });
    expect(show(await client.answer(requestWith(head))).status).toBe(401);
    client.reload(site.root, { limits, auth: hashed });
    const answer = client.answer(requestWith(head));
    expect(answer).toBeInstanceOf(Promise);
    expect(show(await answer).status).toBe(200);
  });
});

describe("rules", () => {
  const auth: AuthOptions = {
    ...hashed,
    rules: [
      { path: "/pub/**", public: true },
      { path: "/ines/**", users: ["ines"] },
    ],
  };

  test("leave what is public to everyone, as it is without users", async () => {
    const client = open(auth);
    const { status, fields } = await client.ask("GET /pub/b.txt");
    expect([status, fields["Cache-Control"]]).toEqual([200, "no-cache"]);
    expect(await statusOf(client, "GET /pub/missing")).toBe(404);
    expect(await statusOf(client, "GET /pub/../a.txt")).toBe(401);
    expect(await statusOf(client, "GET /pub/%2e%2e/a.txt")).toBe(401);
  });

  test("refuse a user who isn't named with 403 (RFC 9110 §15.5.4)", async () => {
    const client = open(auth);
    const request = requestOf("GET /ines/missing", as("bob:builder"));
    const { status, note, fields } = show(await client.answer(request));
    expect(status).toBe(403);
    expect(note).toEqual({
      reason: "403 not-permitted (RFC 9110 §15.5.4)",
      refusal: "not-permitted",
      sentence: "This is not for the user whose password you gave.",
    });
    expect(fields["Cache-Control"]).toBe("private");
    expect(request.user).toBe("bob");
  });
});

const hook = (): Response => new ResponseBuilder(204).build();

describe("a CORS preflight", () => {
  const fields = { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" };

  test("passes where pages of other origins may send requests", async () => {
    const client = open(hashed, { cors: { origins: ["https://a.example"] } });
    const answer = await client.ask("OPTIONS /a.txt", fields);
    expect([answer.status, answer.fields["Access-Control-Allow-Origin"]]).toEqual([
      204,
      "https://a.example",
    ]);
    expect(await statusOf(client, "OPTIONS /a.txt", { Origin: "https://a.example" })).toBe(401);
    const asked = await client.ask("GET /a.txt", { Origin: "https://a.example" });
    expect([asked.status, asked.fields["Access-Control-Allow-Origin"]]).toEqual([
      401,
      "https://a.example",
    ]);
  });

  test("passes for a route that takes every origin's requests, and for no other path", async () => {
    const client = open();
    client.routes.add("PUT", "/hook", hook, { crossOrigin: true });
    client.routes.add("PUT", "/own", hook);
    expect(await statusOf(client, "OPTIONS /hook", fields)).toBe(204);
    expect(await statusOf(client, "OPTIONS /own", fields)).toBe(401);
    expect(await statusOf(client, "OPTIONS /a.txt", fields)).toBe(401);
    expect(await statusOf(client, "PUT /hook", fields)).toBe(401);
  });
});

describe("too many logins", () => {
  test("of one address are answered 503, while a verified user goes on", async () => {
    const client = open(hashed, {
      limits: { loginsPerAddressMax: 2, failedLoginTimeMs: 200, failedLoginLongestTimeMs: 200 },
    });
    expect(await statusOf(client, "GET /a.txt", as("ines:sesame"))).toBe(200);
    const guesses = ["a", "b", "c", "d"].map((word) =>
      client.answer(requestOf("GET /a.txt", as(`ines:${word}`))),
    );
    expect(guesses.map((guess) => guess instanceof Promise)).toEqual([true, true, false, false]);
    expect(await statusOf(client, "GET /a.txt", as("ines:sesame"))).toBe(200);
    const { status, fields } = show(await (guesses[2] as (typeof guesses)[number]));
    expect([status, fields["Retry-After"]]).toEqual([503, "1"]);
    expect(show(await (guesses[0] as (typeof guesses)[number])).status).toBe(401);
  });

  test("with the same credentials are one", async () => {
    const client = open(hashed, { limits: { ...limits, loginsPerAddressMax: 1 } });
    const answers = [1, 2, 3].map(() => statusOf(client, "GET /a.txt", as("ines:sesame")));
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
  });
});

test("a realm is quoted (RFC 9110 §5.6.4)", () => {
  expect(challengeFor('the "big" \\ one')).toBe(
    'Basic realm="the \\"big\\" \\\\ one", charset="UTF-8"',
  );
});
