import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { becomeUser } from "../../../src/cli/process/become-user.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { awaitChildren, childrenOf } from "../processes.ts";
import { canActivate } from "./activated.ts";

const site = new TempSite();
site.file("a.txt", "a");
chmodSync(site.root, 0o755);
afterAll(() => site[Symbol.dispose]());

/** Whether this test may become another user, and bind ports below 1024. */
const isRoot = canActivate && process.geteuid?.() === 0;

/** The users and groups of all threads of the process `pid`. */
function idsOf(pid: number): string[] {
  const ids = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(join("/proc", String(pid), "task", thread, "status"), "utf8");
    return (/^Uid:.*\nGid:.*$/m.exec(status)?.[0] ?? "").replaceAll(/\s+/g, " ");
  });
  return [...new Set(ids)];
}

const ids = "Uid: 54321 54321 54321 54321 Gid: 54322 54322 54322 54322";

/** A port below 1024 that is free now. */
async function lowPort(): Promise<number> {
  for (let port = 600; port < 1024; port++) {
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
      return port;
    } catch {
      // It is taken.
    }
  }
  throw new Error("no port below 1024 is free");
}

async function answers(port: number): Promise<boolean> {
  const client = await RawClient.connect(port);
  client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.responses(1);
  client.close();
  return client.statuses[0] === 200;
}

describe.skipIf(!isRoot)("--user, started by root (needs root)", () => {
  const words = [site.root, "--host", "127.0.0.1", "--user", "54321:54322", "--log", "none"];

  test("serves a port below 1024 as the user, with all threads", async () => {
    const port = await lowPort();
    await using command = new Command([...words, "--port", String(port)]);
    await command.line();
    expect(await answers(port)).toBe(true);
    expect(idsOf(command.pid)).toEqual([ids]);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("has workers that are replaced later and need no right to the port", async () => {
    const port = await lowPort();
    await using command = new Command([...words, "--port", String(port), "--workers", "2"]);
    await command.line();
    const first = childrenOf(command.pid);
    expect([command.pid, ...first].map(idsOf)).toEqual([[ids], [ids], [ids]]);
    for (const pid of first) process.kill(pid, "SIGKILL");
    // The clients wait until a worker has the socket.
    for (let i = 0; i < 8; i++) expect(await answers(port)).toBe(true);
    const later = await awaitChildren(command.pid, 2, first);
    expect(later.map(idsOf)).toEqual([[ids], [ids]]);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("passes the port on to a new process, which is the same user", async () => {
    const port = await lowPort();
    const more = ["--port", String(port), "--ready", "json"];
    await using command = new Command([...words, ...more]);
    await command.line();
    command.signal("SIGUSR2");
    const { pid } = JSON.parse((await command.line()) ?? "") as { pid: number };
    expect(pid).not.toBe(command.pid);
    expect(await command.status).toBe(0);
    expect(idsOf(pid)).toEqual([ids]);
    expect(await answers(port)).toBe(true);
    process.kill(pid, "SIGTERM");
  });

  test("reads nothing of what is served as root, which it could not read again", async () => {
    const users = join(site.root, ".users");
    site.file(".users", "ines:$2y$05$x\n", 0o600);
    await using command = new Command([...words, "--port", "0", "--auth-file", users]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toStartWith(`postern: ${users}`);
  });

  test("opens the log as the user, who may have set a link where it is, and again", async () => {
    using logs = new TempSite();
    chownSync(logs.root, 54321, 54322);
    chmodSync(logs.root, 0o755);
    logs.file("root.log", "", 0o600);
    symlinkSync("root.log", join(logs.root, "link.log"));
    const more = ["--port", "0", "--ready", "json", "--log-file"];
    await using refused = new Command([...words, ...more, join(logs.root, "link.log")]);
    expect(await refused.status).toBe(2);
    expect(await refused.stderr).toEndWith("it, or its folder, may not be written to\n");
    const path = join(logs.root, "access.log");
    await using command = new Command([...words, ...more, path]);
    const { pid, port } = JSON.parse((await command.line()) ?? "") as { pid: number; port: number };
    expect([statSync(path).uid, statSync(path).gid]).toEqual([54321, 54322]);
    // The process that takes over is the user's from the start.
    command.signal("SIGUSR2");
    const next = JSON.parse((await command.line()) ?? "") as { pid: number };
    expect(next.pid).not.toBe(pid);
    expect(await command.status).toBe(0);
    expect(await answers(port)).toBe(true);
    process.kill(next.pid, "SIGTERM");
    expect(await command.stderr).toBe("");
  });

  test("is refused where the user couldn't read the parts of the program later", async () => {
    using home = new TempSite();
    chmodSync(home.root, 0o700);
    const main = JSON.stringify(join(import.meta.dir, "../../../src/cli/main.ts"));
    const text = `import { main } from ${main};\nawait main(process.argv.slice(2));\n`;
    home.file("postern.ts", text);
    const given = [...words, "--port", "0"];
    await using command = new Command(given, {}, undefined, join(home.root, "postern.ts"));
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      `postern: can't run as 54321:54322: that user may not read ${home.root}/postern.ts, ` +
        "and postern loads more of itself later\n",
    );
  });

  test("isn't combined with a Unix socket", async () => {
    await using command = new Command([...words.slice(3), "--unix", join(site.root, "a.sock")]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      "postern: a Unix socket is made by its own user: start postern as that\n",
    );
  });
});

describe.skipIf(!canActivate)("a user (needs libc)", () => {
  test("that there isn't is an error", () => {
    expect(() => becomeUser("no-such-user", {})).toThrow(
      "can't run as no-such-user: no user is called no-such-user",
    );
  });

  test.skipIf(isRoot)("is changed by root alone, but the own one is fine (needs no root)", () => {
    const own = `${process.getuid?.()}:${process.getgid?.()}`;
    expect(() => becomeUser("0:0", {})).toThrow("only root can become another user");
    becomeUser(own, {});
  });
});
