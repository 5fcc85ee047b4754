import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CheckOptions } from "../../src/check/check.ts";
import { check } from "../../src/check/check.ts";
import type { StartServer } from "../../src/check/play/stage.ts";
import type { FakeServer } from "./fake-server.ts";
import { answering, fakeServer, response } from "./fake-server.ts";

let folder = "";
const servers: FakeServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "check-test-"));
});

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A minimal file server with postern's rule: a file without o+r is not served. */
function filesOf(root: string, receive = answerFrom(root)): FakeServer {
  const server = fakeServer(receive);
  servers.push(server);
  return server;
}

function answerFrom(root: string) {
  return answering((head) => {
    const path = join(root, head.split(" ")[1] ?? "");
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return response("404 Not Found", "");
    if ((stat.mode & 0o004) === 0) return response("403 Forbidden", "");
    return response("200 OK", readFileSync(path, "latin1"));
  });
}

const started: Parameters<StartServer>[0][] = [];
const startFiles: StartServer = (needs) => {
  started.push(needs);
  const server = filesOf(needs.root);
  return Promise.resolve({
    url: server.url,
    stop: () => {
      server.stop();
      return Promise.resolve();
    },
  });
};

/** A server that only answers correctly if a request arrives in one read. */
const startWholeOnly: StartServer = () => {
  const server = filesOf("", (socket, received) => {
    const whole = socket.data.reads === 1 && received.endsWith("\r\n\r\n");
    socket.write(whole ? response("200 OK", "a\n") : response("400 Bad", ""));
  });
  return Promise.resolve({ url: server.url, stop: () => Promise.resolve(server.stop()) });
};

const startNothing: StartServer = () => Promise.reject(new Error("unknown option --explian"));

/** Writes a script into the folder `section`. Returns its path. */
function write(section: string, name: string, text: string): string {
  mkdirSync(join(folder, section), { recursive: true });
  const path = join(folder, section, `${name}.wire`);
  writeFileSync(path, text);
  return path;
}

const good = `# Good

    file a.txt
    | a

## A file is served (RFC 9110 §9.3.1, must)

    > GET /a.txt HTTP/1.1
    >
    < 200
    | a
    open
`;

/** A script with a `must` that holds, and a phase of the given strength that fails. */
function failing(strength: string): string {
  return `${good}
## Another is not (RFC 9110 §9.3.2, ${strength})

    > GET /a.txt HTTP/1.1
    >
    < 200
    | b
`;
}

async function run(options: Partial<CheckOptions>): Promise<{ status: number; text: string }> {
  let text = "";
  const status = await check({
    paths: [folder],
    against: [],
    json: false,
    replay: false,
    start: startFiles,
    out: (more) => (text += more),
    ...options,
  });
  return { status, text: text.replaceAll(folder, "DIR") };
}

describe("the exit status", () => {
  test("is 0 when every must holds", async () => {
    write("s", "good", good);
    expect((await run({})).status).toBe(0);
  });

  test("is 0 when only a should or a may fails, and the report says so", async () => {
    for (const strength of ["should", "may"]) {
      write("s", "failing", failing(strength));
      const { status, text } = await run({});
      expect(status).toBe(0);
      expect(text).toContain(`FAILED (${strength})`);
    }
  });

  test("is 1 when a must fails", async () => {
    write("s", "failing", failing("must"));
    expect((await run({})).status).toBe(1);
  });

  test("is 1 when a must fails in a replay only", async () => {
    write("s", "good", good);
    expect((await run({ start: startWholeOnly, replay: false })).status).toBe(0);
    const { status, text } = await run({ start: startWholeOnly, replay: true });
    expect(status).toBe(1);
    expect(text).toContain("held uncut, failed with the block at line 8 cut behind its byte");
  });

  test("is 1 when nothing was played", async () => {
    write("s", "needy", good.replace("    file", "    server --hidden\n    file"));
    const server = filesOf(folder);
    const { status, text } = await run({ against: [server.url.href] });
    expect(status).toBe(1);
    expect(text).toContain("s/needy.wire: needs server --hidden");
  });

  test("is 2 when a server can't be reached, and the report says so clearly", async () => {
    write("s", "good", good);
    const server = filesOf(folder);
    server.stop();
    const { status, text } = await run({ against: [server.url.href] });
    expect(status).toBe(2);
    expect(text).toContain(`NOT REACHED ${server.url.host}: ECONNREFUSED; nothing was played`);
  });

  test("is 1 when a server does not start, with the reason", async () => {
    write("s", "good", good);
    const { status, text } = await run({ start: startNothing });
    expect(status).toBe(1);
    expect(text).toContain("came      unknown option --explian");
  });

  test("is 2 when a script can't be read, with each place, and nothing is played", async () => {
    write("s", "bad", "# Bad\n\n## P (RFC 9110 §9, must)\n\n    GET /\n    < 2\n");
    write("s", "good", good);
    started.length = 0;
    const { status, text } = await run({});
    expect(status).toBe(2);
    expect(text).toContain("DIR/s/bad.wire:5: expected a statement");
    expect(text).toContain("DIR/s/bad.wire:6: expected < STATUS");
    expect(started).toEqual([]);
  });

  test("is 2 when there is no script, or it is no UTF-8", async () => {
    expect((await run({})).text).toBe("DIR: expected a script, NAME.wire\n");
    const absent = await run({ paths: [join(folder, "absent.wire")] });
    expect(absent).toEqual({ status: 2, text: "DIR/absent.wire: no such file\n" });
    writeFileSync(join(folder, "latin1.wire"), Buffer.from("# \xe9\n", "latin1"));
    expect((await run({})).text).toBe("DIR/latin1.wire: expected a readable file in UTF-8\n");
  });

  test("is 2 when a URL is none that can be played against", async () => {
    write("s", "good", good);
    for (const url of ["https://localhost/path", "http://localhost/path", "ftp://x", "http://"]) {
      const { status, text } = await run({ against: [url] });
      expect(status).toBe(2);
      expect(text).toContain("--against: expected");
    }
  });

  test("is 2 when trees can't be merged, with both places", async () => {
    write("s", "good", good);
    write("s", "other", good.replace("| a", "| other"));
    const { status, text } = await run({ tree: join(folder, "tree") });
    expect(status).toBe(2);
    expect(text).toContain("DIR/s/other.wire:3: expected a.txt as in DIR/s/good.wire:3");
  });
});

describe("a client", () => {
  const program = "process.stdout.write(await (await fetch(process.argv.at(-1))).text())";
  const words = [process.execPath, "-e", program, "{url}"];
  const asked = `# Asked

    client

## It gets its content (RFC 9112 §6.3, must)

    ask GET /a
    > GET /a HTTP/1.1
    < HTTP/1.1 200 OK
    < Content-Length: 2
    <
    << ab
    gets 200
    || ab
`;

  test("is played with, and the report names it", async () => {
    write("s", "asked", asked);
    write("s", "good", good);
    const { status, text } = await run({
      clients: [`it=${words.map((word) => `'${word}'`).join(" ")}`],
    });
    expect(text).toContain("it: every must held (1/1)");
    expect(text).toContain(
      "1 script not played with it:\n  DIR/s/good.wire: plays the client's part",
    );
    expect(status).toBe(0);
    write("s", "asked", asked.replace("|| ab", "|| abc"));
    const other = await run({ clientWords: words });
    expect(other.status).toBe(1);
    expect(other.text).toContain(
      "  passed\n    * the client is asked: GET /a\n    > GET /a HTTP/1.1",
    );
    expect(other.text).toContain("expected  this body, 3 bytes");
  });

  test("is needed for its scripts, which no server is played against", async () => {
    write("s", "asked", asked);
    write("s", "good", good);
    const reason = "DIR/s/asked.wire: plays the server's part: give --client";
    const own = await run({});
    expect(own).toMatchObject({ status: 0, text: expect.stringContaining(reason) });
    const server = filesOf(join(folder, "tree"));
    const tree = join(folder, "tree");
    const other = await run({ against: [server.url.href], tree });
    expect(other).toMatchObject({ status: 0, text: expect.stringContaining(reason) });
  });

  test("is refused beside a server, and where its command can't be read", async () => {
    write("s", "asked", asked);
    const beside = await run({ clients: ["a {url}"], against: ["http://localhost:1/"] });
    expect(beside).toEqual({
      status: 2,
      text: "--client plays no server: leave out --against and --tree\n",
    });
    const unread = await run({ clients: ["a '{url}"] });
    expect(unread).toEqual({ status: 2, text: "--client: expected single quotes in pairs\n" });
    const absent = await run({ clients: ["absent-client {url}"] });
    expect(absent.status).toBe(2);
    expect(absent.text).toContain("NOT REACHED absent-client {url}: absent-client is not there");
  });

  test("is asked for where all scripts are for clients", async () => {
    write("s", "asked", asked);
    const text = "these are scripts for clients: add -- COMMAND, or --client COMMAND\n";
    expect(await run({})).toEqual({ status: 2, text });
    expect(await run({ against: ["http://localhost:1/"] })).toEqual({ status: 2, text });
  });

  test("that forgot {url} is asked once, and the status is 2", async () => {
    write("s", "asked", asked);
    write("s", "other", asked);
    const mistaken = [process.execPath, "-e", "console.error('no URL'); process.exit(2)"];
    const { status, text } = await run({ clients: [], clientWords: mistaken });
    expect(text).toContain(
      "its command has no {url}, and as an adapter it said nothing (exit status 2: no URL)",
    );
    expect(text).not.toContain("FAILED");
    expect(status).toBe(2);
  });

  test("is marked as one in JSON", async () => {
    write("s", "asked", asked);
    const { text } = await run({ clientWords: words, json: true });
    expect(JSON.parse(text)).toMatchObject({ servers: [{ client: true, scripts: [{}] }] });
  });
});

describe("a server of the house", () => {
  test("is started for each script with its tree, words and limits, and cleared away", async () => {
    const settings = "    server --upload-dir {{root}}/up\n    limit headerTimeMs 300\n    file";
    write("s", "good", good.replace("    file", settings));
    started.length = 0;
    const { status } = await run({});
    expect(status).toBe(0);
    expect(started).toHaveLength(1);
    expect(started[0]).toMatchObject({
      arguments: ["--upload-dir", `${started[0]?.root}/up`],
      limits: { headerTimeMs: 300 },
    });
    expect(existsSync(started[0]?.root ?? "")).toBe(false);
  });

  test("is given its tree afresh for each replay of a script that changes it", async () => {
    write(
      "s",
      "live",
      `# Live

    file a.txt mode=0640
    | a

## A change counts at once (postern: permission, must)

    > GET /a.txt HTTP/1.1
    >
    < 403
    chmod a.txt 0644
    > GET /a.txt HTTP/1.1
    >
    < 200
    | a
`,
    );
    const { status, text } = await run({ replay: true });
    expect(text).toContain("s: 1 script, 1 phase held, 45 replays");
    expect(status).toBe(0);
  });
});

describe("the report", () => {
  test("has a line for a folder that held, and the matrix", async () => {
    write("rfc1", "one", good);
    write("rfc1", "two", good);
    write("rfc2", "three", good.replace("must", "may"));
    expect((await run({})).text).toBe(`       postern
       must  should  may
rfc1    2/2       -    -
rfc2      -       -  1/1
all     2/2       -  1/1

rfc1: 2 scripts, 2 phases held
rfc2: 1 script, 1 phase held

postern: every must held (2/2), should 0/0, may 1/1
`);
  });

  test("shows a failure with its place, both sides, the bytes and the response", async () => {
    write("s", "failing", failing("must"));
    expect((await run({})).text).toBe(`      postern
      must  should  may
s      1/2       -    -
all    1/2       -    -

s: 1 script, 1 phase held, 1 FAILED

1 must failed:

FAILED (must) DIR/s/failing.wire:19
  Another is not (RFC 9110 §9.3.2)
  sent
    > GET /a.txt HTTP/1.1
    >
  expected  this body, 2 bytes
  came      2 bytes of body
    differs at byte 0
    expected  00000000  62 0a                                            b.
    came      00000000  61 0a                                            a.
                        ^^
    < HTTP/1.1 200 OK
    < Content-Length: 2
    <
    < a\\n

postern: 1 must FAILED (1/2), should 0/0, may 0/0
`);
  });

  test("sets servers side by side, and counts what was not played", async () => {
    const tree = join(folder, "tree");
    write("one", "good", good);
    write("two", "needy", good.replace("    file", "    limit headerTimeMs 300\n    file"));
    expect((await run({ tree })).status).toBe(0);
    const right = filesOf(tree);
    const wrong = filesOf(join(tree, "elsewhere"));
    const { status, text } = await run({ against: [right.url.href, wrong.url.host] });
    expect(status).toBe(1);
    const masked = text
      .replaceAll(right.url.host, "right-server:80")
      .replaceAll(wrong.url.host, "wrong-server:80");
    expect(masked).toContain("## right-server:80\n\none: 1 script, 1 phase held\n");
    expect(masked).toMatch(/^one {4}1\/1 +- +- +0\/1 +- +-$/mu);
    expect(masked).toContain(
      `1 script not played against wrong-server:80:
  DIR/two/needy.wire: needs limit headerTimeMs 300
`,
    );
  });

  test("is JSON where it is asked for", async () => {
    write("s", "failing", failing("should"));
    const { status, text } = await run({ json: true });
    expect(JSON.parse(text)).toMatchObject({
      exitStatus: status,
      servers: [
        {
          server: "postern",
          totals: { must: { held: 1, played: 1 }, should: { held: 0, played: 1 } },
          scripts: [
            {
              file: "DIR/s/failing.wire",
              section: "s",
              replays: 0,
              phases: [
                { held: true, strength: "must", references: ["RFC 9110 §9.3.1"] },
                { held: false, failure: { line: 19, expected: "this body, 2 bytes" } },
              ],
            },
          ],
        },
      ],
    });
  });
});

/** The URL of a server that crashes at the first bytes. */
function crashing(): string {
  const server = fakeServer((socket) => {
    socket.terminate();
    server.stop();
  });
  servers.push(server);
  return server.url.href;
}

describe("another server", () => {
  const live = good.replace(
    "    open",
    "    chmod a.txt 0600\n    > GET /a.txt HTTP/1.1\n    >\n    < 403",
  );

  test("gets the merged tree in a folder, without a server being started", async () => {
    const tree = join(folder, "tree");
    write("s", "good", good);
    write("s", "second", good.replaceAll("a.txt", "b.txt"));
    write("s", "alone", good.replace("    file", "    alone\n    file"));
    started.length = 0;
    const { status, text } = await run({ tree });
    expect(status).toBe(0);
    expect(text).toBe(
      "The tree of 2 scripts is in DIR/tree\n" +
        "left out, since it needs a tree alone: DIR/s/alone.wire\n",
    );
    expect(readdirSync(tree).toSorted()).toEqual([".wire-tree", "a.txt", "b.txt"]);
    expect(started).toEqual([]);
  });

  test("is not played live changes without --tree, and is with it, replays and all", async () => {
    const tree = join(folder, "tree");
    write("s", "live", live);
    write("s", "plain", good);
    const server = filesOf(tree);
    expect((await run({ tree })).status).toBe(0);
    const without = await run({ against: [server.url.href] });
    expect(without.text).toContain("DIR/s/live.wire: changes its tree: give --tree");
    expect(without.status).toBe(0);
    const owned = await run({ against: [server.url.href], tree, replay: true });
    expect(owned.text).toContain("s: 2 scripts, 2 phases held, 68 replays");
    expect(owned.status).toBe(0);
    expect(statSync(join(tree, "a.txt")).mode & 0o777).toBe(0o644);
  });

  test("gets the tree of a script that wants it alone, in its turn", async () => {
    const tree = join(folder, "tree");
    write("s", "plain", good);
    write("s", "alone", good.replace("    file", "    alone\n    file").replaceAll("| a", "| x"));
    const server = filesOf(tree);
    const { status, text } = await run({ against: [server.url.href], tree });
    expect(text).toContain("s: 2 scripts, 2 phases held");
    expect(status).toBe(0);
    const without = await run({ against: [server.url.href] });
    expect(without.text).toContain("alone.wire: needs a tree of its own: give --tree");
  });

  test("isn't asked what a script needs besides files, unless it has it", async () => {
    write("s", "form", good.replace("    file", "    needs post-form listing\n    file"));
    write("s", "good", good);
    const tree = join(folder, "tree");
    const server = filesOf(tree);
    const against = [server.url.href];
    const { text } = await run({ against, tree });
    expect(text).toContain("DIR/s/form.wire: needs post-form, listing\n");
    expect(text).toContain("every must held (1/1), should 0/0, may 0/0, 1 script not played\n");
    const { text: half } = await run({ against, tree, with: ["post-form"] });
    expect(half).toContain("DIR/s/form.wire: needs listing\n");
    const { text: whole } = await run({ against, tree, with: ["post-form", "listing"] });
    expect(whole).toContain("every must held (2/2)");
    expect((await run({})).text).toContain("postern: every must held (2/2)");
  });

  test("isn't asked what its profile leaves out", async () => {
    const own = good.replace("## A", "## B").replace("RFC 9110 §9.3.1, must", "postern: a, may");
    write("s", "own", own);
    write("s", "both", `${good}\n${own.slice(own.indexOf("## B"))}`);
    const tree = join(folder, "tree");
    const server = filesOf(tree);
    const { text } = await run({ against: [server.url.href], tree, profile: "static" });
    const reason =
      "not asked of a static file server (--profile static): a choice of postern's own";
    expect(text).toContain(`  DIR/s/own.wire: ${reason}\n`);
    expect(text).toContain(`  DIR/s/both.wire:14: ${reason}\n`);
    expect(text).toContain(
      "every must held (1/1), should 0/0, may 0/0, 1 script not played, 1 phase of others not played",
    );
  });

  test("that closes everywhere is told so once, and counted once", async () => {
    write("s", "good", good.replace("    open", `    open\n\n${good.slice(good.indexOf("## A"))}`));
    const tree = join(folder, "tree");
    const server = fakeServer((socket) => {
      if (socket.data.answered++ > 0) return;
      socket.write(response("200 OK", "a\n"));
      socket.end();
    });
    servers.push(server);
    const { status, text } = await run({ against: [server.url.href], tree });
    const name = server.url.host;
    expect(text).toContain(
      `FOUND (should) ${name} closes the connection behind every answer (RFC 9112 §9.3)\n` +
        "  in 2 phases, which aren't judged by it:\n    DIR/s/good.wire:6\n",
    );
    expect(text).toContain(`FOUND (must) ${name} says nothing of it (no Connection: close)`);
    expect(text).toMatch(/^everywhere +0\/1 +0\/1 +-$/mu);
    expect(text).toMatch(/^all +2\/3 +0\/1 +-$/mu);
    expect(status).toBe(1);
    const { text: json } = await run({ against: [server.url.href], tree, json: true });
    expect(JSON.parse(json)).toMatchObject({
      servers: [{ departures: [{ strength: "should", counts: true }, { strength: "must" }] }],
    });
    const { text: tap } = await run({ against: [server.url.href], tree, tap: true, github: true });
    expect(tap).toContain("behind every answer (RFC 9112 §9.3, should) # todo a should\n");
    expect(tap).toMatch(/^::warning file=.*::closes the connection behind every answer/mu);
    const files = { junit: join(folder, "r.xml"), html: join(folder, "r.html") };
    await run({ against: [server.url.href], tree, ...files });
    expect(readFileSync(files.junit, "utf8")).toContain('classname="everywhere"><failure');
    expect(readFileSync(files.html, "utf8")).toContain("<h2>Everywhere</h2>");
  });

  test("that hangs is told so once, in every report, and the rest isn't played", async () => {
    for (let index = 1; index <= 9; index++) write("s", `n${index}`, good);
    const tree = join(folder, "tree");
    const server = fakeServer(() => {});
    servers.push(server);
    const files = { junit: join(folder, "r.xml"), html: join(folder, "r.html") };
    const options = { tree, jobs: 1, responseMs: 20, github: true, ...files };
    const { status, text } = await run({ against: [server.url.href], ...options });
    const what = "answers nothing any more since DIR/s/n1.wire:";
    expect(status).toBe(2);
    expect(text).toContain(`HANGS ${server.url.host}: ${what}`);
    expect(text).toContain("These met nothing but silence:\n  DIR/s/n1.wire\n");
    expect(text).toContain("the server answered nothing any more before it was played\n");
    expect(text).toContain(`nothing was played; it HANGS (${what}`);
    expect(text).toMatch(/^::error title=.*::hangs: answers nothing any more since /mu);
    expect(readFileSync(files.junit, "utf8")).toContain('<error message="answers nothing any more');
    expect(readFileSync(files.html, "utf8")).toContain("hangs: it answers nothing any more since");
  }, 60_000);

  test("with --bail plays nothing more after a server's first silence", async () => {
    for (let index = 1; index <= 9; index++) write("s", `n${index}`, good);
    let asked = 0;
    const server = fakeServer(() => void asked++);
    servers.push(server);
    const options = { tree: join(folder, "tree"), bail: true, jobs: 64, responseMs: 20 };
    const { status, text } = await run({ against: [server.url.href], ...options });
    expect(status).toBe(1);
    expect(text).toContain("a must failed before it, and --bail was given");
    expect(asked).toBeLessThan(9);
  });

  test("that goes away is told so once, in every report, and the rest isn't played", async () => {
    for (const name of ["a", "b", "c"]) write("s", name, good);
    const tree = join(folder, "tree");
    const { status, text } = await run({ against: [crashing()], tree, jobs: 1 });
    expect(status).toBe(2);
    expect(text).toMatch(/^WENT AWAY .*: ECONNREFUSED; the rest was not played/mu);
    expect(text).toContain("these were played:\n  DIR/s/a.wire\n\n");
    expect(text).toContain("  DIR/s/a.wire: the server went away while it was played\n");
    expect(text).toContain("went away before it was played (2 scripts):\n    DIR/s/b.wire\n");
    expect(text).toContain("nothing was played; it WENT AWAY (ECONNREFUSED)\n");
    const options = { tree, jobs: 1, junit: join(folder, "r.xml"), html: join(folder, "r.html") };
    const { text: tap } = await run({ ...options, against: [crashing()], tap: true, github: true });
    expect(tap).toContain("stays to the end\n# ECONNREFUSED\n# it went while this was played: DIR");
    expect(tap).toMatch(/^::error title=.*::went away: ECONNREFUSED/mu);
    expect(readFileSync(options.junit, "utf8")).toContain('<error message="ECONNREFUSED, while');
    expect(readFileSync(options.html, "utf8")).toContain("went away (ECONNREFUSED), while");
    const { text: json } = await run({ tree, jobs: 1, against: [crashing()], json: true });
    expect(JSON.parse(json)).toMatchObject({
      exitStatus: 2,
      servers: [{ gone: { error: "ECONNREFUSED", during: ["DIR/s/a.wire"] } }],
    });
  });

  test("is refused a folder that holds something else", async () => {
    write("s", "good", good);
    const { status, text } = await run({ tree: join(folder, "s") });
    expect(status).toBe(2);
    expect(text).toContain("--tree: DIR/s holds good.wire");
    expect(readdirSync(join(folder, "s"))).toEqual(["good.wire"]);
  });
});
