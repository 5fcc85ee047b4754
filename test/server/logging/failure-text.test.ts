import { describe, expect, test } from "bun:test";

import { failureText } from "../../../src/server/logging/failure-text.ts";

const request = { head: { method: "GET", rawTarget: "/pay?id=5" } };

/** An error whose stack has these frames. */
function failed(...frames: readonly string[]): Error {
  const error = new RangeError("no such user");
  error.stack = ["RangeError: no such user", ...frames.map((frame) => `    at ${frame}`)].join(
    "\n",
  );
  return error;
}

describe("an error of a handler on standard error", () => {
  test("begins with the request, and keeps the frames of who wrote it alone", () => {
    const error = failed(
      "find (/me/users.ts:2:3)",
      "/me/app.ts:7:5",
      "Uq (/me/node_modules/postern/dist/postern-start.js:1:99)",
      "processTicksAndRejections (native:7:39)",
    );
    expect(failureText(error, request, "/me/node_modules/postern/dist/")).toBe(
      "GET /pay?id=5: RangeError: no such user\n    at find (/me/users.ts:2:3)\n    at /me/app.ts:7:5",
    );
  });

  test("keeps postern's frames when they are above those, and when there are no others", () => {
    const above = ["a (/own/a.js:1:1)", "/me/app.ts:7:5"];
    expect(failureText(failed(...above, "b (/own/a.js:2:2)"), request, "/own/")).toBe(
      `GET /pay?id=5: ${failed(...above).stack}`,
    );
    const own = failed("a (/own/a.js:1:1)", "native");
    expect(failureText(own, request, "/own/")).toBe(`GET /pay?id=5: ${own.stack}`);
  });

  test("knows the folder of postern's code", () => {
    const frame = `a (${new URL("../../../src/server/serve.ts", import.meta.url).pathname}:1:1)`;
    expect(failureText(failed("/me/app.ts:7:5", frame), request)).toEndWith("/me/app.ts:7:5");
  });

  test("may be any value, and a target is cut and writes no lines", () => {
    expect(failureText("text", request)).toBe("GET /pay?id=5: text");
    const rawTarget = `/\u001B\n${"x".repeat(500)}`;
    const text = failureText(undefined, { head: { method: "GET", rawTarget } });
    expect(text).toEndWith("xxx…: undefined");
    expect(text).not.toContain("\n");
    expect(text).not.toContain("\u001B");
    expect(text.length).toBeLessThan(160);
  });
});
