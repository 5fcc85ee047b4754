import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openNotifySocket } from "../../../src/system/process/notify-socket.ts";
import { NotifyReceiver, canReceive } from "../../cli/process/notify-receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-notify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The time since the machine's start, in microseconds. */
async function uptime(): Promise<bigint> {
  const [seconds] = (await Bun.file("/proc/uptime").text()).split(" ");
  return BigInt(Math.round(Number(seconds) * 1e6));
}

describe("the address of a service manager", () => {
  test.each(["", "/", "@", "relative", "vsock:2:1", `/${"x".repeat(107)}`, `@${"x".repeat(108)}`])(
    "is not %p",
    (address) => {
      const expected =
        process.platform === "linux" ? `no address of a Unix socket: ${address}` : "";
      const opened = openNotifySocket(address);
      expect(opened.ok).toBe(false);
      if (!opened.ok && expected !== "") expect(opened.error).toBe(expected);
    },
  );
});

describe.skipIf(!canReceive)("a message (needs Linux and python3)", () => {
  test.each([join(folder, "notify.sock"), `@postern-test-${process.pid}`])(
    "arrives whole at %s",
    async (address) => {
      await using receiver = await NotifyReceiver.at(address);
      const socket = openNotifySocket(address);
      if (!socket.ok) throw new Error(socket.error);
      expect(socket.value.send("READY=1\nSTATUS=über")).toBe(true);
      expect(socket.value.send("STOPPING=1")).toBe(true);
      expect(await receiver.next()).toBe("READY=1\nSTATUS=über");
      expect(await receiver.next()).toBe("STOPPING=1");
    },
  );

  test("fails where the manager is gone", () => {
    const socket = openNotifySocket(join(folder, "gone.sock"));
    expect(socket.ok && socket.value.send("READY=1")).toBe(false);
  });

  test("has a time that is the kernel's, and goes on", async () => {
    const socket = openNotifySocket(join(folder, "any.sock"));
    if (!socket.ok) throw new Error(socket.error);
    // /proc/uptime counts the time of a suspension, too, and has hundredths of a second.
    const [before, time] = [socket.value.monotonicUs(), socket.value.monotonicUs()];
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual((await uptime()) + 10_000n);
    expect(time).toBeGreaterThan(0n);
  });
});
