import { describe, expect, test } from "bun:test";

import { serve } from "../src/server/serve.ts";
import { StoreStub } from "./tree/store/store-stub.ts";

describe("what lies in a store that fails", () => {
  test.each([
    [403, 502],
    [503, 503],
    [504, 504],
  ])(
    "as %d is answered %d, with when to ask again (RFC 9110 §10.2.3)",
    async (answered, status) => {
      const stub = await StoreStub.start();
      await using server = await serve({ ...stub.options(), host: "127.0.0.1" });
      stub.fault = () => ({ status: answered, retryAfter: "7" });
      const response = await fetch(new URL("/a.txt", server.url));
      expect(response.status).toBe(status);
      expect(response.headers.get("retry-after")).toBe("7");
      expect(response.headers.get("connection")).not.toBe("close");
      expect(await response.text()).not.toContain("127.0.0.1");
      stub.fault = undefined;
      stub.put("a.txt", "here");
      expect(await (await fetch(new URL("/a.txt", server.url))).text()).toBe("here");
      await stub.stop();
    },
  );

  test("says why to the log and not to the client", async () => {
    const stub = await StoreStub.start();
    const lines: string[] = [];
    const log = { log: "short", write: (text: string) => void lines.push(text) } as const;
    const server = await serve({ ...stub.options(), host: "127.0.0.1", ...log });
    stub.fault = () => ({ status: 403, code: "AccessDenied" });
    const response = await fetch(new URL("/docs/", server.url));
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("AccessDenied");
    await server.stop();
    expect(lines.join("")).toContain("the object store answered 403");
    await stub.stop();
  });
});
