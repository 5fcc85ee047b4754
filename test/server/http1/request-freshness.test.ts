import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { RequestParser } from "../../../src/http1/request-parser.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { RequestFreshness } from "../../../src/server/http1/request-freshness.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** A client, and another one whose request was read earlier in the same turn. */
class Arrivals {
  readonly scheduler = new FakeScheduler();
  readonly clock = new LogicalClock();
  readonly parser = new RequestParser(limitsWith({}));
  readonly freshness = new RequestFreshness(this.scheduler, this.clock);

  /** `text` arrives, and is read as far as that goes: how many heads that were. */
  receive(text: string): void {
    const octets = latin1Bytes(text);
    this.freshness.note(octets, this.parser);
    this.parser.push(octets);
  }

  /** Reads a request whose head has arrived: how fresh its answer has to be. */
  take(): number {
    for (let event = this.parser.next(); event.kind !== "need-data"; event = this.parser.next()) {
      if (event.kind === "error") throw new Error(event.refusal.kind);
      if (event.kind === "end") return this.freshness.take();
    }
    throw new Error("no request has arrived");
  }

  /** What another client's request in this turn is answered by. */
  look(): number {
    this.clock.startOfTurn(this.scheduler.turn());
    return this.clock.tick();
  }
}

describe("a request", () => {
  test("that was in its socket when the loop polled may be answered by looks of this turn", () => {
    const arrivals = new Arrivals();
    arrivals.scheduler.endTurn();
    const looked = arrivals.look();
    arrivals.receive(get);
    expect(arrivals.take()).toBeLessThanOrEqual(looked);
  });

  test("in the turn in which its client connected needs later looks", () => {
    const arrivals = new Arrivals();
    const looked = arrivals.look();
    arrivals.receive(get);
    expect(arrivals.take()).toBeGreaterThan(looked);
  });

  test("in a second read of a turn needs later looks", () => {
    const arrivals = new Arrivals();
    arrivals.scheduler.endTurn();
    arrivals.receive(get);
    arrivals.take();
    const looked = arrivals.look();
    arrivals.receive(get);
    expect(arrivals.take()).toBeGreaterThan(looked);
  });

  test("behind another one in the same read needs looks after that read", () => {
    const arrivals = new Arrivals();
    arrivals.scheduler.endTurn();
    const looked = arrivals.look();
    arrivals.receive(get + get);
    expect(arrivals.take()).toBeLessThanOrEqual(looked);
    expect(arrivals.take()).toBeGreaterThan(looked);
  });

  test("behind an empty line, or behind a body, needs later looks", () => {
    const arrivals = new Arrivals();
    arrivals.scheduler.endTurn();
    let looked = arrivals.look();
    arrivals.receive(`\r\n${get}`);
    expect(arrivals.take()).toBeGreaterThan(looked);
    arrivals.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    arrivals.parser.next();
    arrivals.parser.next();
    arrivals.freshness.take();
    arrivals.scheduler.endTurn();
    looked = arrivals.look();
    arrivals.receive(`b${get}`);
    arrivals.parser.next();
    arrivals.parser.next();
    expect(arrivals.take()).toBeGreaterThan(looked);
  });

  test("whose head was cut counts from its last part", () => {
    const arrivals = new Arrivals();
    arrivals.scheduler.endTurn();
    arrivals.receive(get.slice(0, 10));
    arrivals.parser.next();
    arrivals.scheduler.endTurn();
    const looked = arrivals.look();
    arrivals.receive(get.slice(10));
    expect(arrivals.take()).toBeLessThanOrEqual(looked);
  });
});
