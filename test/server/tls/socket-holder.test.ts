import { expect, test } from "bun:test";

import { Timers } from "../../../src/schedule/timers.ts";
import type { ProtocolConnection } from "../../../src/server/connection/protocol-connection.ts";
import { SocketHolder } from "../../../src/server/tls/socket-holder.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { contextOf } from "../fake-client.ts";

class Holder extends SocketHolder {
  stops = 0;

  wait(): void {
    const { timers, clock } = this.context;
    timers.set(this, clock.monotonicMs() + 1000);
  }

  stop(): void {
    this.stops++;
  }

  expire(): void {
    this.abort();
  }
}

/** A holder over a socket that only counts how often it is reset. */
function held(): {
  holder: Holder;
  clock: FakeClock;
  ended: ProtocolConnection[];
  resets: number[];
} {
  const clock = new FakeClock();
  const ended: ProtocolConnection[] = [];
  const resets: number[] = [];
  const socket = { terminate: () => resets.push(clock.monotonicMs()) };
  const context = contextOf({
    clock,
    timers: new Timers(clock, clock),
    closed: (owner) => ended.push(owner),
  });
  return { holder: new Holder(socket as never, "192.0.2.1", context), clock, ended, resets };
}

test("the owner of a socket without a connection lets octets and half-closes pass", () => {
  const { holder, resets, ended } = held();
  holder.receive(new Uint8Array(1));
  holder.drained();
  holder.peerEnded();
  expect([resets.length, ended.length]).toEqual([0, 0]);
});

test("it is reset when its time has passed, or when it is turned away", () => {
  const { holder, clock, resets } = held();
  holder.wait();
  clock.advance(2000);
  expect(resets.length).toBe(1);
  holder.turnAway();
  expect(resets.length).toBe(2);
});

test("it has no deadline once its socket is closed, and says so to the listener", () => {
  const { holder, clock, resets, ended } = held();
  holder.wait();
  holder.closed();
  clock.advance(2000);
  expect(resets).toEqual([]);
  expect(ended).toEqual([holder]);
});
