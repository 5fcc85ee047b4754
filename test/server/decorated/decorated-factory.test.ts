import { describe, expect, test } from "bun:test";

import type { ProtocolConnection } from "../../../src/server/connection/protocol-connection.ts";
import type { Transport } from "../../../src/server/connection/transport.ts";
import {
  DecoratedConnection,
  decoratedFactory,
  DecoratedTransport,
} from "../../../src/server/decorated/decorated-factory.ts";
import { contextOf, FakeFile } from "../fake-client.ts";
import { FakeTransport } from "../fake-transport.ts";

/** A connection that keeps what it was told. */
class ToldConnection implements ProtocolConnection {
  deadlineMs = 1;
  slot = 2;
  readonly remoteAddress = "192.0.2.1";
  readonly told: string[] = [];
  receive = (octets: Uint8Array): void => void this.told.push(`receive ${octets.length}`);
  drained = (): void => void this.told.push("drained");
  peerEnded = (): void => void this.told.push("peerEnded");
  closed = (): void => void this.told.push("closed");
  expire = (nowMs: number): void => void this.told.push(`expire ${nowMs}`);
  stop = (): void => void this.told.push("stop");
  abort = (): void => void this.told.push("abort");
  turnAway = (reason: string): void => void this.told.push(`turnAway ${reason}`);
}

const events = ["receive 3", "drained", "peerEnded", "closed", "expire 4", "stop", "abort"];

function tell(connection: ProtocolConnection): void {
  connection.receive(new Uint8Array(3));
  connection.drained();
  connection.peerEnded();
  connection.closed();
  connection.expire(4);
  connection.stop(false);
  connection.abort();
  connection.turnAway("overloaded");
}

describe("a decorated connection", () => {
  test("is told of everything, and has the same state", () => {
    const inner = new ToldConnection();
    const outer = new DecoratedConnection(inner);
    tell(outer);
    expect(inner.told).toEqual([...events, "turnAway overloaded"]);
    expect([outer.deadlineMs, outer.slot, outer.remoteAddress]).toEqual([1, 2, "192.0.2.1"]);
    outer.deadlineMs = 5;
    outer.slot = 6;
    expect([inner.deadlineMs, inner.slot]).toEqual([5, 6]);
  });

  test("is the one that the listener knows, and so is what takes its place", () => {
    const told: (readonly [string, unknown, unknown?])[] = [];
    const below = new FakeTransport();
    let inside: { transport: Transport; closed: () => void; replaced: () => void } | undefined;
    const factory = decoratedFactory(
      (context, transport) => {
        const own = new ToldConnection();
        inside = {
          transport,
          closed: () => context.closed(own),
          replaced: () => context.replaced(own, own),
        };
        return own;
      },
      (_context, transport) => ({
        transport: new DecoratedTransport(transport),
        receiver: (connection) => new DecoratedConnection(connection),
      }),
    );
    const context = contextOf({
      closed: (connection) => void told.push(["closed", connection]),
      replaced: (before, after) => void told.push(["replaced", before, after]),
    });
    const first = factory(context, below, "192.0.2.1");
    const tunnel = new ToldConnection();
    inside?.transport.handTo(tunnel);
    const second = below.owner as ProtocolConnection;
    tell(second);
    expect(tunnel.told).toEqual([...events, "turnAway overloaded"]);
    inside?.replaced();
    inside?.closed();
    expect(told).toEqual([
      ["replaced", first, second],
      ["closed", second],
    ]);
  });
});

describe("a decorated transport", () => {
  test("does what the one below does", () => {
    const below = new FakeTransport();
    const above = new DecoratedTransport(below);
    expect([above.write(new Uint8Array(3)), above.writeMore(new Uint8Array(2))]).toEqual([3, 2]);
    expect(above.sendFile(new FakeFile(9), 0, 9)).toBeUndefined();
    expect([above.queued(), above.segmentOctets()]).toEqual([undefined, undefined]);
    above.pause();
    above.resume();
    above.shutdown();
    above.close();
    above.terminate();
    expect(below.calls).toEqual(["pause", "resume", "shutdown", "close", "terminate"]);
    expect([below.taken, below.heldBack]).toEqual([5, 1]);
    above.handTo(above);
    expect(below.owner).toBe(above);
  });
});
