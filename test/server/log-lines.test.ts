/**
 * The lines of the format json against docs/log.schema.json, those of connections that ended before
 * a request was answered among them; over real sockets.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { join } from "node:path";

import type { Server, ServeOptions } from "../../index.ts";
import { serve } from "../../index.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { JsonSchema } from "../json-schema.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { firstOctets } from "./tls/first-octets.ts";

const docs = join(import.meta.dir, "../../docs");
const root = JSON.parse(readFileSync(join(docs, "log.schema.json"), "utf8")) as Record<
  string,
  unknown
>;
const schema = new JsonSchema(root, true);

type Line = Readonly<Record<string, unknown>>;

/** A server with a log, and its lines. */
class LoggingServer implements AsyncDisposable {
  readonly site = new TempSite("empty");
  readonly texts: string[] = [];
  #server: Server | undefined;

  static async open(options: ServeOptions = {}): Promise<LoggingServer> {
    const one = new LoggingServer();
    one.site.file("a.txt", "a");
    one.#server = await serve({
      root: one.site.root,
      host: "127.0.0.1",
      log: "json",
      write: (text) => void one.texts.push(...text.trimEnd().split("\n")),
      ...options,
    });
    return one;
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error("it isn't open");
    return this.#server;
  }

  get lines(): readonly Line[] {
    return this.texts.map((text) => JSON.parse(text) as Line);
  }

  /** The lines, when there are so many. */
  async until(count: number): Promise<readonly Line[]> {
    await this.untilTexts(count);
    return this.lines;
  }

  /** Waits until there are so many lines, of any format. */
  async untilTexts(count: number): Promise<void> {
    const giveUpMs = performance.now() + 20_000;
    while (this.texts.length < count) {
      if (performance.now() > giveUpMs) throw new Error(`only ${this.texts.join("\n")}`);
      await Bun.sleep(2);
    }
  }

  /** Sends `octets` on a connection of its own, and waits for its end. */
  async send(octets: string): Promise<void> {
    const client = await RawClient.connect(this.server.port, "127.0.0.1");
    client.send(octets);
    await client.ending();
    client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop({ force: true });
    this.site[Symbol.dispose]();
  }
}

const close = "Connection: close\r\n\r\n";

/** A form with a text, a file, and two values of one name. */
const form = new FormData();
form.append("name", "Ines");
form.append("tag", "a");
form.append("tag", "b");
form.append("file", new Blob(["12345678"], { type: "text/plain" }), "n.txt");

describe("each kind of line fits the schema, and has no member that it doesn't name", () => {
  test("requests: answered, refused, malformed, posted, of a user, with a fault", async () => {
    await using logging = await LoggingServer.open({
      post: "echo",
      auth: { users: { ines: Bun.password.hashSync("secret", { algorithm: "bcrypt", cost: 4 }) } },
      faults: [{ path: "/late", statuses: [503] }],
    });
    const login = `Authorization: Basic ${btoa("ines:secret")}\r\n`;
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const trace = `traceparent: 00-${traceId}-00f067aa0ba902b7-01\r\n`;
    const head = `Host: localhost:1\r\n${login}`;
    await logging.send(
      `GET /a.txt HTTP/1.1\r\n${head}${trace}User-Agent: x\r\nReferer: y\r\n${close}`,
    );
    await logging.send(`GET /none HTTP/1.0\r\n${head}\r\n`);
    await logging.send(`GET /late HTTP/1.1\r\n${head}${close}`);
    await logging.send(`GET /a.txt HTTP/1.1\r\nHost: localhost\r\n${close}`);
    await logging.send(`GET nowhere HTTP/1.1\r\n${head}${close}`);
    await logging.send(`\x01\r\n\r\n`);
    const url = new URL("/", logging.server.url);
    const answer = await fetch(url, {
      method: "POST",
      body: form,
      headers: { authorization: `Basic ${btoa("ines:secret")}`, connection: "close" },
    });
    await answer.arrayBuffer();
    const lines = await logging.until(7);
    expect(lines.flatMap((line) => schema.faults(line))).toEqual([]);
    expect(lines.map(({ status }) => status)).toEqual([200, 404, 503, 401, 400, 400, 200]);
    expect(lines[0]).toMatchObject({ user: "ines", traceId, host: "localhost", userAgent: "x" });
    expect(lines[2]?.["faults"]).toEqual(["statuses"]);
    expect(lines[4]?.["refusal"]).toBe("target");
    expect(lines[6]?.["form"]).toMatchObject({ name: "Ines", tag: ["a", "b"] });
  });

  test("live reload", async () => {
    await using logging = await LoggingServer.open({ live: true });
    logging.site.file("page.html", "<p>one");
    const client = await RawClient.connect(logging.server.port, "127.0.0.1");
    client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => client.text.includes("\ndata: "));
    logging.site.file("a.css", "p {}");
    const [line = {}] = await logging.until(1);
    expect(line).toMatchObject({ live: { kind: "changed" } });
    expect(schema.faults(line)).toEqual([]);
    const live = { kind: "refused", path: "/", directive: "default-src 'none'" };
    expect(schema.faults({ ...line, live })).toEqual([]);
    client.abort();
  });

  test("and a line that isn't as it should be is found", () => {
    const line = { time: "2026-11-22T15:04:05.678Z", remote: "::1", dropped: "no header" };
    expect(schema.faults(line)).toEqual([]);
    expect(schema.faults({ ...line, others: 2 })).toEqual([]);
    for (const other of [{ others: 0 }, { time: "now" }, { remote: "" }, { more: 1 }]) {
      expect(schema.faults({ ...line, ...other })).not.toEqual([]);
    }
  });
});

describe("a connection that ends before a request is answered has a line", () => {
  test("when it is reset within a request's head", async () => {
    await using logging = await LoggingServer.open();
    const client = await RawClient.connect(logging.server.port, "127.0.0.1");
    client.send("GET / HTTP/1.1\r\n");
    await Bun.sleep(50);
    client.abort();
    const [line = {}] = await logging.until(1);
    expect(line).toMatchObject({ remote: "127.0.0.1", dropped: "reset within a request's head" });
    expect(schema.faults(line)).toEqual([]);
  });

  test("when its TLS handshake fails: of no version in common, with garbage, cut off", async () => {
    await using logging = await LoggingServer.open({ tls: serverTls });
    const { port } = logging.server;
    const old = connectTls({
      port,
      host: "127.0.0.1",
      ...clientTls,
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
    });
    old.on("error", () => undefined);
    await logging.until(1);
    await logging.send("SSH-2.0-client\r\n");
    await logging.until(2);
    // The beginning of a record, and no more.
    for (const end of ["end", "resetAndDestroy"] as const) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(Uint8Array.of(22, 3, 1));
      await Bun.sleep(50);
      socket[end]();
    }
    const lines = await logging.until(4);
    expect(lines.flatMap((line) => schema.faults(line))).toEqual([]);
    const said = lines.map(({ dropped }) => String(dropped));
    expect(said[0]).toBe("TLS handshake: unsupported protocol");
    expect(said[1]).toMatch(/^TLS handshake: [a-z ]+$/);
    expect(said.slice(2).toSorted()).toEqual(["TLS handshake: cut off", "TLS handshake: reset"]);
  });

  test("when it refuses the certificate, by an alert in cleartext (RFC 8446 §6.2)", async () => {
    const versions = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
    const hello = await firstOctets(versions);
    await using logging = await LoggingServer.open({ tls: serverTls });
    const client = await RawClient.connect(logging.server.port, "127.0.0.1");
    client.send(Buffer.from(hello).toString("latin1"));
    await client.until(() => client.text.length > 0);
    // As OpenSSL sends it, with which curl and Python are made.
    client.send("\x15\x03\x03\0\x02\x02\x30");
    await client.ending();
    // Leaves without an alert, by an end and by a reset.
    for (const leave of ["close", "abort"] as const) {
      const silent = await RawClient.connect(logging.server.port, "127.0.0.1");
      silent.send(Buffer.from(hello).toString("latin1"));
      await silent.until(() => silent.text.length > 0);
      silent[leave]();
    }
    const said = (await logging.until(3)).map(({ dropped }) => String(dropped));
    expect(said[0]).toBe("TLS handshake: the client refused the certificate (unknown ca)");
    for (const line of said.slice(1)) {
      expect(line).toMatch(
        /^TLS handshake: (?:cut off|reset); the client may not trust the certificate$/,
      );
    }
  });

  test("when its handshake takes too long", async () => {
    await using logging = await LoggingServer.open({
      tls: serverTls,
      limits: { headerTimeMs: 50 },
    });
    await logging.send("\x16\x03\x01\x02\0\x01");
    const [line = {}] = await logging.until(1);
    expect(line["dropped"]).toBe("TLS handshake: not over in time");
  });

  test("and none when it has sent nothing, or leaves between two requests", async () => {
    await using logging = await LoggingServer.open({
      limits: { idleTimeMs: 50, headerTimeMs: 50 },
    });
    await using secure = await LoggingServer.open({ tls: serverTls, limits: { headerTimeMs: 50 } });
    for (const { server } of [logging, secure]) {
      const silent = await RawClient.connect(server.port, "127.0.0.1");
      await silent.ending();
      const gone = await RawClient.connect(server.port, "127.0.0.1");
      gone.abort();
    }
    const client = await RawClient.connect(logging.server.port, "127.0.0.1");
    client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.ending();
    await logging.server.stop();
    await secure.server.stop();
    expect(logging.lines.map(({ status }) => status)).toEqual([200]);
    expect(secure.lines).toEqual([]);
  });
});

describe("a request whose connection ends before the head of its answer has a line", () => {
  const request = "GET /slow?a HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\r\n";

  /** A server with a log in `format`, whose route is asked for and never answers. */
  async function asked(
    format: "short" | "combined" | "json",
  ): Promise<{ logging: LoggingServer; client: RawClient }> {
    const called = Promise.withResolvers<void>();
    const logging = await LoggingServer.open({ log: format, metrics: true });
    logging.server.route("GET", "/slow", () => {
      called.resolve();
      return new Promise<never>(() => undefined);
    });
    const client = await RawClient.connect(logging.server.port, "127.0.0.1");
    client.send(request);
    await called.promise;
    return { logging, client };
  }

  test("in JSON, with the status that the metrics count", async () => {
    const { logging, client } = await asked("json");
    await using _ = logging;
    client.abort();
    const [line = {}] = await logging.until(1);
    expect(line).toMatchObject({
      method: "GET",
      target: "/slow?a",
      status: 499,
      bytes: 0,
      whole: false,
      userAgent: "x",
      reason: "the client left before the answer",
    });
    expect(schema.faults(line)).toEqual([]);
    const counted = logging.server.measure().find(({ name }) => name.endsWith("requests_total"));
    expect(counted?.samples).toEqual([
      { suffix: "", labels: { method: "GET", code: "499" }, value: 1 },
    ]);
  });

  test("in the logs for people and for log analysers", async () => {
    const shown: string[] = [];
    for (const format of ["short", "combined"] as const) {
      const { logging, client } = await asked(format);
      await using _ = logging;
      client.abort();
      await logging.untilTexts(1);
      shown.push(...logging.texts);
    }
    expect(shown).toEqual([
      expect.stringMatching(
        /^[\d:]{8} GET \/slow\?a 499 0 B [\d.]+ ms cut off \(the client left before the answer\)$/,
      ),
      expect.stringMatching(
        /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/slow\?a HTTP\/1\.1" 499 - "-" "x"$/,
      ),
    ]);
  });

  test("which doesn't say that the client left when the server is stopped", async () => {
    const { logging, client } = await asked("json");
    await logging.server.stop({ force: true });
    expect(logging.lines.map(({ status, reason }) => [status, reason])).toEqual([
      [499, "the connection ended before the answer, while the server stopped"],
    ]);
    client.close();
    logging.site[Symbol.dispose]();
  });
});

test("every member that the schema names stands in the documentation", () => {
  const page = readFileSync(join(docs, "operations.md"), "utf8");
  const definitions = root["$defs"] as Record<string, { properties?: object }>;
  const members = Object.values(definitions).flatMap(({ properties = {} }) =>
    Object.keys(properties),
  );
  const missing = members.filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});
