import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const examples = join(import.meta.dir, "../../examples");
const haproxy = Bun.which("haproxy");
const bash = Bun.which("bash");

describe("the examples of replicas over a store", () => {
  test.skipIf(haproxy === null)("have a configuration that HAProxy takes", async () => {
    const checking = Bun.spawn([haproxy ?? "", "-c", "-f", join(examples, "haproxy/haproxy.cfg")], {
      env: {
        POSTERN_PORT: "8100",
        REPLICA_A: "127.0.0.1:8101",
        REPLICA_B: "127.0.0.1:8102",
        HEALTH_A: "8103",
        HEALTH_B: "8104",
        HAPROXY_SOCKET: "/tmp/postern-haproxy.sock",
      },
      stdout: "pipe",
      stderr: "pipe",
    });
    const told = (await checking.stdout.text()) + (await checking.stderr.text());
    expect(await checking.exited, told).toBe(0);
    expect(told).not.toContain("[WARNING]");
  });

  test.skipIf(bash === null)("have a script that a shell can read", async () => {
    const script = join(examples, "swift/start.sh");
    const reading = Bun.spawn([bash ?? "", "-n", script], { stderr: "pipe" });
    expect(await reading.stderr.text()).toBe("");
    expect(await reading.exited).toBe(0);
  });
});
