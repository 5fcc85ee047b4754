import { describe, expect, test } from "bun:test";

import type { Limits } from "../../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import type { Tunnel, TunnelUser } from "../../../src/http/message/tunnel.ts";
import type { Http1Tunnel } from "../../../src/server/http1/http1-tunnel.ts";
import type { Handler } from "../../../src/site/request.ts";
import { answer, FakeClient } from "../fake-client.ts";

const upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n";

/** A user that keeps what it is told. */
class Recorder implements TunnelUser {
  readonly told: string[] = [];
  tunnel: Tunnel | undefined;
  /** Called with each thing that is told. */
  react: (told: string, tunnel: Tunnel) => void = () => undefined;
  abandoned = 0;

  readonly response = (): Response =>
    ResponseBuilder.switching(
      "chat",
      (tunnel) => {
        this.tunnel = tunnel;
        this.#tell("open");
        return this;
      },
      () => this.abandoned++,
    ).build();

  #tell(what: string): void {
    this.told.push(what);
    if (this.tunnel !== undefined) this.react(what, this.tunnel);
  }

  received(octets: Uint8Array): void {
    this.#tell(latin1Text(octets));
  }

  hasDrained(): void {
    this.#tell("(drained)");
  }

  clientEnded(): void {
    this.#tell("(ended)");
  }

  closed(): void {
    this.#tell("(closed)");
  }

  expired(): void {
    this.#tell("(expired)");
  }

  stop(): void {
    this.#tell("(stop)");
  }
}

/** A client whose requests are answered with a tunnel of `user`. */
class TunnelClient extends FakeClient {
  readonly user: Recorder;

  constructor(
    user = new Recorder(),
    limits: Partial<Record<keyof Limits, number>> = {},
    handler: Handler = user.response,
  ) {
    super(handler, limits);
    this.user = user;
  }

  /** The tunnel, as the listener has it. */
  get tunnel(): Http1Tunnel {
    return this.transport.owner as Http1Tunnel;
  }

  /** What was written behind the 101. */
  get sent(): string {
    expect(this.text).toStartWith(switched);
    return this.text.slice(switched.length);
  }
}

/** A client whose tunnel is open. */
function opened(
  user = new Recorder(),
  limits: Partial<Record<keyof Limits, number>> = {},
): TunnelClient {
  const client = new TunnelClient(user, limits);
  client.send(upgrade);
  return client;
}

/** Lets microtasks run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a 101 (RFC 9110 §7.8)", () => {
  test("names the protocol, and is the end of HTTP", () => {
    const client = opened();
    expect(client.text).toBe(switched);
    expect(client.state).toBe("closed");
    expect(client.closedCount).toBe(0);
    expect(client.reports).toEqual([]);
    client.tunnel.receive(latin1Bytes(upgrade));
    expect(client.user.told).toEqual(["open", upgrade]);
    expect(client.text).toBe(switched);
  });

  test("hands over what came behind the request, whether it is answered now or later", async () => {
    const now = new TunnelClient();
    now.send(`${upgrade}first`);
    expect(now.user.told).toEqual(["open", "first"]);
    const user = new Recorder();
    const later = new TunnelClient(user, {}, async () => {
      await settle();
      return user.response();
    });
    later.send(upgrade);
    later.send("first");
    // What comes before the answer is left in the kernel.
    expect(later.transport.paused).toBe(true);
    await settle();
    await settle();
    expect(user.told).toEqual(["open", "first"]);
    expect(later.transport.paused).toBe(false);
    later.tunnel.receive(latin1Bytes("second"));
    expect(user.told).toEqual(["open", "first", "second"]);
  });

  test("comes behind the responses to the requests before", () => {
    const user = new Recorder();
    const handler: Handler = ({ head }) =>
      head.rawTarget === "/chat" ? user.response() : answer("x");
    const client = new TunnelClient(user, {}, handler);
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${upgrade}`);
    expect(client.statuses).toEqual([200, 101]);
    expect(client.text).toEndWith(`x${switched}`);
  });

  test("leaves together with what is written at once", () => {
    const user = new Recorder();
    user.react = (_told, tunnel) => tunnel.write(latin1Bytes("hello"));
    const client = opened(user);
    expect(client.sent).toBe("hello");
    expect(client.transport.writes.length).toBe(1);
  });

  test.each([
    ["HTTP/1.0", upgrade.replace("HTTP/1.1", "HTTP/1.0")],
    ["a request that asks for nothing", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["another protocol", upgrade.replace("Upgrade: chat", "Upgrade: chess")],
    ["no option in Connection", upgrade.replace("Connection: Upgrade\r\n", "")],
    ["a HEAD", upgrade.replace("GET", "HEAD")],
    [
      "content that hasn't come",
      upgrade.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"),
    ],
  ])("is never sent to %s, but 500", (_what, request) => {
    const client = new TunnelClient();
    client.send(request);
    expect(client.statuses).toEqual([500]);
    expect(client.failures).toEqual([new TypeError("a 101 that no request asked for")]);
    expect([client.user.told, client.user.abandoned]).toEqual([[], 1]);
  });

  test("follows content that has come", () => {
    const client = new TunnelClient();
    const post = upgrade
      .replace("GET", "POST")
      .replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n");
    client.send(`${post}01234rest`);
    expect(client.user.told).toEqual(["open", "rest"]);
  });

  test("is abandoned when the client has left before", async () => {
    const client = new TunnelClient(new Recorder(), {}, async () => {
      await settle();
      return client.user.response();
    });
    client.send(upgrade);
    client.connection.closed();
    await settle();
    await settle();
    expect([client.user.told, client.user.abandoned]).toEqual([[], 1]);
  });

  test("whose user throws is the end of the connection", () => {
    const client = new TunnelClient(new Recorder(), {}, () =>
      ResponseBuilder.switching("chat", () => {
        throw new Error("mine");
      }).build(),
    );
    client.send(upgrade);
    expect(client.failures).toEqual([new Error("mine")]);
    expect(client.transport.ending).toBe("terminate");
  });

  test("whose user gives up at once closes it, and tells it", () => {
    const user = new Recorder();
    user.react = (told, tunnel) => told === "open" && tunnel.abort();
    const client = new TunnelClient(user);
    client.send(`${upgrade}rest`);
    expect(user.told).toEqual(["open", "(closed)"]);
    expect(client.transport.ending).toBe("terminate");
  });
});

describe("writing", () => {
  test("in one step, or one piece of code, is one write", async () => {
    const client = opened();
    const { tunnel, transport } = client;
    tunnel.write(latin1Bytes("a"));
    tunnel.write(latin1Bytes("b"));
    expect(client.sent).toBe("");
    await settle();
    expect(client.sent).toBe("ab");
    client.user.react = (_told, end) => {
      end.write(latin1Bytes("c"));
      end.write(latin1Bytes("d"));
    };
    tunnel.receive(latin1Bytes("x"));
    expect(client.sent).toBe("abcd");
    expect(transport.writes.length).toBe(3);
  });

  test("waits for a socket that is full, and tells when nothing waits any more", async () => {
    const client = opened(new Recorder(), { sendPieceBytes: 1000, inlineBytesMax: 0 });
    const { tunnel, transport } = client;
    transport.room = 500;
    let sent = "";
    for (let i = 0; i < 100; i++) {
      const piece = String(i).padStart(100, "-");
      tunnel.write(latin1Bytes(piece));
      sent += piece;
    }
    await settle();
    expect([tunnel.pending, tunnel.isFull]).toEqual([9500, true]);
    expect(client.sent).toBe(sent.slice(0, 500));
    client.transport.room = 9000;
    tunnel.drained();
    expect([tunnel.pending, tunnel.isFull]).toEqual([500, false]);
    expect(client.user.told).toEqual(["open"]);
    transport.room = Infinity;
    tunnel.drained();
    expect(client.sent).toBe(sent);
    expect(client.user.told).toEqual(["open", "(drained)"]);
  });

  test("to a client that takes nothing for writeTimeMs ends in a reset, however long it was idle", async () => {
    const client = opened(new Recorder(), { writeTimeMs: 5000 });
    client.clock.advance(60_000);
    client.transport.room = 0;
    client.tunnel.write(latin1Bytes("x"));
    await settle();
    client.clock.advance(4900);
    expect(client.transport.ending).toBeUndefined();
    client.clock.advance(200);
    expect(client.transport.ending).toBe("terminate");
    expect(client.user.told).toEqual(["open", "(closed)"]);
    expect(client.reports[0]).toMatchObject({ whole: false, octets: 0 });
  });

  test("after the end does nothing", async () => {
    const client = opened();
    client.tunnel.end();
    client.tunnel.write(latin1Bytes("late"));
    await settle();
    expect(client.sent).toBe("");
    expect(client.transport.ending).toBe("shutdown");
  });

  test("to a connection that is gone ends it", async () => {
    const client = opened();
    client.transport.broken = true;
    client.tunnel.write(latin1Bytes("x"));
    await settle();
    expect(client.user.told).toEqual(["open", "(closed)"]);
  });
});

describe("reading", () => {
  test("can be paused and resumed", () => {
    const client = opened();
    client.tunnel.pause();
    client.tunnel.pause();
    client.tunnel.resume();
    client.tunnel.resume();
    expect(client.transport.calls).toEqual(["pause", "resume"]);
  });
});

describe("memory", () => {
  test("is that of all bodies together, and is given back", () => {
    const client = opened(new Recorder(), { bodiesBytesMax: 100_000 });
    const { tunnel } = client;
    expect(tunnel.hold(60_000, 0)).toBe(true);
    expect(tunnel.hold(60_000, 0)).toBe(false);
    expect(tunnel.hold(90_000, 60_000)).toBe(true);
    expect(tunnel.hold(20_000, 90_000)).toBe(true);
    expect(tunnel.hold(60_000, 0)).toBe(true);
    expect(tunnel.hold(0, 20_000) && tunnel.hold(0, 60_000)).toBe(true);
    // One that is alone may be larger.
    expect(tunnel.hold(200_000, 0)).toBe(true);
  });
});

describe("ending", () => {
  test("this side leaves the client's open, until it ends, too", async () => {
    const client = opened();
    const { tunnel, transport } = client;
    tunnel.write(latin1Bytes("last"));
    tunnel.end();
    await settle();
    expect([client.sent, transport.ending]).toEqual(["last", "shutdown"]);
    tunnel.receive(latin1Bytes("more"));
    expect(client.user.told).toEqual(["open", "more"]);
    tunnel.peerEnded();
    expect(transport.ending).toBe("close");
    expect(client.user.told).toEqual(["open", "more", "(ended)", "(closed)"]);
    expect(client.reports[0]).toMatchObject({ whole: true, octets: 4, response: { status: 101 } });
    expect(client.closedCount).toBe(1);
    tunnel.closed();
    expect(client.user.told.length).toBe(4);
  });

  test("the client's side leaves this one open", async () => {
    const client = opened();
    client.tunnel.peerEnded();
    client.tunnel.write(latin1Bytes("answer"));
    await settle();
    expect([client.sent, client.transport.ending]).toEqual(["answer", undefined]);
    client.tunnel.end();
    await settle();
    expect(client.transport.ending).toBe("close");
  });

  test("waits for a socket that is full", async () => {
    const client = opened();
    client.transport.room = 2;
    client.tunnel.write(latin1Bytes("last"));
    client.tunnel.end();
    await settle();
    expect(client.transport.ending).toBeUndefined();
    client.transport.room = 10;
    client.tunnel.drained();
    expect([client.sent, client.transport.ending]).toEqual(["last", "shutdown"]);
  });

  test("by close throws away what still comes, for lingerTimeMs", async () => {
    const client = opened(new Recorder(), { lingerTimeMs: 1000 });
    client.tunnel.pause();
    client.tunnel.close();
    await settle();
    expect(client.transport.paused).toBe(false);
    client.tunnel.receive(latin1Bytes("late"));
    expect(client.user.told).toEqual(["open"]);
    client.clock.advance(999);
    expect(client.transport.ending).toBe("shutdown");
    client.clock.advance(33);
    expect(client.transport.ending).toBe("close");
    expect(client.user.told).toEqual(["open", "(closed)"]);
    expect(client.reports[0]).toMatchObject({ whole: true });
  });

  test("by close resets a client that sends more than lingerBytesMax", async () => {
    const client = opened(new Recorder(), { lingerBytesMax: 3 });
    client.tunnel.close();
    await settle();
    client.tunnel.receive(latin1Bytes("abc"));
    expect(client.transport.ending).toBe("shutdown");
    client.tunnel.receive(latin1Bytes("d"));
    expect(client.transport.ending).toBe("terminate");
  });

  test("in another way tells the user once, and the record that it was cut off", () => {
    const client = opened();
    client.tunnel.closed();
    client.tunnel.closed();
    client.tunnel.abort();
    expect(client.user.told).toEqual(["open", "(closed)"]);
    expect(client.reports.map(({ whole }) => whole)).toEqual([false]);
    expect(client.transport.ending).toBeUndefined();
    expect(client.timers.size).toBe(0);
  });
});

describe("the server", () => {
  test("tells the user that it stops, and resets what is left", () => {
    const client = opened();
    client.tunnel.stop();
    expect(client.user.told).toEqual(["open", "(stop)"]);
    client.tunnel.abort();
    expect(client.user.told).toEqual(["open", "(stop)", "(closed)"]);
    expect(client.transport.ending).toBe("terminate");
  });

  test("that is stopping already tells it at once", async () => {
    const client = new TunnelClient(new Recorder(), {}, async () => {
      await settle();
      return client.user.response();
    });
    client.send(upgrade);
    client.connection.stop(false);
    await settle();
    await settle();
    expect(client.user.told).toEqual(["open", "(stop)"]);
  });
});

describe("time", () => {
  test("is told once, when it was asked for", () => {
    const client = opened();
    client.tunnel.wakeAt(client.tunnel.nowMs + 1000);
    client.clock.advance(999);
    expect(client.user.told).toEqual(["open"]);
    client.clock.advance(33);
    expect(client.user.told).toEqual(["open", "(expired)"]);
    client.clock.advance(100_000);
    expect(client.user.told).toEqual(["open", "(expired)"]);
  });

  test("is none for a tunnel that asks for none", () => {
    const client = opened();
    client.clock.advance(10_000_000);
    expect(client.transport.ending).toBeUndefined();
    expect(client.timers.size).toBe(0);
  });
});
