import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { serve, ServeError } from "../../index.ts";
import type { ServeOptions } from "../../index.ts";
import type { Listener } from "../../src/server/listener.ts";
import { openSocket } from "../../src/server/unix-socket.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { Command } from "../cli/command.ts";
import { TempSite } from "../temp-site.ts";

// It starts processes or many connections, on a machine that may be busy.
setDefaultTimeout(120_000);

const site = new TempSite();
const size = 5_000_000;
site.file("five.bin", new Uint8Array(size).fill(7));
const sockets = new TempSite("empty");
afterAll(() => {
  site[Symbol.dispose]();
  sockets[Symbol.dispose]();
});

async function refusalOf(options: ServeOptions): Promise<readonly [string, string]> {
  try {
    await using server = await serve({ root: site.root, ...options });
    return ["served", server.url.href];
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return [error.code, error.message];
  }
}

describe("a server on a Unix socket", () => {
  test("answers there, whatever the host, and to no port", async () => {
    const unix = sockets.at("a.sock");
    const lines: string[] = [];
    const write = (text: string): void => void lines.push(text);
    await using server = await serve({ root: site.root, unix, log: "common", write });
    expect(server).toMatchObject({ unix, port: 0, host: "localhost" });
    expect(server.url.href).toBe("http://localhost/");
    const response = await fetch("http://site.example/MySchedule.html", { unix });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(readFileSync(site.at("MySchedule.html"), "utf8"));
    expect((await fetch("http://localhost/private.html", { unix })).status).toBe(403);
    await server.stop();
    expect(lines.join("")).toMatch(/^unix: - - \[.*\] "GET \/MySchedule\.html HTTP\/1\.1" 200 /);
  });

  test("sends large files and takes forms, over many connections at once", async () => {
    const unix = sockets.at("large.sock");
    await using server = await serve({
      root: site.root,
      unix,
      // The form goes by a connection that has been idle for as long as the files took.
      limits: { connectionsPerAddressMax: 1, idleTimeMs: 600_000 },
    });
    const all = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch("http://localhost/five.bin", { unix });
        return (await response.bytes()).every((octet) => octet === 7) && response.status;
      }),
    );
    expect(all).toEqual(Array.from({ length: 8 }, () => 200));
    const body = new URLSearchParams({ name: "Ines" });
    const posted = await fetch("http://localhost/", { unix, method: "POST", body });
    expect(posted.status).toBe(200);
    expect(server.connections).toBeGreaterThan(0);
  });

  test("speaks TLS where it has a certificate", async () => {
    const unix = sockets.at("tls.sock");
    await using server = await serve({ root: site.root, unix, tls: serverTls });
    expect(server.url.href).toBe("https://localhost/");
    const response = await fetch("https://localhost/empty.txt", { unix, tls: clientTls });
    expect(response.status).toBe(200);
  });

  test("removes the socket's file when it stops", async () => {
    const unix = sockets.at("gone.sock");
    const server = await serve({ root: site.root, unix });
    expect(statSync(unix).isSocket()).toBe(true);
    await server.stop();
    expect(existsSync(unix)).toBe(false);
  });

  test("leaves the file to the process that goes on with its socket, however often it stops", async () => {
    const unix = sockets.at("replaced.sock");
    const server = await serve({ root: site.root, unix });
    const kept = await Bun.connect({ unix, socket: { data: () => undefined } });
    while (server.connections < 1) await Bun.sleep(1);
    const stopped = server.stop({ isReplaced: true, patienceMs: 60_000 });
    expect(statSync(unix).isSocket()).toBe(true);
    await server.stop();
    await stopped;
    kept.terminate();
    expect(statSync(unix).isSocket()).toBe(true);
    await using next = await serve({ root: site.root, unix });
    expect((await fetch("http://localhost/empty.txt", { unix })).status).toBe(200);
    await next.stop();
    expect(existsSync(unix)).toBe(false);
  });

  test("leaves the file of the next server when it is stopped again", async () => {
    const unix = sockets.at("again.sock");
    const server = await serve({ root: site.root, unix });
    await server.stop();
    // The system gives this file the number of the one that has gone, as a rule.
    await using next = await serve({ root: site.root, unix });
    await server.stop();
    expect(next.unix).toBe(unix);
    expect(existsSync(unix)).toBe(true);
  });

  test("leaves a file that has taken the place of its own", async () => {
    const unix = sockets.at("other.sock");
    const server = await serve({ root: site.root, unix });
    unlinkSync(unix);
    writeFileSync(unix, "precious");
    await server.stop();
    expect(readFileSync(unix, "utf8")).toBe("precious");
  });

  test("has no file left of a start that fails", async () => {
    const unix = sockets.at("failed.sock");
    const options = { unix, tls: serverTls, tlsRedirect: 0 };
    expect(await refusalOf(options)).toEqual(["tls", "no port redirects to a Unix socket"]);
    expect(readdirSync(sockets.root).filter((name) => name.startsWith("failed"))).toEqual([]);
  });

  test("gives the file the mode that is asked for, and leaves the umask as it was", async () => {
    const before = process.umask();
    for (const unixMode of [0o600, 0o660, 0o666]) {
      const unix = sockets.at("mode.sock");
      await using server = await serve({ root: site.root, unix, unixMode });
      expect(statSync(server.unix ?? "").mode & 0o777).toBe(unixMode);
      expect(process.umask()).toBe(before);
    }
  });

  test("replaces what a dead server has left, and nothing else", async () => {
    const unix = sockets.at("dead.sock");
    await using killed = new Command([site.root, "--unix", unix]);
    await killed.line();
    killed.signal("SIGKILL");
    await killed.status;
    expect(statSync(unix).isSocket()).toBe(true);
    await using server = await serve({ root: site.root, unix });
    expect((await fetch("http://localhost/empty.txt", { unix })).status).toBe(200);
    expect(await refusalOf({ unix })).toEqual(["listen", `${unix} is in use`]);
    expect((await fetch("http://localhost/empty.txt", { unix })).status).toBe(200);
    expect(server.unix).toBe(unix);
    const file = sockets.at("file");
    writeFileSync(file, "precious");
    expect(await refusalOf({ unix: file })).toEqual([
      "listen",
      `${file} is there already, and is no socket`,
    ]);
    expect(readFileSync(file, "utf8")).toBe("precious");
    symlinkSync(unix, sockets.at("link"));
    expect((await refusalOf({ unix: sockets.at("link") }))[1]).toEndWith("and is no socket");
  });

  test("says in one line why it can't have a path", async () => {
    const long = `/tmp/${"x".repeat(200)}`;
    expect(await refusalOf({ unix: "" })).toEqual(["listen", "a socket needs a path"]);
    expect((await refusalOf({ unix: long }))[1]).toMatch(
      /^the path of a socket has at most \d+ bytes/,
    );
    expect(await refusalOf({ unix: "/nowhere/at/all.sock" })).toEqual([
      "listen",
      "there is no folder for the socket /nowhere/at/all.sock",
    ]);
  });
});

/** A listener to which the system answers with the error `code`. */
function failing(code: string): Listener {
  const openAt = (): never => {
    throw Object.assign(new Error("no"), { code });
  };
  return { openAt } as unknown as Listener;
}

describe("opening a socket", () => {
  test.each([
    ["EADDRINUSE", "is in use"],
    ["ENOENT", "there is no folder for the socket"],
    ["EACCES", "may not be made"],
    ["EIO", "EIO"],
  ])("fails with %s: %s, and leaves the umask as it was", async (code, text) => {
    const before = process.umask();
    const opened = await openSocket(failing(code), sockets.at("none.sock"), 0o600);
    expect(opened.ok).toBe(false);
    expect(opened.ok ? "" : opened.error.message).toContain(text);
    expect(process.umask()).toBe(before);
  });

  test("needs a path that the system can take", async () => {
    expect((await openSocket(failing("EIO"), "a\0b", undefined)).ok).toBe(false);
  });
});

describe("--unix", () => {
  test("says where it listens, for people and for programs, and is gone with the command", async () => {
    const unix = sockets.at("cli.sock");
    await using command = new Command([site.root, "--unix", unix, "--unix-mode", "600"], {
      PORT: "1",
    });
    expect(await command.line()).toBe(`Server started. Listening at unix:${unix}`);
    expect(statSync(unix).mode & 0o777).toBe(0o600);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(existsSync(unix)).toBe(false);
    await using json = new Command([site.root, "--unix", unix, "--ready", "json"]);
    expect(JSON.parse((await json.line()) ?? "")).toEqual({
      event: "ready",
      url: "http://localhost/",
      host: "localhost",
      port: 0,
      unix,
      pid: json.pid,
      root: site.root,
    });
  });

  test("can't be shared by workers, and a mode is three octal digits", async () => {
    await using workers = new Command([site.root, "--unix", "x.sock", "--workers", "2"]);
    expect(await workers.stderr).toBe("postern: workers can't share a Unix socket\n");
    expect(await workers.status).toBe(2);
    await using mode = new Command([site.root, "--unix", "x.sock", "--unix-mode", "888"]);
    expect(await mode.stderr).toBe("postern: --unix-mode must be three octal digits, not 888\n");
  });

  test.if(Bun.which("curl") !== null)("is reached by curl --unix-socket", async () => {
    const unix = sockets.at("curl.sock");
    await using server = await serve({ root: site.root, unix });
    const curl = Bun.spawn(
      ["curl", "-s", "--unix-socket", unix, "http://any.example/MySchedule.html"],
      {
        stdout: "pipe",
      },
    );
    const text = await new Response(curl.stdout).text();
    expect(text).toBe(readFileSync(site.at("MySchedule.html"), "utf8"));
    expect(server.unix).toBe(unix);
  });
});
