import { describe, expect, test } from "bun:test";

import type { ClientResult } from "../../../src/check/clients/adapter-message.ts";
import { commandOf } from "../../../src/check/clients/client-command.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { ClientProcess } from "../../../src/check/clients/client-process.ts";

/** A client that runs this program, plain if it is given the URL. */
function client(program: string, ...more: readonly string[]) {
  const told = Promise.withResolvers<void>();
  const command = commandOf([process.execPath, "-e", program, ...more]);
  if (!command.ok) throw new Error(command.error);
  return { process: new ClientProcess(command.value, told.resolve), told: told.promise };
}

const ask = { method: "GET", url: "http://127.0.0.1:1/a", fields: [] } as const;

/** What a plain command that runs this program makes of a request. */
async function plain(program: string): Promise<ClientResult | undefined> {
  const { process: one, told } = client(program, "{url}");
  await one.ask(ask);
  await told;
  const { result } = one;
  await one.end();
  return result;
}

describe("a plain command", () => {
  test("is given the URL, and its output is the content", async () => {
    const result = await plain("process.stdout.write(process.argv.at(-1))");
    expect(result).toEqual({ kind: "got", fields: [], content: utf8Bytes(ask.url) });
  });

  test("fails with its exit status, and with what it said", async () => {
    const result = await plain('console.error("no\\nroute"); process.exit(7)');
    expect(result).toEqual({ kind: "failed", reason: "exit status 7: no route" });
  });

  test("that a signal ends has come to no conclusion", async () => {
    const result = await plain('process.kill(process.pid, "SIGKILL")');
    expect(result).toEqual({ kind: "ended", reason: "SIGKILL" });
  });
});

describe("an adapter", () => {
  const echo = `
    for await (const line of console) {
      const { url } = JSON.parse(line);
      process.stdout.write(JSON.stringify({ status: 200, content: btoa(url) }) + "\\n");
    }`;

  test("is asked again and again, and ends with its input", async () => {
    const { process: one, told } = client(echo);
    await one.ask(ask);
    await told;
    expect(one.result).toEqual({
      kind: "got",
      status: 200,
      fields: [],
      content: utf8Bytes(ask.url),
    });
    await one.end();
  });

  test("that ends instead of telling a result has come to no conclusion", async () => {
    const { process: one, told } = client('console.error("broken"); process.exit(3)');
    await one.ask(ask);
    await told;
    expect(one.result).toEqual({ kind: "ended", reason: "exit status 3: broken" });
    await one.end();
  });

  test("that hangs is killed, and leaves nothing behind", async () => {
    const { process: one } = client("setInterval(() => {}, 1000)");
    await one.ask(ask);
    expect(one.result).toBeUndefined();
    await one.end();
    await one.end();
  });

  test("that can't be started is told", async () => {
    const command = commandOf(["/nowhere/client"]);
    if (!command.ok) throw new Error(command.error);
    const one = new ClientProcess(command.value, () => undefined);
    await one.ask(ask);
    expect(one.result?.kind).toBe("ended");
    await one.end();
  });
});
