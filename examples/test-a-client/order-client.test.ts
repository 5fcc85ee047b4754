/**
 * A client, tested against a real server in the same process: no mocks of `fetch`, no fixed port,
 * and a server of its own for each test. Run it with `bun test ./examples`.
 */

import { describe, expect, test } from "bun:test";
import { serve } from "postern";

import { placeOrder, readTerms } from "./order-client.ts";

const order = { item: "tea", count: 2 };

const busy = (): Response => new Response("busy", { status: 503 });

describe("placeOrder", () => {
  test("sends the order as JSON, and returns its number", async () => {
    await using shop = await serve({ files: {} }); // on a free port; stops at the end of the test
    shop.route("POST", "/orders", () => Response.json({ id: "o-1" }));
    expect(await placeOrder(shop.url, order)).toBe("o-1");
    const [request] = shop.expect("POST", "/orders", { times: 1 });
    expect(request?.fields.get("content-type")).toBe("application/json");
    expect(request?.json()).toEqual(order);
  });

  test("tries again when the shop is overloaded", async () => {
    await using shop = await serve({ files: {} });
    shop.route("POST", "/orders", () => Response.json({ id: "o-2" }));
    shop.fault("POST", "/orders", { statuses: [503, 503, 200] });
    expect(await placeOrder(shop.url, order)).toBe("o-2");
    const tries = shop.expect("POST", "/orders", { times: 3 });
    expect(tries.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  test("gives up after three times", async () => {
    await using shop = await serve({ files: {} });
    shop.route("*", "/*", busy);
    const failure: unknown = await placeOrder(shop.url, order).catch((error: unknown) => error);
    expect(String(failure)).toBe("Error: the order was refused: 503");
    shop.expect("POST", "/orders", { times: 3 });
  });

  test("takes no half of an answer for a number", async () => {
    await using shop = await serve({ files: {} });
    shop.route("POST", "/orders", () => Response.json({ id: "o-3" }));
    for (const by of ["fin", "reset"] as const) {
      using fault = shop.fault("POST", "/orders", { cutAfterBytes: 9, by });
      const failure: unknown = await placeOrder(shop.url, order).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(fault.hits).toBe(1);
    }
  });

  test("hangs up on a shop that stalls in the midst of its answer", async () => {
    await using shop = await serve({ files: {} });
    shop.route("POST", "/orders", () => Response.json({ id: "o-4" }));
    shop.fault("POST", "/orders", { stallAfterBytes: 5 });
    const failure: unknown = await placeOrder(shop.url, order, 50).catch((error: unknown) => error);
    expect(String(failure)).toStartWith("TimeoutError");
    const { aborted, faults } = await shop.next({ path: "/orders", within: 1000 });
    expect([aborted, faults]).toEqual([true, ["stallAfterBytes"]]);
  });

  test("hangs up on a shop that doesn't answer", async () => {
    await using shop = await serve({ files: {} });
    shop.route("POST", "/orders", ({ signal }) => {
      // Answers when the client has left, and so never.
      const { promise, resolve } = Promise.withResolvers<Response>();
      signal.addEventListener("abort", () => resolve(new Response("too late")));
      return promise;
    });
    const failure: unknown = await placeOrder(shop.url, order, 50).catch((error: unknown) => error);
    expect(String(failure)).toStartWith("TimeoutError");
    expect((await shop.next({ path: "/orders", within: 1000 })).aborted).toBe(true);
  });
});

describe("readTerms", () => {
  test("reads the file, as it is now", async () => {
    await using shop = await serve({ files: { "/terms.txt": "Pay first." } });
    expect(await readTerms(shop.url)).toBe("Pay first.");
    shop.write("/terms.txt", "Pay last.");
    expect(await readTerms(shop.url)).toBe("Pay last.");
  });

  test("says that they aren't public", async () => {
    await using shop = await serve({ files: { "/terms.txt": { body: "Secret.", mode: 0o600 } } });
    expect(await readTerms(shop.url)).toBe("The terms are not public.");
  });
});
