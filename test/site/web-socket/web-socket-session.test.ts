import { describe, expect, test } from "bun:test";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import type { ServerWebSocket } from "../../../src/site/web-socket/server-web-socket.ts";
import { clientFrame, closing, serverFrame } from "../../websocket/client-frames.ts";
import { echo, openSession } from "./opened-session.ts";

const text = (payload: string): Uint8Array => clientFrame(1, payload);

/** Lets promises go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The payloads of the frames that were written, which are short. */
function payloads(octets: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < octets.length; at += 2 + (octets[at + 1] as number)) {
    const end = at + 2 + (octets[at + 1] as number);
    found.push(Buffer.from(octets.subarray(at + 2, end)).toString());
  }
  return found;
}

/** How many messages an iteration of `socket` has. */
async function count(socket: ServerWebSocket): Promise<number> {
  let all = 0;
  for await (const _ of socket) all++;
  return all;
}

describe("a handler of hooks", () => {
  test("is told of open, messages and close, in this order", () => {
    const told: unknown[] = [];
    const { tunnel, session, sockets } = openSession({
      open: (socket) => told.push(["open", socket.state, socket.protocol, socket.params["id"]]),
      message: (_socket, message) => told.push(message),
      pong: (_socket, payload) => told.push(["pong", ...payload]),
      close: (socket, code, reason) => told.push([code, reason, socket.state]),
    });
    expect([...sockets]).toEqual([session]);
    tunnel.send(
      concatBytes([text("a"), clientFrame(2, Uint8Array.of(0xff)), clientFrame(10, "p")]),
    );
    tunnel.send(clientFrame(8, closing(3000, "done")));
    expect(told).toEqual([
      ["open", "open", "v1", "5"],
      "a",
      Uint8Array.of(0xff),
      ["pong", 0x70],
      [3000, "done", "closed"],
    ]);
    expect(sockets.size).toBe(0);
    expect(tunnel.messages).toEqual(["a", Uint8Array.of(0xff)]);
  });

  test("gets the next message when the promise for the one before is fulfilled", async () => {
    const begun: unknown[] = [];
    const pending: (() => void)[] = [];
    const { tunnel, ends } = openSession({
      message: (_socket, message) => {
        begun.push(message);
        return new Promise<void>((resolve) => pending.push(resolve));
      },
    });
    tunnel.send(concatBytes([text("a"), text("b"), clientFrame(9, "p"), clientFrame(8)]));
    // Control frames are answered meanwhile, and the close waits for the messages.
    expect(payloads(tunnel.octets)).toEqual(["p", ""]);
    expect(begun).toEqual(["a"]);
    expect(ends).toEqual([]);
    pending.shift()?.();
    await settle();
    expect(begun).toEqual(["a", "b"]);
    expect(ends).toEqual([]);
    pending.shift()?.();
    await settle();
    expect(ends).toEqual([[1005, ""]]);
  });

  test("gets no message before its open is over", async () => {
    const told: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const { tunnel } = openSession({
      open: () => promise,
      message: (_socket, message) => told.push(message),
    });
    tunnel.send(text("a"));
    expect(told).toEqual([]);
    resolve();
    await settle();
    expect(told).toEqual(["a"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
    ["rejects", () => Promise.reject(new Error("mine"))],
  ])("that %s closes with 1011, and is reported", async (_how, message) => {
    const { tunnel, session, ends } = openSession({ message });
    tunnel.send(text("a"));
    await settle();
    expect(tunnel.failures).toEqual([new Error("mine")]);
    expect(session.state).toBe("closing");
    expect([...tunnel.octets]).toEqual([...serverFrame(8, closing(1011))]);
    tunnel.send(clientFrame(8, closing(1011)));
    expect(ends).toEqual([[1011, ""]]);
    expect(tunnel.ending).toBe("close");
  });

  test("that throws in close is reported", () => {
    const { tunnel } = openSession({
      close: () => {
        throw new Error("late");
      },
    });
    tunnel.abort();
    expect(tunnel.failures).toEqual([new Error("late")]);
  });
});

describe("iterating", () => {
  test("gives messages out as they are wanted, and ends with the socket", async () => {
    const got: unknown[] = [];
    const { tunnel } = openSession({
      open: async (socket) => {
        for await (const message of socket) {
          got.push(message);
          socket.send(`got ${String(message)}`);
        }
        got.push("over");
      },
    });
    tunnel.send(concatBytes([text("a"), text("b")]));
    await settle();
    tunnel.send(text("c"));
    await settle();
    expect(got).toEqual(["a", "b", "c"]);
    expect(payloads(tunnel.octets)).toEqual(["got a", "got b", "got c"]);
    tunnel.send(concatBytes([text("d"), clientFrame(8)]));
    await settle();
    expect(got).toEqual(["a", "b", "c", "d", "over"]);
  });

  test("may begin late, and be left and begun again", async () => {
    const { tunnel, session } = openSession({});
    tunnel.send(concatBytes([text("a"), text("b")]));
    for await (const message of session) {
      expect(message).toBe("a");
      break;
    }
    for await (const message of session) {
      expect(message).toBe("b");
      break;
    }
    tunnel.send(clientFrame(8));
    for await (const message of session) expect(message).toBe("none");
  });

  test("ends when the connection is lost, and when this side closes", async () => {
    const ends: Promise<unknown>[] = [];
    const lost = openSession({ open: (socket) => ends.push(count(socket)) });
    lost.tunnel.abort();
    const closed = openSession({ open: (socket) => ends.push(count(socket)) });
    closed.tunnel.send(text("a"));
    closed.session.close();
    // What comes behind this side's Close is dropped.
    closed.tunnel.send(text("b"));
    expect(await Promise.all(ends)).toEqual([0, 1]);
  });

  test("is an error where messages go to a hook", () => {
    const { session } = openSession(echo);
    const iterate = (): unknown => session[Symbol.asyncIterator]();
    expect(iterate).toThrow(new TypeError("the messages of this socket go to `message`"));
  });
});

describe("back-pressure", () => {
  test("holds the client back while messages wait for their handler", async () => {
    const { tunnel, session } = openSession({}, { webSocketInboxBytesMax: 200 });
    tunnel.send(
      concatBytes([text("x".repeat(100)), text("y".repeat(100)), text("z"), clientFrame(9)]),
    );
    expect(tunnel.isPaused).toBe(true);
    // Nothing is read beyond it, not even a Ping.
    expect(tunnel.octets.length).toBe(0);
    expect(tunnel.wakeMs).toBe(Infinity);
    const iterator = session[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe("x".repeat(100));
    // The third message has filled it again.
    expect(tunnel.isPaused).toBe(true);
    expect((await iterator.next()).value).toBe("y".repeat(100));
    expect(tunnel.isPaused).toBe(false);
    expect([...tunnel.octets]).toEqual([...serverFrame(10)]);
    expect((await iterator.next()).value).toBe("z");
  });

  test("holds a client back that doesn't read, so an echo has a bound", () => {
    const { tunnel } = openSession(echo);
    tunnel.send(text("a"));
    tunnel.isFull = true;
    tunnel.send(concatBytes([text("b"), text("c")]));
    expect(payloads(tunnel.octets)).toEqual(["a"]);
    expect(tunnel.isPaused).toBe(true);
    tunnel.isFull = false;
    tunnel.user?.hasDrained();
    expect(payloads(tunnel.octets)).toEqual(["a", "b", "c"]);
    expect(tunnel.isPaused).toBe(false);
  });

  test("is told by send, and ends with drained", async () => {
    const { tunnel, session } = openSession({});
    expect(session.send("a")).toBe(true);
    await session.drained();
    tunnel.isFull = true;
    expect(session.send("b")).toBe(false);
    const drains: string[] = [];
    void session.drained().then(() => drains.push("drained"));
    await settle();
    expect(drains).toEqual([]);
    tunnel.isFull = false;
    tunnel.user?.hasDrained();
    await settle();
    expect(drains).toEqual(["drained"]);
  });

  test("ends with drained when the socket is closed, too", async () => {
    const { tunnel, session } = openSession({});
    tunnel.isFull = true;
    const drained = session.drained();
    tunnel.abort();
    await drained;
    expect(session.send("a")).toBe(false);
  });

  test("resets a client for which too much waits", () => {
    const { tunnel, session, ends } = openSession({}, { webSocketQueueBytesMax: 1000 });
    tunnel.pending = 1000;
    expect(session.send("a")).toBe(true);
    tunnel.pending = 1001;
    expect(session.send("a")).toBe(false);
    expect(tunnel.ending).toBe("abort");
    expect(ends).toEqual([[1006, ""]]);
  });
});

describe("what is sent", () => {
  test("is text or octets, copied", () => {
    const { tunnel, session } = openSession({});
    const octets = Uint8Array.of(1, 2, 3, 4);
    session.send("é");
    session.send(octets);
    session.send(new DataView(octets.buffer, 1, 2));
    session.send(octets.buffer);
    session.ping("p");
    session.ping();
    octets.fill(9);
    expect([...tunnel.octets]).toEqual([
      ...serverFrame(1, "é"),
      ...serverFrame(2, Uint8Array.of(1, 2, 3, 4)),
      ...serverFrame(2, Uint8Array.of(2, 3)),
      ...serverFrame(2, Uint8Array.of(1, 2, 3, 4)),
      ...serverFrame(9, "p"),
      ...serverFrame(9),
    ]);
    const tooLong = (): void => session.ping("x".repeat(126));
    expect(tooLong).toThrow(RangeError);
  });

  test("may be any octets, for a test of a client", () => {
    const { tunnel, session } = openSession({});
    const octets = Uint8Array.of(0xc1, 0);
    session.sendOctets(octets);
    octets.fill(0);
    expect([...tunnel.octets]).toEqual([0xc1, 0]);
  });

  test("is nothing once the socket isn't open", () => {
    const { tunnel, session } = openSession({});
    session.close(1000);
    expect([session.send("a"), session.sendOctets(Uint8Array.of(1))]).toEqual([false, false]);
    session.ping();
    session.close(1001);
    expect([...tunnel.octets]).toEqual([...serverFrame(8, closing(1000))]);
  });
});

describe("the closing handshake (RFC 6455 §7.1.2)", () => {
  test("begun here waits for the client's Close, and tells its code", () => {
    const { tunnel, session, ends } = openSession(echo);
    session.close(4000, "bye");
    expect(session.state).toBe("closing");
    expect(tunnel.ending).toBeUndefined();
    tunnel.send(concatBytes([text("late"), clientFrame(9), clientFrame(8, closing(4000))]));
    expect([...tunnel.octets]).toEqual([...serverFrame(8, closing(4000, "bye"))]);
    expect(session.state).toBe("closed");
    expect(tunnel.ending).toBe("close");
    expect(ends).toEqual([[4000, ""]]);
  });

  test("begun here is over after webSocketCloseTimeMs without an answer", () => {
    const { tunnel, session, ends } = openSession({}, { webSocketCloseTimeMs: 500 });
    session.close();
    tunnel.pass(1499);
    expect(tunnel.ending).toBeUndefined();
    tunnel.pass(1500);
    expect(tunnel.ending).toBe("close");
    expect(ends).toEqual([[1006, ""]]);
  });

  test("reads on while messages wait, to find the client's Close", () => {
    const { tunnel, session, ends } = openSession({}, { webSocketInboxBytesMax: 1 });
    tunnel.send(concatBytes([text("a"), text("b"), clientFrame(8, closing(1000))]));
    expect(tunnel.isPaused).toBe(true);
    session.close();
    expect(ends).toEqual([[1000, ""]]);
  });

  test("is begun with 1001 when the server stops", () => {
    const { tunnel } = openSession({});
    tunnel.user?.stop();
    expect([...tunnel.octets]).toEqual([...serverFrame(8, closing(1001))]);
  });

  test("may not be begun with what can't be sent", () => {
    const { session } = openSession({});
    expect(() => session.close(1006)).toThrow(TypeError);
    expect(() => session.close(1000, "x".repeat(124))).toThrow(TypeError);
    expect(session.state).toBe("open");
  });

  test("is none when the client ends its side, or is lost: 1006, once", () => {
    const ended = openSession(echo);
    ended.tunnel.send(text("a").subarray(0, 3));
    ended.tunnel.user?.clientEnded();
    expect(ended.tunnel.ending).toBe("abort");
    ended.tunnel.user?.closed();
    expect(ended.ends).toEqual([[1006, ""]]);
  });

  test("is none when this side resets", () => {
    const { session, ends } = openSession({});
    session.abort();
    expect(session.state).toBe("closed");
    expect(ends).toEqual([[1006, ""]]);
  });

  test("may be begun within a hook", () => {
    const opened = openSession({ open: (socket) => socket.close(3001) });
    expect([...opened.tunnel.octets]).toEqual([...serverFrame(8, closing(3001))]);
    const told: unknown[] = [];
    const { tunnel } = openSession({
      message: (socket, message) => {
        told.push(message);
        socket.close(3002);
      },
    });
    tunnel.send(concatBytes([text("a"), text("b")]));
    expect(told).toEqual(["a"]);
  });
});

describe("deadlines", () => {
  const limits = { webSocketIdleTimeMs: 100, webSocketPongTimeMs: 50, webSocketMessageTimeMs: 80 };

  test("ping a silent client, and give it up when nothing comes", () => {
    const { tunnel, ends } = openSession({}, limits);
    tunnel.pass(1099);
    expect(tunnel.octets.length).toBe(0);
    tunnel.pass(1100);
    expect([...tunnel.octets]).toEqual([...serverFrame(9)]);
    tunnel.pass(1149);
    expect(tunnel.ending).toBeUndefined();
    tunnel.pass(1150);
    expect(tunnel.ending).toBe("abort");
    expect(ends).toEqual([[1006, ""]]);
  });

  test("begin anew with anything that comes", () => {
    const { tunnel } = openSession({}, limits);
    tunnel.pass(1120);
    tunnel.send(clientFrame(10));
    tunnel.pass(1219);
    expect([...tunnel.octets]).toEqual([...serverFrame(9)]);
    tunnel.pass(1220);
    expect([...tunnel.octets]).toEqual([...serverFrame(9), ...serverFrame(9)]);
  });

  test("end a message that isn't whole in time, though octets come", () => {
    const { tunnel, ends } = openSession(echo, limits);
    const frame = text("hello");
    for (let i = 0; i < 8; i++) {
      tunnel.send(frame.subarray(i, i + 1));
      tunnel.pass(1000 + 10 * (i + 1));
    }
    const reason = "a message takes at most 80 ms";
    expect([...tunnel.octets]).toEqual([...serverFrame(8, closing(1008, reason))]);
    expect(tunnel.ending).toBe("close");
    expect(ends).toEqual([[1008, reason]]);
  });

  test("stand still while this side doesn't read", async () => {
    const { tunnel, session } = openSession({}, { ...limits, webSocketInboxBytesMax: 1 });
    tunnel.send(concatBytes([text("a"), text("bc").subarray(0, 4)]));
    expect(tunnel.isPaused).toBe(true);
    tunnel.pass(9000);
    expect(tunnel.octets.length).toBe(0);
    const iterator = session[Symbol.asyncIterator]();
    await iterator.next();
    expect(tunnel.wakeMs).toBe(9080);
  });
});
