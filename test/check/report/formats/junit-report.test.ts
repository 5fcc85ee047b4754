import { expect, test } from "bun:test";

import { reportJunit } from "../../../../src/check/report/formats/junit-report.ts";
import { column, failed, first, scriptOf, second } from "../sample.ts";

test("JUnit has a suite for each folder, and a should as skipped, with its details", () => {
  const xml = reportJunit([first, second], [column]);
  expect(xml).toStartWith(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<testsuites name="postern check" tests="4" failures="0" errors="0" skipped="3">\n' +
      '  <testsuite name="a:80 one" tests="3" failures="0" errors="0" skipped="2">\n' +
      '    <testcase name="P1 (RFC 9110 §9, must)" classname="one/first.wire" ' +
      'file="one/first.wire"/>\n',
  );
  expect(xml).toContain('message="a should did not hold: expected this; came that &lt;b&gt;"');
  expect(xml).toContain("&gt; GET /&lt;a&gt; HTTP/1.1\n&gt;\n* the server closed");
  expect(xml).toContain('<skipped message="needs its own tree"/>');
  expect(xml).not.toContain("<b>");
});

test("JUnit has a must as a failure, and a server that is away as errors", () => {
  const script = scriptOf("s/a.wire", ["must"]);
  const outcomes = new Map([[script, { kind: "played" as const, phases: [failed], replays: 0 }]]);
  const xml = reportJunit([script], [{ server: "a:80", outcomes }]);
  expect(xml).toContain('failures="1"');
  expect(xml).toContain('<failure type="must" message="expected this; came that &lt;b&gt;">');
  const away = { server: "b:80", unreachable: "ECONNREFUSED", outcomes: new Map() };
  expect(reportJunit([script], [away])).toContain(
    '<testcase name="b:80 is reached" classname="everywhere"><error message="ECONNREFUSED"/>',
  );
});
