import { describe, expect, test } from "bun:test";

import { AccessRules, allows, isPublic } from "../../../src/site/auth/access-rules.ts";
import type { AuthRule } from "../../../src/site/auth/auth-options.ts";
import { requestOf } from "../fake-request.ts";

/** Who of these may send the request with `line`: "everyone", or their names. */
function who(
  rules: readonly AuthRule[],
  line: string,
  naming = { index: "index.html", cleanUrls: false },
): string {
  const leave = new AccessRules(rules, naming).leaveFor(requestOf(line).head);
  if (isPublic(leave)) return "everyone";
  return ["ines", "bob"].filter((user) => allows(leave, user)).join(", ");
}

describe("without rules", () => {
  test("any user may ask for everything", () => {
    for (const line of ["GET /", "HEAD /a", "POST /", "OPTIONS *", "GET /%00", "GET //"]) {
      expect([line, who([], line)]).toEqual([line, "ines, bob"]);
    }
  });
});

describe("the first rule that fits", () => {
  const rules: readonly AuthRule[] = [
    { path: "/pub/secret/**", users: ["bob"] },
    { path: "/pub/**", public: true },
    { path: "/ines/**", users: ["ines"] },
    { path: "/nobody/**", users: [] },
    { path: "/a%20b.txt", public: true },
  ];

  test.each([
    ["GET /pub/a.txt", "everyone"],
    ["GET /pub/", "everyone"],
    ["GET /pub", "everyone"],
    ["GET /pub/.dot", "everyone"],
    ["GET /public", "ines, bob"],
    ["GET /pub/secret/a", "bob"],
    ["GET /pub/secret", "bob"],
    ["GET /pub/%73ecret/a", "bob"],
    ["GET /ines/a", "ines"],
    ["GET /ines", "ines"],
    ["GET /nobody/a", ""],
    ["GET /a%20b.txt", "everyone"],
    ["GET /a%20b.txt/", "everyone"],
    ["GET /other", "ines, bob"],
  ])("decides of %p: %p", (line, expected) => {
    expect(who(rules, line)).toBe(expected);
  });

  test.each(["GET /PUB/a", "GET /pub;x/a", "OPTIONS *"])(
    "is none for %p, so that it needs a user",
    (line) => {
      expect(who(rules, line)).toBe("ines, bob");
    },
  );
});

describe("a path that can't be one, and that a backend may read in its own way", () => {
  const rules: readonly AuthRule[] = [
    { path: "/pub/**", public: true },
    { path: "/admin/**", users: ["ines"] },
  ];

  test.each([
    "GET /pub/../private",
    "GET /pub/%2e%2e/private",
    "GET /pub/%2e/a",
    "GET //pub/a",
    "GET /pub//a",
    "GET /pub%2fa",
    "GET /pub/%00",
    "GET /admin%2Fx",
    "GET //admin/x",
    "GET /pub/..%2fadmin/x",
  ])("needs the leave of every rule that isn't public: %p", (line) => {
    expect(who(rules, line)).toBe("ines");
  });

  test("needs none of a rule behind the one for every path", () => {
    const all: AuthRule = { path: "/**", public: true };
    expect(who([...rules, all], "GET /admin%2Fx")).toBe("ines");
    expect(who([{ path: "/admin/**" }, all], "GET /admin%2Fx")).toBe("ines, bob");
    expect(who([all, ...rules], "GET /admin%2Fx")).toBe("everyone");
    expect(who([{ path: "/board/**", methods: ["PUT"], users: [] }, all], "GET //x")).toBe(
      "everyone",
    );
  });
});

describe("the path of a file", () => {
  const rules: readonly AuthRule[] = [
    { path: "/pub/index.html", public: true },
    { path: "/board/index.html", users: ["ines"] },
    { path: "/plan.html", users: ["bob"] },
    { path: "/open.html", public: true },
  ];

  test("is that of the folder whose index it is, in a rule that isn't public", () => {
    for (const line of ["GET /board/index.html", "GET /board/", "GET /board"]) {
      expect([line, who(rules, line)]).toEqual([line, "ines"]);
    }
    expect(who(rules, "GET /board/other.html")).toBe("ines, bob");
    expect(who(rules, "GET /pub/index.html")).toBe("everyone");
    expect(who(rules, "GET /pub/")).toBe("ines, bob");
    expect(who(rules, "GET /board/", { index: "home.html", cleanUrls: false })).toBe("ines, bob");
    expect(who(rules, "GET /board/", { index: "", cleanUrls: false })).toBe("ines, bob");
  });

  test("is that without .html where URLs are clean, in a rule that isn't public", () => {
    expect(who(rules, "GET /plan")).toBe("ines, bob");
    const naming = { index: "index.html", cleanUrls: true };
    for (const line of ["GET /plan.html", "GET /plan", "GET /plan/", "GET /pl%61n"]) {
      expect([line, who(rules, line, naming)]).toEqual([line, "bob"]);
    }
    expect(who(rules, "GET /open", naming)).toBe("ines, bob");
    expect(who(rules, "GET /", { index: "plan.html", cleanUrls: false })).toBe("bob");
  });
});

describe("methods", () => {
  const rules: readonly AuthRule[] = [
    { methods: ["GET", "OPTIONS"], public: true },
    { methods: ["PUT"], users: ["bob"] },
  ];

  test.each([
    ["GET /", "everyone"],
    ["HEAD /", "everyone"],
    ["OPTIONS /", "everyone"],
    ["PUT /a", "bob"],
    ["POST /", "ines, bob"],
    ["get /", "ines, bob"],
  ])("%p is for %p", (line, expected) => {
    expect(who(rules, line)).toBe(expected);
  });
});

describe("an archive needs the leave of all rules that may fit below its folder", () => {
  const rules: readonly AuthRule[] = [
    { path: "/pub/a/**", users: ["bob"] },
    { path: "/pub/**", public: true },
    { path: "/*.txt", public: true },
    { path: "/deep/*/x/**", users: ["ines"] },
  ];

  test.each([
    ["GET /pub/?download=zip", "bob"],
    ["GET /pub?download=zip", "bob"],
    ["GET /pub/?%64ownload=zip", "bob"],
    ["GET /pub/b/?download=zip", "everyone"],
    ["GET /pub/a/?download=zip", "bob"],
    ["GET /?download=zip", ""],
    ["GET /deep/?download=zip", "ines"],
    ["GET /deep/a/?download=tar", "ines"],
    ["GET /other/?download=zip", "ines, bob"],
    ["GET /pub/?sort=name", "everyone"],
    ["GET /a.txt?download", "everyone"],
    ["GET /a.txt?download=1", "everyone"],
    ["GET /a.txt?download=zip", "ines, bob"],
  ])("%p is for %p", (line, expected) => {
    expect(who(rules, line)).toBe(expected);
  });
});
