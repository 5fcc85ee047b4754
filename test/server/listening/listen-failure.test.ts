import { describe, expect, test } from "bun:test";

import { listenFailure } from "../../../src/server/listening/listen-failure.ts";

describe("why a server can't listen", () => {
  test.each([
    ["EADDRINUSE", "port-taken", "port 80 on ::1 is in use"],
    ["EACCES", "not-permitted", "port 80 on ::1 may not be had"],
    ["EPERM", "not-permitted", "port 80 on ::1 may not be had"],
    ["EADDRNOTAVAIL", "no-such-host", "no such address here: ::1"],
    ["EMFILE", "failed", "can't listen on ::1, port 80: EMFILE"],
  ] as const)("is said of %s", (code, kind, message) => {
    const error = Object.assign(new Error("from the system"), { code });
    expect(listenFailure(error, "::1", 80)).toEqual({ kind, message });
  });

  test("is that there is no such host where the system names no error", () => {
    expect(listenFailure(new Error("Failed to listen"), "a.invalid", 80).kind).toBe("no-such-host");
    expect(listenFailure("thrown", "a.invalid", 80).kind).toBe("no-such-host");
  });
});
