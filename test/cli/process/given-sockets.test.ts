import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { takeGivenSockets } from "../../../src/cli/process/given-sockets.ts";
import { clientTls, serverTls } from "../../certificates/certificates.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { awaitChildren, childrenOf } from "../processes.ts";
import { Activated, canActivate } from "./activated.ts";

const site = new TempSite();
site.file("a.txt", "given");
const folder = fs.mkdtempSync(join(tmpdir(), "postern-given-"));
afterAll(() => {
  site[Symbol.dispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

const get = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async function answer(client: RawClient): Promise<string> {
  client.send(get);
  await client.responses(1);
  const text = client.text;
  client.close();
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

describe.skipIf(!canActivate)("sockets of a service manager (need libc)", () => {
  test("are served, with the clients that were there before, and stay the manager's", async () => {
    using manager = new Activated("127.0.0.1");
    const early = await RawClient.connect(manager.port);
    early.send(get);
    for (let time = 0; time < 2; time++) {
      await using command = manager.start([site.root]);
      const line = `Server started. Listening at http://127.0.0.1:${manager.port}/`;
      expect(await command.line()).toBe(line);
      expect(await answer(await RawClient.connect(manager.port))).toBe("given");
      command.signal("SIGTERM");
      expect(await command.status).toBe(0);
      expect(await command.stderr).toBe("");
    }
    await early.responses(1);
    expect(early.text).toEndWith("given");
    early.close();
    // No process accepts now, but the client is not refused.
    (await RawClient.connect(manager.port)).close();
  });

  test("are shared by workers, and one that takes another's place has them, too", async () => {
    using manager = new Activated("127.0.0.1");
    await using command = manager.start([site.root, "--workers", "2", "--log", "none"]);
    await command.line();
    const workers = childrenOf(command.pid);
    for (const gone of [undefined, ...workers]) {
      if (gone !== undefined) process.kill(gone, "SIGKILL");
      for (let i = 0; i < 8; i++) {
        expect(await answer(await RawClient.connect(manager.port))).toBe("given");
      }
    }
    await awaitChildren(command.pid, 2, workers);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("may be a Unix socket, whose file stays", async () => {
    const unix = join(folder, "a.sock");
    using manager = new Activated(unix);
    await using command = manager.start([site.root, "--ready", "json", "--log", "none"]);
    expect(JSON.parse((await command.line()) ?? "")).toMatchObject({ unix });
    const response = await fetch("http://localhost/a.txt", { unix });
    expect(await response.text()).toBe("given");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(fs.existsSync(unix)).toBe(true);
  });

  test("may redirect to https, by their name", async () => {
    using manager = new Activated("127.0.0.1", "127.0.0.1");
    const tls = ["--tls-cert", serverTls.cert, "--tls-key", serverTls.key];
    await using command = manager.start([site.root, ...tls, "--log", "none"], {
      LISTEN_FDNAMES: "https:redirect",
    });
    await command.line();
    const [port = 0, redirect = 0] = manager.ports;
    const response = await fetch(`https://localhost:${port}/a.txt`, { tls: clientTls });
    expect(await response.text()).toBe("given");
    const led = await fetch(`http://localhost:${redirect}/a.txt`, { redirect: "manual" });
    expect(led.headers.get("Location")).toBe(`https://localhost:${port}/a.txt`);
  });

  test.each([
    ["--port", "8080", "leave out --port, and PORT"],
    ["--host", "::1", "leave out --host"],
    ["--unix", "a.sock", "leave out --unix"],
  ])("go with no %s", async (flag, value, remedy) => {
    using manager = new Activated("127.0.0.1");
    await using command = manager.start([site.root, flag, value]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      `postern: the service manager has given the socket to listen on: ${remedy}\n`,
    );
  });

  test("of two ports are refused, and so is what doesn't listen", async () => {
    using manager = new Activated("127.0.0.1", "127.0.0.1");
    await using two = manager.start([site.root]);
    expect(await two.status).toBe(2);
    expect(await two.stderr).toStartWith("postern: LISTEN_FDS: sockets of one port are needed;");
    await using none = manager.start([site.root], { LISTEN_FDS: "3" });
    expect(await none.status).toBe(2);
    expect(await none.stderr).toBe(
      "postern: LISTEN_FDS: descriptor 5 is no stream socket that listens (Accept=no)\n",
    );
  });
});

describe("the environment", () => {
  const own = { pid: 7, ppid: 6 };

  test("without sockets has none", () => {
    expect(takeGivenSockets({}, own, {})).toEqual({ ok: true, value: undefined });
  });

  test.each(["0", "-1", "1.5", "x", "65", "0x1", " 1", "1.0"])(
    "with LISTEN_FDS=%s is refused",
    (LISTEN_FDS) => {
      const environment = { LISTEN_FDS, LISTEN_PID: "7", OTHER: "stays" };
      expect(takeGivenSockets(environment, own, {})).toEqual({
        ok: false,
        error: `LISTEN_FDS: not a number of sockets from 1 to 64: ${LISTEN_FDS}`,
      });
      expect(environment as object).toEqual({ OTHER: "stays" });
    },
  );

  test("with sockets of the process that has started this one is refused", () => {
    expect(takeGivenSockets({ LISTEN_FDS: "1", LISTEN_PID: "6" }, own, {})).toEqual({
      ok: false,
      error:
        "LISTEN_FDS: the sockets are for process 6, and this is 7; " +
        "the service has to start postern itself, without bunx or a shell between",
    });
  });

  test("with sockets of any other process has none (sd_listen_fds(3))", () => {
    for (const given of [{ LISTEN_PID: "8" }, {}]) {
      const environment = { LISTEN_FDS: "1", ...given };
      expect(takeGivenSockets(environment, own, {})).toEqual({ ok: true, value: undefined });
      expect(environment as object).toEqual({});
    }
  });

  test("with what postern would set itself is refused when it is wrong", () => {
    expect(takeGivenSockets({ POSTERN_SOCKETS: "3," }, own, {})).toEqual({
      ok: false,
      error: "POSTERN_SOCKETS: postern sets this itself when it is replaced",
    });
  });

  test("with the sockets of a process that is replaced has those, if they still fit", () => {
    const groups = [{ main: [-1], redirect: [] }];
    const held = { host: "localhost", port: 8080, groups, isManagers: false };
    const taken = (config: object): unknown =>
      takeGivenSockets({ POSTERN_SOCKETS: JSON.stringify(held) }, own, config);
    const fitting = { isManagers: false, isSuccessor: true, ahead: { port: 8080, groups } };
    for (const config of [{}, { port: 0 }, { port: 8080, host: "localhost" }]) {
      expect(taken(config)).toMatchObject({ ok: true, value: fitting });
    }
    for (const config of [{ port: 8081 }, { host: "::1" }, { unix: "a" }, { tlsRedirect: 0 }]) {
      const value = { isManagers: false, isSuccessor: true, ahead: undefined };
      expect(taken(config)).toEqual({ ok: true, value });
    }
  });

  test("with a Unix socket has it at its path, and else knows of the file that is left", () => {
    const groups = [{ main: [-1], redirect: [], removesFile: true }];
    const held = { host: "localhost", port: 0, unix: "a", groups, isManagers: false };
    const taken = (config: object, more: object = {}): unknown =>
      takeGivenSockets({ POSTERN_SOCKETS: JSON.stringify({ ...held, ...more }) }, own, config);
    // No host and no port counts beside it.
    for (const config of [{ unix: "a" }, { unix: "a", host: "::1", port: 80 }]) {
      expect(taken(config)).toMatchObject({ ok: true, value: { ahead: { unix: "a", groups } } });
    }
    const moved = { isManagers: false, isSuccessor: true, ahead: undefined };
    for (const config of [{}, { unix: "b" }]) {
      expect(taken(config)).toEqual({ ok: true, value: { ...moved, leftFile: "a" } });
    }
    // A file that the process before had not to remove.
    const others = { groups: [{ main: [-1], redirect: [] }] };
    expect(taken({ unix: "b" }, others)).toEqual({ ok: true, value: moved });
  });

  test("with sockets of metrics and health has those, wherever the server itself listens", () => {
    const groups = [{ main: [-1], redirect: [] }];
    const metrics = { host: "127.0.0.1", port: 9100, sockets: [-1] };
    const held = { host: "localhost", port: 8080, groups, isManagers: false };
    const environment = { POSTERN_SOCKETS: JSON.stringify({ ...held, operations: { metrics } }) };
    const operations = { metrics: "127.0.0.1:9100", sockets: { main: [], metrics: [-1] } };
    for (const port of [8080, 8081]) {
      const config = { port, metrics: 0 };
      const value = { isSuccessor: true, operations };
      expect(takeGivenSockets({ ...environment }, own, config)).toMatchObject({ ok: true, value });
    }
  });
});
