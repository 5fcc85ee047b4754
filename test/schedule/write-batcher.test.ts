import { describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../src/http/response-builder.ts";
import { SystemClock } from "../../src/schedule/clock.ts";
import type { Batched } from "../../src/schedule/write-batcher.ts";
import { WriteBatcher, NextTurn } from "../../src/schedule/write-batcher.ts";
import { serve } from "../../src/server/serve.ts";
import { FakeClient } from "../server/fake-client.ts";
import { FakeClock } from "../server/fake-clock.ts";

/** A clock whose turns end when a test says so. */
class TurningClock extends FakeClock {
  #turn = 0;
  #atEnd: (() => void)[] = [];

  override turn(): number {
    return this.#turn;
  }

  override whenTurnEnds(run: () => void): void {
    this.#atEnd.push(run);
  }

  /** How many wait for the turn's end. */
  get waiting(): number {
    return this.#atEnd.length;
  }

  endTurn(): void {
    for (const run of this.#atEnd) run();
    this.#atEnd = [];
    this.#turn++;
  }
}

/** WriteBatcher in which names leave; each is in `gone` once it has left, however it did. */
class Station {
  readonly clock = new TurningClock();
  readonly gone: string[] = [];
  readonly #departures = new WriteBatcher(this.clock);

  /** `name` has something to send. */
  send(name: string): void {
    let hasLeft = false;
    const one: Batched = {
      leave: () => {
        hasLeft = true;
        this.gone.push(name);
      },
    };
    // Whoever is told to wait hasn't been sent away by that.
    if (this.#departures.hold(one)) expect(hasLeft).toBe(false);
    else one.leave();
  }

  /** A turn in which `count` have something to send; who had left before it ended. */
  turn(count: number): string[] {
    const before = this.gone.length;
    for (let i = 0; i < count; i++) this.send(`${i}`);
    const early = this.gone.slice(before);
    this.clock.endTurn();
    expect(this.gone.slice(before)).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    return early;
  }
}

describe("answers", () => {
  test("leave at once while few connections are busy", () => {
    const station = new Station();
    for (let i = 0; i < 5; i++) expect(station.turn(3)).toHaveLength(3);
    expect(station.clock.waiting).toBe(0);
  });

  test("leave together, in their order, from the turn on that follows one with many", () => {
    const station = new Station();
    expect(station.turn(8)).toHaveLength(8);
    expect(station.turn(8)).toEqual([]);
    expect(station.turn(1)).toEqual([]);
    // And at once again when few were busy in the turn before.
    expect(station.turn(8)).toHaveLength(8);
  });

  test("wait for fifteen others at most", () => {
    const station = new Station();
    station.turn(40);
    expect(station.turn(15)).toHaveLength(0);
    expect(station.turn(16)).toHaveLength(16);
    expect(station.turn(40)).toHaveLength(32);
  });

  test("that are held while others leave follow them", () => {
    const { clock, gone } = new Station();
    const departures = new WriteBatcher(clock);
    const name = (one: string): Batched => ({ leave: () => gone.push(one) });
    for (let i = 0; i < 4; i++) departures.hold(name("-"));
    clock.endTurn();
    const again: Batched = {
      leave() {
        gone.push("again");
        expect(departures.hold(name("late"))).toBe(true);
      },
    };
    expect(departures.hold(again)).toBe(true);
    clock.endTurn();
    expect(gone).toEqual(["again", "late"]);
    expect(clock.waiting).toBe(0);
  });
});

describe("the end of a turn", () => {
  test("comes before anything that was put off in it, and once", async () => {
    const clock = new SystemClock();
    const order: string[] = [];
    const turn = clock.turn();
    setImmediate(() => order.push("put off"));
    clock.whenTurnEnds(() => order.push(`end of ${clock.turn() - turn}`));
    clock.whenTurnEnds(() => {
      order.push("end");
      clock.whenTurnEnds(() => order.push("end, added then"));
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["end of 0", "end", "end, added then", "put off"]);
    expect(clock.turn()).toBe(turn + 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toHaveLength(4);
  });
});

describe("an error at the end of a turn", () => {
  test("ends the turn all the same", async () => {
    // In a process of its own: here the error would be the test's.
    const script = `
      import { SystemClock } from ${JSON.stringify(`${import.meta.dir}/../../src/server/clock.ts`)};
      const clock = new SystemClock();
      const turn = clock.turn();
      process.on("uncaughtException", () => undefined);
      clock.whenTurnEnds(() => {
        throw new Error("no way");
      });
      setTimeout(() => process.exit(clock.turn() > turn ? 0 : 3), 10);
    `;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "pipe" });
    expect(await child.exited).toBe(0);
  });
});

describe("the next turn", () => {
  test("has each of those who asked for it go on once, and those who ask then in the one after", async () => {
    const { defer } = new NextTurn();
    const order: string[] = [];
    const second = (): void => void order.push("second");
    const first = (): void => {
      order.push("first");
      if (order.length === 1) defer(first);
    };
    for (const run of [first, second, first, first]) defer(run);
    expect(order).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["first", "second"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["first", "second", "first"]);
  });
});

/** WriteBatcher that hold whoever they are asked to hold. */
class Holding extends WriteBatcher {
  readonly held: Batched[] = [];

  override hold(one: Batched): boolean {
    this.held.push(one);
    return true;
  }

  letGo(): void {
    for (const one of this.held.splice(0)) one.leave();
  }
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const page = new Uint8Array([0x70]);
const kept = new ResponseBuilder(200).bytes(page, "text/plain").buildCached();

/** A client whose answers are held, each what `handler` says. */
function heldClient(handler = () => kept): { client: FakeClient; holding: Holding } {
  const holding = new Holding(new FakeClock());
  return { client: new FakeClient(handler, { idleTimeMs: 5000 }, holding), holding };
}

describe("a connection whose answer is held", () => {
  test("sends it when it is let go, and only once", () => {
    const { client, holding } = heldClient();
    client.send(get);
    expect(client.transport.text).toBe("");
    holding.letGo();
    expect(client.transport.text).toEndWith("\r\n\r\np");
    const { length } = client.transport.text;
    client.connection.leave();
    expect(client.transport.text).toHaveLength(length);
  });

  test("sends it with the next, when more is asked for before", () => {
    const { client, holding } = heldClient();
    client.send(get);
    client.send(get);
    holding.letGo();
    expect(client.transport.text.split("HTTP/1.1 200 OK")).toHaveLength(3);
  });

  test("isn't closed by the deadline that it was under before", () => {
    const { client, holding } = heldClient();
    client.clock.advance(4999);
    client.send(get);
    client.clock.advance(2);
    expect(client.state).toBe("idle");
    holding.letGo();
    expect(client.transport.text).toStartWith("HTTP/1.1 200 OK");
    client.clock.advance(4990);
    expect(client.state).toBe("idle");
    client.clock.advance(100);
    expect(client.state).toBe("closed");
  });

  test("sends nothing when it has been closed meanwhile", () => {
    const { client, holding } = heldClient();
    client.send(get);
    client.connection.closed();
    holding.letGo();
    expect(client.transport.text).toBe("");
  });
});

describe("an answer isn't held", () => {
  test("when the next request has begun, which has a deadline of its own", () => {
    const { client, holding } = heldClient();
    client.clock.advance(4999);
    client.send(get + get.slice(0, 9));
    expect(holding.held).toHaveLength(0);
    expect(client.transport.text).toEndWith("\r\n\r\np");
    client.clock.advance(2);
    expect(client.state).toBe("head");
  });

  test("when its octets are a route's own, which may write others into them", async () => {
    const letter = new Uint8Array(1);
    let count = 0;
    await using server = await serve({ root: import.meta.dir, port: 0, host: "127.0.0.1" });
    server.route("GET", "/letter", () => {
      letter[0] = 0x41 + count++;
      return new ResponseBuilder(200).bytes(letter, "text/plain").build();
    });
    const answers = Array.from({ length: 12 }, () => "");
    const clients = await Promise.all(
      answers.map((_, i) =>
        Bun.connect({
          hostname: "127.0.0.1",
          port: Number(server.url.port),
          socket: { data: (_socket, octets) => void (answers[i] += octets.toString("latin1")) },
        }),
      ),
    );
    for (let round = 1; round <= 3; round++) {
      for (const client of clients) client.write("GET /letter HTTP/1.1\r\nHost: a\r\n\r\n");
      while (answers.some((text) => text.split("\r\n\r\n").length <= round)) await Bun.sleep(1);
    }
    for (const client of clients) client.end();
    const letters = answers.flatMap((text) =>
      text
        .split("\r\n\r\n")
        .slice(1)
        .map((body) => body.slice(0, 1)),
    );
    expect(new Set(letters).size).toBe(36);
  });
});
