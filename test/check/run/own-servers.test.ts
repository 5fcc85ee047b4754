import { expect, test } from "bun:test";

import { Course } from "../../../src/check/run/course.ts";
import { playOwn } from "../../../src/check/run/own-servers.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import { answering, fakeServer, response } from "../fake-server.ts";

test("each script has a server of its own; one that does not start fails its phases", async () => {
  const scripts = ["one", "two"].map((name) => {
    const text = `# T\n\n    server --${name}\n\n## P (RFC 9110 §9, must)\n\n    > A\n    < 200\n`;
    const script = parseScript(`s/${name}.wire`, text.replace("> A", "> A\n    >"));
    if (!script.ok) throw new Error(JSON.stringify(script.error));
    return script.value;
  });
  const course = new Course({ replay: false, bounds: {} });
  const column = await playOwn(scripts, course, ({ arguments: [word] }) => {
    if (word === "--two") return Promise.reject(new Error("unknown option --two"));
    const server = fakeServer(answering(() => response("200 OK", "")));
    const stop = (): Promise<void> => Promise.resolve(server.stop());
    return Promise.resolve({ url: server.url, stop });
  });
  const [one, two] = scripts.map((script) => column.outcomes.get(script));
  expect(one).toEqual({ kind: "played", phases: [{ kind: "held" }], replays: 0 });
  expect(two).toMatchObject({
    phases: [{ kind: "failed", failure: { came: "unknown option --two" } }],
  });
  expect(column.own).toBe(true);
});
