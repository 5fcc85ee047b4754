import { afterEach, describe, expect, test } from "bun:test";

import { ClientPort, leftText } from "../../../src/check/clients/client-port.ts";
import { ExchangeLog } from "../../../src/check/play/exchange/exchange.ts";
import { exchangeLines } from "../../../src/check/report/exchange-text.ts";

const ports: ClientPort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.stop();
});

function listening(log = new ExchangeLog()): ClientPort {
  const port = new ClientPort(log);
  ports.push(port);
  return port;
}

async function connectTo(port: ClientPort) {
  const [hostname = "", number = ""] = port.host.split(":");
  return Bun.connect({ hostname, port: Number(number), socket: { data: () => undefined } });
}

const deadline = (): number => performance.now() + 20_000;

describe("the port for a client", () => {
  test("is on loopback, and has two names", () => {
    const port = listening();
    expect(port.host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(port.otherHost).toBe(port.host.replace("127.0.0.1", "localhost"));
  });

  test("has the connections in their order, and records both directions", async () => {
    const log = new ExchangeLog();
    const port = listening(log);
    const first = await connectTo(port);
    await port.until(deadline(), () => (port.connections.length === 1 ? true : undefined));
    const second = await connectTo(port);
    await port.until(deadline(), () => (port.connections.length === 2 ? true : undefined));
    second.write("> b");
    await port.until(deadline(), () =>
      port.connections.find((one) => one.connection.pendingBytes > 0),
    );
    const [, came] = port.connections;
    expect(Buffer.from(came?.connection.take() ?? []).toString()).toBe("> b");
    came?.connection.send(Buffer.from("< c"));
    first.end();
    const ended = (): true | undefined =>
      port.connections[0]?.connection.peer === "closed" || undefined;
    expect(await port.until(deadline(), ended)).toBe(true);
    expect(exchangeLines(log.take())).toEqual([
      "* on connection 2",
      ">> > b",
      "<< < c",
      "* on main",
      "* the client closed the connection",
    ]);
  });

  test("tells when time is up", async () => {
    const port = listening();
    expect(await port.until(performance.now() + 1, () => undefined)).toBe("late");
    expect(await port.until(0, () => "now")).toBe("now");
  });
});

test("how a client leaves is told in words", () => {
  expect(leftText("reset")).toBe("the client reset the connection");
});
