import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";

import about from "../../package.json";
import { helpText } from "../../src/cli/help/help-text.ts";
import { clientTls, pemText, serverTls } from "../certificates/certificates.ts";
import { DataHome } from "../data-home.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const site = new TempSite();
const size = 20_000_000;
const { cert, key } = serverTls;
const tlsFlags = ["--tls-cert", cert, "--tls-key", key];
beforeAll(() => {
  site.file("twenty.bin", new Uint8Array(size).fill(7));
  site.file("tls.txt", "over TLS");
});
afterAll(() => site[Symbol.dispose]());

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** A command that listens on a port of its own. */
async function listening(words: readonly string[] = []): Promise<Command> {
  const command = new Command([site.root, "--port", "0", "--ready", "json", ...words]);
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
  return command;
}

/** Whether a server accepts connections on `port`. */
function isOpen(port: number): Promise<boolean> {
  return RawClient.connect(port).then(
    (client) => {
      client.close();
      return true;
    },
    () => false,
  );
}

describe("the first line", () => {
  const pattern = /^Server started\. Listening at http:\/\/localhost:(\d+)\/$/;

  test("says where it listens: port 9001, or the next free one, which is said", async () => {
    await using first = new Command([site.root]);
    const port = Number(pattern.exec((await first.line()) ?? "")?.[1]);
    await using second = new Command([site.root]);
    const next = Number(pattern.exec((await second.line()) ?? "")?.[1]);
    expect(await isOpen(port)).toBe(true);
    expect(await isOpen(next)).toBe(true);
    // Whatever else runs on this machine may have port 9001.
    expect(port).toBeGreaterThanOrEqual(9001);
    expect(next).toBeGreaterThan(port);
    for (const [command, took] of [
      [first, port],
      [second, next],
    ] as const) {
      command.signal("SIGTERM");
      expect(await command.status).toBe(0);
      const said = took === 9001 ? "" : `postern: port 9001 is in use, so this is ${took}\n`;
      expect(await command.stderr).toBe(said);
    }
  });

  test("is the only one until a request comes", async () => {
    await using command = new Command([site.root, "--port", "0"]);
    expect(await command.line()).toMatch(pattern);
    command.signal("SIGTERM");
    expect(await command.rest()).toEqual([]);
    expect(await command.status).toBe(0);
  });

  test("is JSON under --ready json, and true", async () => {
    await using command = new Command([site.root, "--port", "0", "--ready", "json"]);
    const line = (await command.line()) ?? "";
    const ready = JSON.parse(line) as { port: number };
    expect(line).toBe(
      JSON.stringify({
        event: "ready",
        url: `http://localhost:${ready.port}/`,
        host: "localhost",
        port: ready.port,
        pid: command.pid,
        root: site.root,
      }),
    );
    expect(await isOpen(ready.port)).toBe(true);
  });

  test("may be all that is read: the server outlives the reader of its lines", async () => {
    await using command = await listening(["--log", "short"]);
    await command.stopReading();
    for (let i = 0; i < 5; i++) {
      const response = await fetch(`http://127.0.0.1:${command.port}/empty.txt`);
      expect(response.status).toBe(200);
      // One turn of its event loop after the answer, the line is written.
      await Bun.sleep(5);
    }
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("is not there under --quiet, nor is any other; under --ready json it is asked for", async () => {
    await using command = await listening(["--quiet"]);
    const { port } = command;
    const client = await RawClient.connect(port);
    client.send(get("/empty.txt"));
    await client.responses(1);
    client.close();
    command.signal("SIGTERM");
    expect(await command.rest()).toEqual([]);
    expect(await command.stderr).toBe("");
    expect(await command.status).toBe(0);
  });
});

describe("the port", () => {
  test("may come from PORT in the environment", async () => {
    await using other = await listening();
    const { port: free } = other;
    other.signal("SIGTERM");
    await other.status;
    await using command = new Command([site.root], { PORT: String(free) });
    expect(await command.line()).toBe(`Server started. Listening at http://localhost:${free}/`);
  });

  test("that was asked for by hand is never swapped: exit 1, one line, no stack", async () => {
    await using other = await listening();
    const { port } = other;
    for (const command of [
      new Command([site.root, "--port", String(port)]),
      new Command([site.root], { PORT: String(port) }),
    ]) {
      expect(await command.status).toBe(1);
      expect(await command.stderr).toBe(`postern: port ${port} on localhost is in use\n`);
      expect(await command.rest()).toEqual([]);
    }
  });
});

describe("what can't be served ends in one line and no stack", () => {
  test.each<readonly [words: string[], status: number, line: string]>([
    [["/nowhere/at/all"], 1, "no such folder: /nowhere/at/all"],
    [["/dev/null"], 1, "not a folder: /dev/null"],
    [["help", "--no-config"], 1, "no such folder: help; did you mean --help?"],
    [["-c10"], 2, "10: no such file; did you mean --cache 10?"],
    [["--cors=*", "--no-config"], 2, "not an origin: *; did you mean --cors alone?"],
    [["65000", "--no-config"], 1, "no such folder: 65000; did you mean --port 65000?"],
    [[`${import.meta.path}/`], 1, `no such folder: ${import.meta.path}/`],
    [[".", "--port", "0", "--host", "192.0.2.77"], 1, "no such address here: 192.0.2.77"],
    [["--nope"], 2, "unknown option --nope; --help all lists them"],
    [["--port", "x"], 2, "--port must be a number from 0 to 65535, not x"],
    [["a", "b"], 2, "one folder can be served, not 2"],
    [
      [".", "--port", "0", "--form", "../x.html"],
      2,
      "the form page must be a file's name, not ../x.html",
    ],
  ])("%p", async (words, status, line) => {
    await using command = new Command(words);
    expect(await command.status).toBe(status);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });
});

test("without a folder the current one is served", async () => {
  await using command = new Command(["--port", "0", "--ready", "json"], {}, site.root);
  expect(JSON.parse((await command.line()) ?? "")).toMatchObject({ root: site.root });
});

test("--help prints the help, about a topic, too, and exits 0", async () => {
  for (const topic of [undefined, "uploads"]) {
    await using help = new Command(["--help", ...(topic === undefined ? [] : [topic])]);
    const expected = helpText(topic);
    expect(`${(await help.rest()).join("\n")}\n`).toBe(expected.ok ? expected.value : "");
    expect(await help.status).toBe(0);
  }
  await using unknown = new Command(["--help", "uplods"]);
  expect(await unknown.rest()).toEqual([]);
  expect(await unknown.stderr).toBe(
    "postern: no topic and no option is called uplods: did you mean uploads?\n",
  );
  expect(await unknown.status).toBe(2);
});

test("--version prints the version, with --json more, and exits 0", async () => {
  await using version = new Command(["--version"]);
  expect(await version.rest()).toEqual([about.version]);
  expect(await version.status).toBe(0);
  await using json = new Command(["--json", "--version"]);
  expect(JSON.parse((await json.line()) ?? "")).toMatchObject({ version: about.version });
  expect(await json.status).toBe(0);
  await using alone = new Command(["--json"]);
  expect(await alone.stderr).toBe(
    "postern: --json goes with --version, and with audit and check\n",
  );
  expect(await alone.status).toBe(2);
});

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  test("finishes what is in flight, logs it, and exits 0", async () => {
    await using command = await listening(["--log", "json"]);
    const { port } = command;
    const client = await RawClient.connect(port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    command.signal(signal);
    while (await isOpen(port)) await Bun.sleep(1);
    client.resume();
    await client.until(() => client.received >= size);
    client.shut();
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(client.text.indexOf("\r\n\r\n") + 4 + size);
    client.close();
    expect(await command.status).toBe(0);
    const logged = (await command.rest()).map((line) => JSON.parse(line) as object);
    expect(logged).toMatchObject([{ target: "/twenty.bin", bytes: size, whole: true }]);
    expect(await command.stderr).toBe("");
  });

  test("exits at once the second time", async () => {
    await using command = await listening();
    const { port } = command;
    const client = await RawClient.connect(port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    command.signal(signal);
    while (await isOpen(port)) await Bun.sleep(1);
    command.signal(signal);
    expect(await command.status).toBe(1);
    client.abort();
  });

  test("exits at once when nothing is in flight, idle clients or not", async () => {
    await using command = await listening();
    const { port } = command;
    const client = await RawClient.connect(port);
    client.send(get("/empty.txt"));
    await client.responses(1);
    command.signal(signal);
    expect(await command.status).toBe(0);
    expect(await client.ending()).toBe("end");
    client.close();
  });
});

describe("the log on standard output", () => {
  test("json shows what a form held, by both encodings", async () => {
    await using command = await listening(["--log", "json"]);
    const { port } = command;
    const url = `http://127.0.0.1:${port}/MyForm.html`;
    await fetch(url, { method: "POST", body: new URLSearchParams({ name: "Ines", m: "Grüße!" }) });
    expect(JSON.parse((await command.line()) ?? "")).toMatchObject({
      method: "POST",
      target: "/MyForm.html",
      status: 200,
      form: { name: "Ines", m: "Grüße!" },
    });
    const body = new FormData();
    body.append("name", "Ines");
    body.append("file", new File(["abc"], "notes.txt", { type: "text/plain" }));
    await fetch(url, { method: "POST", body });
    expect(JSON.parse((await command.line()) ?? "")).toMatchObject({
      form: { name: "Ines", file: { filename: "notes.txt", octets: 3 } },
    });
  });

  test("is short by default, and says why a file is refused", async () => {
    await using command = new Command([site.root, "--port", "0"]);
    const port = Number(/:(\d+)\/$/.exec((await command.line()) ?? "")?.[1]);
    await fetch(`http://127.0.0.1:${port}/private.html`);
    expect(await command.line()).toMatch(
      /^\d\d:\d\d:\d\d GET \/private\.html 403 \d+ B [\d.]+ ms \(private\.html: -rw------- lacks o\+r; chmod o\+r to serve it\)$/,
    );
  });
});

test.each(["1", "2"])("the log is written to its end, with %s workers", async (workers) => {
  await using command = await listening(["--log", "json", "--workers", workers]);
  const count = 300;
  const agent = `User-Agent: ${'"'.repeat(9000)}\r\n`;
  const head = `HTTP/1.1\r\nHost: localhost\r\n${agent}\r\n`;
  const clients = await Promise.all(
    Array.from({ length: count }, () => RawClient.connect(command.port)),
  );
  for (const [i, client] of clients.entries()) client.send(`OPTIONS /${i} ${head}`);
  await Promise.all(clients.map((client) => client.responses(1)));
  // More than the pipe holds; it is not read before the server has been told to stop.
  command.signal("SIGTERM");
  for (const client of clients) {
    await client.ending();
    client.close();
  }
  const lines = await command.rest();
  expect(
    lines.filter((line) => (JSON.parse(line) as { status: number }).status === 204),
  ).toHaveLength(count);
  expect(await command.status).toBe(0);
});

test.each<readonly [words: string[], path: string, status: number]>([
  [[], "/private.html", 403],
  [["--permissions", "process"], "/private.html", 200],
  [[], "/.secret.txt", 404],
  [["--hidden"], "/.secret.txt", 200],
  [[], "/names/", 200],
  [["--no-listing"], "/names/", 404],
  [["--symlinks", "deny"], "/latest.txt", 404],
  [["--symlinks", "follow"], "/outside", 200],
])("flags reach the server: %p, %s", async (words, path, status) => {
  await using command = await listening(words);
  const { port } = command;
  expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(status);
});

test("--max-body and --post reach the server", async () => {
  await using command = await listening(["--max-body", "5"]);
  const { port } = command;
  const url = `http://127.0.0.1:${port}/`;
  const body = new URLSearchParams({ name: "too long" });
  expect((await fetch(url, { method: "POST", body })).status).toBe(413);
  await using off = await listening(["--post", "off"]);
  const refused = await fetch(`http://127.0.0.1:${off.port}/`, { method: "POST", body });
  expect(refused.status).toBe(405);
});

test("--max-upload reaches the server", async () => {
  await using command = await listening(["--put", "--max-upload", "4"]);
  const put = async (name: string, body: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${command.port}/${name}`, { method: "PUT", body })).status;
  expect(await put("four.up", "four")).toBe(201);
  expect(await put("five.up", "fives")).toBe(413);
});

test.each([[[]], [["--workers", "2"]]])(
  "--log json has JSON alone on standard output, with %p",
  async (words) => {
    await using command = new Command([site.root, "--port", "0", "--log", "json", ...words]);
    const ready = JSON.parse((await command.line()) ?? "") as { event: string; port: number };
    expect(ready).toMatchObject({ event: "ready", pid: command.pid });
    await fetch(`http://127.0.0.1:${ready.port}/`);
    expect(JSON.parse((await command.line()) ?? "")).toMatchObject({ target: "/", status: 200 });
  },
);

interface Ready {
  readonly url: string;
  readonly port: number;
}

async function readyOf(command: Command): Promise<Ready> {
  return JSON.parse((await command.line()) ?? "null") as Ready;
}

/** The one line of a command that does not serve, and its status. */
async function complaintOf(words: readonly string[]): Promise<readonly [number, string]> {
  await using command = new Command([site.root, "--port", "0", ...words]);
  const status = await command.status;
  expect(await command.rest()).toEqual([]);
  return [status, await command.stderr];
}

describe("--tls-cert and --tls-key", () => {
  test("serve over TLS, and the ready line says so", async () => {
    await using command = new Command([site.root, "--port", "0", ...tlsFlags]);
    const line = await command.line();
    const [, url, port] =
      /^Server started\. Listening at (https:.*:(\d+)\/)$/.exec(line ?? "") ?? [];
    expect(url).toBe(`https://localhost:${port}/`);
    const response = await fetch(`${url}tls.txt`, { tls: clientTls });
    expect(await response.text()).toBe("over TLS");
    expect(await command.line()).toContain(" GET /tls.txt 200 ");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("so does --ready json", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...tlsFlags];
    await using command = new Command(words);
    const { url, port } = await readyOf(command);
    expect(url).toBe(`https://localhost:${port}/`);
  });

  test("are one line and exit status 2 when they can't be used", async () => {
    const missing = join(site.root, "none.pem");
    expect(await complaintOf(["--tls-cert", cert])).toEqual([
      2,
      "postern: TLS needs a certificate and its key, and there is no key\n",
    ]);
    expect(await complaintOf(["--tls-key", key])).toEqual([
      2,
      "postern: TLS needs a certificate and its key, and there is no certificate\n",
    ]);
    expect(await complaintOf(["--tls-cert", "none.pem", "--tls-key", missing])).toEqual([
      2,
      "postern: the certificate none.pem: no such file\n",
    ]);
  });

  test("say nothing on standard error of clients that know no TLS, or not who this is", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...tlsFlags];
    await using command = new Command(words);
    const { url, port } = await readyOf(command);
    for (const octets of [
      "GET / HTTP/1.1\r\n\r\n",
      "SSH-2.0-Scanner\r\n",
      "\x16\x03\x01\x00\x04\x01\0\0\0",
    ]) {
      const client = await RawClient.connect(port);
      client.send(octets);
      await client.ending();
      client.close();
    }
    const distrusting = fetch(url, { tls: { ca: pemText("other") } });
    expect(await distrusting.catch(() => "refused")).toBe("refused");
    await fetch(`${url}tls.txt`, { tls: clientTls });
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    // Only the request without TLS got an answer. The log has each answer, and each failure.
    expect(await command.rest()).toEqual([
      expect.stringMatching(/ - 400 .*\(400 cleartext \(RFC 9110 §4\.2\.2\)\)$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d \S+ closed: TLS handshake: wrong version number$/),
      expect.stringMatching(/ closed: TLS handshake: clienthello parse failed$/),
      expect.stringMatching(
        / closed: TLS handshake: (?:reset|cut off); the client may not trust the certificate$/,
      ),
      expect.stringContaining(" GET /tls.txt 200 "),
    ]);
    expect(await command.stderr).toBe("");
  });
});

describe("--tls", () => {
  const home = new DataHome();
  afterAll(() => home[Symbol.dispose]());

  test("serves with a certificate of the user's own authority, and tells which that is", async () => {
    const environment = { XDG_DATA_HOME: home.path };
    await using command = new Command([site.root, "--port", "0", "--tls"], environment);
    const line = await command.line();
    const url = /^Server started\. Listening at (https:\/\/localhost:\d+\/)$/.exec(line ?? "")?.[1];
    const file = home.at("ca.pem");
    const { fingerprint256 } = new X509Certificate(readFileSync(file));
    await command.says(
      `postern: the certificate's authority has SHA-256 ${fingerprint256}; ` +
        "postern trust has browsers trust it\n",
    );
    const curl = Bun.which("curl");
    if (curl !== null) {
      const words = ["-s", "--cacert", file, `${url}tls.txt`];
      expect(Bun.spawnSync([curl, ...words]).stdout.toString()).toBe("over TLS");
    }
    const words = ["--port", "0", "--tls", "--ready", "json", "-q"];
    await using again = new Command([site.root, ...words], environment);
    await again.line();
    again.signal("SIGTERM");
    expect([await again.status, await again.stderr]).toEqual([0, ""]);
  });

  test("is refused in a line when what is kept can't be used", async () => {
    chmodSync(home.at("authority.pem"), 0o644);
    const environment = { XDG_DATA_HOME: home.path };
    await using command = new Command([site.root, "--port", "0", "--tls"], environment);
    const path = home.at("authority.pem");
    expect(await command.status).toBe(2);
    const line = `postern: ${path} may be read by others: chmod 600 ${path}\n`;
    expect(await command.stderr).toBe(line);
  });

  test("and --tls-redirect lead from http to https", async () => {
    expect(await complaintOf(["--tls-redirect", "0"])).toEqual([
      2,
      "postern: a port that redirects to https needs TLS on the other one\n",
    ]);
    const words = ["--port", "0", "--ready", "json", ...tlsFlags, "--tls-redirect", "0"];
    await using command = new Command([site.root, ...words]);
    const ready = JSON.parse((await command.line()) ?? "null") as Record<string, number>;
    for (const port of [ready["port"], ready["tlsRedirect"]]) {
      const response = await fetch(`http://localhost:${port}/tls.txt`, { redirect: "manual" });
      const location = `https://localhost:${ready["port"]}/tls.txt`;
      expect(response.headers.get("location")).toBe(location);
      expect(await command.line()).toContain(" GET /tls.txt 307 ");
    }
  });

  test("and --tls-redirect 0 say in the first line which port redirects", async () => {
    const words = ["--port", "0", ...tlsFlags, "--tls-redirect", "0"];
    await using command = new Command([site.root, ...words]);
    const line = await command.line();
    const pattern = /^Server started\. Listening at (\S+) \((http:\S+) redirects to it\)$/;
    const [, to = "", from = ""] = pattern.exec(line ?? "") ?? [];
    const response = await fetch(from, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([307, to]);
  });
});

describe("an error that nothing handles", () => {
  const preload = join(import.meta.dir, "unhandled-error.ts");

  test.each([
    ["SIGUSR2", "a rejection, by a test"],
    ["SIGWINCH", "an exception, by a test"],
  ] as const)("ends the process: %s", async (signal, message) => {
    const words = [site.root, "--no-config", "--port", "0", "--ready", "json"];
    await using command = new Command(words, { BUN_OPTIONS: `--preload=${preload}` });
    await command.line();
    command.signal(signal);
    expect(await command.status).toBe(1);
    expect(await command.stderr).toContain(`error: ${message}\n`);
  });
});

const isRoot = process.geteuid?.() === 0;
const asOther = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
test.skipIf(isRoot && Bun.which("setpriv") === null)(
  "a root that the process can't enter is refused, and one that it can't list is served",
  async () => {
    using shut = new TempSite("empty");
    shut.file("a.txt", "content");
    const start = (mode: number): Command => {
      chmodSync(shut.root, mode);
      const words = [shut.root, "--no-config", "--port", "0", "--ready", "json"];
      return new Command(words, { HOME: "/" }, "/", undefined, { starter: asOther });
    };
    await using refused = start(0o000);
    expect(await refused.stderr).toBe(
      `postern: this user may not enter the folder, and can serve nothing of it: ${shut.root}\n`,
    );
    expect(await refused.status).toBe(1);
    await using served = start(0o111);
    const { url } = JSON.parse((await served.line()) ?? "") as { url: string };
    expect(await (await fetch(new URL("a.txt", url))).text()).toBe("content");
    chmodSync(shut.root, 0o755);
  },
);
