import { expect, test } from "bun:test";

import { githubAnnotations } from "../../../../src/check/report/formats/github-annotations.ts";
import { failed, scriptOf } from "../sample.ts";

const script = scriptOf("s/a,b.wire", ["should", "must", "may"]);
const phases = [failed, failed, failed];
const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);

test("a must is an error and a should a warning at its line; another's may is left out", () => {
  expect(githubAnnotations([script], [{ server: "a:80", outcomes }])).toBe(
    "::error file=s/a%2Cb.wire,line=9,title=a%3A80%3A P2::" +
      "expected this; came that <b> (RFC 9110 §9)\n" +
      "::warning file=s/a%2Cb.wire,line=9,title=a%3A80%3A P1::" +
      "expected this; came that <b> (RFC 9110 §9)\n",
  );
});

test("what came can't begin another command", () => {
  const failure = { line: 1, expected: "a", came: "b\n::error::c 100%" };
  const bad = new Map([
    [
      script,
      { kind: "played" as const, phases: [{ kind: "failed" as const, failure }], replays: 0 },
    ],
  ]);
  const text = githubAnnotations([script], [{ server: "a:80", outcomes: bad }]);
  expect(text.split("\n")).toHaveLength(2);
  expect(text).toContain("came b%0A::error::c 100%25");
});

test("a server that was not reached is an error", () => {
  const away = { server: "b:80", unreachable: "ECONNREFUSED", outcomes: new Map() };
  expect(githubAnnotations([script], [away])).toBe(
    "::error title=b%3A80::not reached: ECONNREFUSED\n",
  );
});
