import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { answering, fakeServer, response } from "./fake-server.ts";

const folder = mkdtempSync(join(tmpdir(), "wire-tests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

mkdirSync(join(folder, "s"));
const request = "    > GET / HTTP/1.1\n    >\n";
writeFileSync(
  join(folder, "s/one.wire"),
  `# One\n\n## It answers (RFC 9110 §9, must)\n\n${request}    < 200\n\n` +
    `## It is a teapot (RFC 9110 §15, may)\n\n${request}    < 418\n`,
);
writeFileSync(
  join(folder, "s/two.wire"),
  `# Two\n\n    limit headerTimeMs 300\n\n## It hurries (RFC 9110 §9, must)\n\n${request}    < 200\n`,
);

/** Runs `bun test` on a file that calls `wire`, or `wireClient`, with these options. */
async function run(options: string, make = "wire"): Promise<{ status: number; text: string }> {
  const file = join(folder, "a.test.ts");
  const source = join(import.meta.dir, "../../check.ts");
  writeFileSync(
    file,
    `import { ${make} } from ${JSON.stringify(source)};\n` +
      `${make}(${JSON.stringify(join(folder, "s"))}, { ${options} });\n`,
  );
  const child = Bun.spawn([process.execPath, "test", file], {
    cwd: folder,
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const text = (await new Response(child.stderr).text()).replaceAll(folder, "DIR");
  return { status: await child.exited, text };
}

test("each phase is a test with its title as the name, and says what came", async () => {
  const server = fakeServer(answering(() => response("200 OK", "")));
  const against = `against: ${JSON.stringify(server.url.href)}`;
  const all = await run(against);
  expect(all.status).toBe(1);
  expect(all.text).toContain("(pass) DIR/s > One (DIR/s/one.wire) > It answers");
  expect(all.text).toContain("(fail) DIR/s > One (DIR/s/one.wire) > It is a teapot");
  expect(all.text).toContain("expected  status 418");
  expect(all.text).toContain("> GET / HTTP/1.1");
  expect(all.text).toContain("(skip) DIR/s > Two (DIR/s/two.wire) > It hurries");
  const musts = await run(`${against}, strengths: ["must"]`);
  expect(musts.status).toBe(0);
  expect(musts.text).not.toContain("teapot");
  server.stop();
  const away = await run(against);
  expect(away.status).toBe(1);
  expect(away.text).toContain("not reached: ECONNREFUSED");
});

test("a client's phases are tests, too, and what it can't be asked is skipped", async () => {
  const head = "# Three\n\n    client\n\n## It gets one (RFC 9110 §9, must)\n\n";
  const answer = "    < HTTP/1.1 200 OK\n    < Content-Length: 2\n    <\n    << ab\n    gets 200\n";
  const asked = "    ask GET /a\n    > GET /a HTTP/1.1\n";
  const title = "\n## It gets another (RFC 9110 §9, must)\n\n";
  writeFileSync(
    join(folder, "s/three.wire"),
    `${head}${asked}${answer}    || ab\n${title}${asked}${answer}    || ba\n`,
  );
  const program = "process.stdout.write(await (await fetch(process.argv.at(-1))).text())";
  const client = JSON.stringify(`'${process.execPath}' -e '${program}' {url}`);
  const { status, text } = await run(`client: ${client}`, "wireClient");
  expect(status).toBe(1);
  expect(text).toContain("(pass) DIR/s > Three (DIR/s/three.wire) > It gets one");
  expect(text).toContain("(fail) DIR/s > Three (DIR/s/three.wire) > It gets another");
  expect(text).toContain("expected  this body, 2 bytes");
  expect(text).toContain("(skip) DIR/s > One (DIR/s/one.wire) > It answers");
});
