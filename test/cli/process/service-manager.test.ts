import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openServiceManager } from "../../../src/cli/process/service-manager.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { NotifyReceiver, canReceive } from "./notify-receiver.ts";

const site = new TempSite();
const folder = fs.mkdtempSync(join(tmpdir(), "postern-manager-"));
const config = join(folder, "c.json");
fs.writeFileSync(config, "{}");
afterAll(() => {
  site[Symbol.dispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

let count = 0;
/** A receiver at an address of its own. */
function receiving(): Promise<NotifyReceiver> {
  return NotifyReceiver.at(join(folder, `${count++}.sock`));
}

const words = [site.root, "--port", "0", "--log", "none", "--ready", "json"];

describe.skipIf(!canReceive)("a service manager (needs Linux and python3)", () => {
  test.each([[], ["--workers", "2"]])("is told of start, reloads and stop: %p", async (...more) => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address };
    await using command = new Command([...words, "--config", config, ...more], environment);
    const { url } = JSON.parse((await command.line()) ?? "") as { url: string };
    expect(await manager.next()).toBe(`READY=1\nSTATUS=Listening at ${url}`);
    command.signal("SIGHUP");
    expect(await manager.next()).toMatch(
      /^RELOADING=1\nMONOTONIC_USEC=[1-9]\d*\nSTATUS=Reloading$/,
    );
    expect(await manager.next()).toBe(`READY=1\nSTATUS=Listening at ${url}`);
    command.signal("SIGTERM");
    expect(await manager.next()).toBe("STOPPING=1\nSTATUS=Finishing requests");
    expect(await command.status).toBe(0);
  });

  test("is told of a reload that changes nothing, where there is nothing to read", async () => {
    await using manager = await receiving();
    await using command = new Command(words, { NOTIFY_SOCKET: manager.address });
    await command.line();
    await manager.next();
    command.signal("SIGHUP");
    expect(await manager.next()).toStartWith("RELOADING=1\n");
    expect(await manager.next()).toStartWith("READY=1\n");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    const nothing = "there is no configuration, nor another file to read again";
    expect(await command.stderr).toBe(`postern: SIGHUP: ${nothing}\n`);
  });

  test("hears from the event loop again and again, if it has a watchdog", async () => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "20000" };
    await using command = new Command(words, environment);
    await manager.next();
    for (let i = 0; i < 3; i++) expect(await manager.next(true)).toBe("WATCHDOG=1");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("has a watchdog that waits for longer than a timer can", async () => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "9999999999999999" };
    await using command = new Command(words, environment);
    await command.line();
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("is not told that all turns while a worker is silent", async () => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "20000" };
    const opened = openServiceManager(environment);
    let isTurning = true;
    const asked: number[] = [];
    opened?.ready({
      url: new URL("http://localhost/"),
      watchWithin: (withinMs) => {
        asked.push(withinMs);
        return () => isTurning;
      },
    });
    expect(await manager.next()).toStartWith("READY=1\nSTATUS=Listening at http://localhost/");
    expect(await manager.next(true)).toBe("WATCHDOG=1");
    isTurning = false;
    opened?.stopping();
    while ((await manager.any()) === "WATCHDOG=1") continue;
    // What is sent from now on is sent after at least one time at which it was asked.
    await Bun.sleep(50);
    opened?.reloaded();
    expect(await manager.any()).toStartWith("READY=1");
    isTurning = true;
    expect(await manager.any()).toBe("WATCHDOG=1");
    opened?.replacedBy(1);
    expect(asked).toEqual([20]);
  });

  test("hears of the watchdog at once, however seldom it wants to", async () => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "600000000" };
    await using command = new Command(words, environment);
    expect(await manager.next()).toStartWith("READY=1\n");
    expect(await manager.next(true)).toBe("WATCHDOG=1");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("hears nothing of a watchdog that is another process's", async () => {
    await using manager = await receiving();
    const watchdog = { WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" };
    await using command = new Command(words, { NOTIFY_SOCKET: manager.address, ...watchdog });
    await command.line();
    command.signal("SIGTERM");
    const messages = [await manager.any(), await manager.any()];
    expect(messages.map((message) => message.split("\n")[0])).toEqual(["READY=1", "STOPPING=1"]);
    expect(await command.status).toBe(0);
  });

  test("isn't passed on to children", async () => {
    await using manager = await receiving();
    const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "60000000", OTHER: "a" };
    expect(openServiceManager(environment)).toBeDefined();
    expect(environment as object).toEqual({ OTHER: "a" });
  });
});

test("an address that is none is reported, and the server serves", async () => {
  await using command = new Command(words, { NOTIFY_SOCKET: "nowhere" });
  expect(await command.line()).toStartWith('{"event":"ready"');
  command.signal("SIGTERM");
  expect(await command.status).toBe(0);
  expect(await command.stderr).toStartWith("postern: NOTIFY_SOCKET: ");
});
