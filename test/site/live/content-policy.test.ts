import { describe, expect, test } from "bun:test";

import { policiesIn, weighPolicies } from "../../../src/site/live/content-policy.ts";

const weigh = (policy: string): ReturnType<typeof weighPolicies> =>
  weighPolicies([policy], [], "localhost:9001");

describe("a page's Content-Security-Policy (CSP3 §6.1)", () => {
  test.each([
    "",
    "img-src 'none'",
    "default-src 'self'",
    "script-src 'self'; connect-src 'self'",
    "script-src http: https:",
    "default-src *",
    "script-src localhost:9001; connect-src http://localhost:9001",
    "default-src 'self', script-src 'self'",
    "DEFAULT-SRC 'SELF'",
    // The worker connects under a policy of its own.
    "script-src 'self'; connect-src 'none'",
    "script-src 'self'; worker-src 'none'; connect-src 'self'",
    "sandbox allow-scripts allow-same-origin",
  ])("%j lets live reload in", (policy) => {
    expect(weigh(policy)).toEqual({ nonce: undefined, refusal: undefined });
  });

  test.each([
    ["script-src 'nonce-abc'; connect-src 'self'", "abc"],
    ["script-src 'strict-dynamic' 'nonce-a+/b=' 'self'", "a+/b="],
    ["default-src 'self' 'nonce-Zg=='", "Zg=="],
    ["script-src-elem 'nonce-x'; script-src 'none'; worker-src 'self'", "x"],
    ["img-src *, script-src 'self' 'nonce-y'", "y"],
  ])("%j lets in what has its nonce", (policy, nonce) => {
    expect(weigh(policy)).toEqual({ nonce, refusal: undefined });
  });

  test.each([
    ["default-src 'none'", "default-src 'none'"],
    ["script-src 'none'; connect-src 'self'", "script-src 'none'"],
    ["script-src 'sha256-abc'", "script-src 'sha256-abc'"],
    ["script-src 'strict-dynamic' 'self'", "script-src 'strict-dynamic' 'self'"],
    ["script-src other.example localhost", "script-src other.example localhost"],
    ["script-src", "script-src"],
    ["sandbox allow-scripts", "sandbox allow-scripts"],
    ["default-src 'self', script-src 'none'", "script-src 'none'"],
    ["script-src 'nonce-abc'; connect-src 'none'", "connect-src 'none'"],
  ])("%j keeps it out", (policy, refusal) => {
    expect(weigh(policy).refusal).toBe(refusal);
  });

  test("in a meta element doesn't apply to the script before it, but to its connections", () => {
    expect(weighPolicies([], ["script-src 'none'; connect-src 'self'"], "a").refusal).toBe(
      undefined,
    );
    expect(weighPolicies([], ["default-src 'none'"], "a").refusal).toBe("default-src 'none'");
    expect(weighPolicies([], ["script-src 'nonce-q'; connect-src *"], "a").nonce).toBe("q");
  });

  test("is found in meta elements, and nowhere else", () => {
    const page = `<!doctype html><!-- <meta http-equiv=content-security-policy content="a"> -->
      <meta HTTP-EQUIV="Content-Security-Policy" content="script-src &#39;self&#39;">
      <meta name="content-security-policy" content="b"><meta content="c" http-equiv=refresh>`;
    expect(policiesIn(page)).toEqual(["script-src 'self'"]);
    expect(policiesIn("<p>hello")).toEqual([]);
  });
});
