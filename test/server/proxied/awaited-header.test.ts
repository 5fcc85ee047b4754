import { describe, expect, test } from "bun:test";

import type { Socket } from "bun";

import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { Timers } from "../../../src/schedule/timers.ts";
import { Observers } from "../../../src/server/observers.ts";
import { headerAwaited } from "../../../src/server/proxied/awaited-header.ts";
import { openTrustedProxies } from "../../../src/server/proxied/trusted-proxies.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { contextOf } from "../fake-client.ts";

const line = "PROXY TCP4 203.0.113.5 192.0.2.1 1 2\r\n";

/** A socket of a peer at `address`, whose owner tells what it does. */
class Awaited {
  readonly told: string[] = [];
  readonly clock = new FakeClock();
  readonly owner;

  constructor(address = "10.0.0.1") {
    const { told, clock } = this;
    const limits = limitsWith({ headerTimeMs: 3000 });
    const observers = new Observers((error) => {
      throw error;
    });
    observers.set([{ dropped: (remote, why) => void told.push(`${remote}: ${why}`) }]);
    const context = contextOf({
      clock,
      timers: new Timers(clock, clock),
      limits,
      observers,
      proxied: openTrustedProxies(["10.0.0.0/8", "unix:"], true, limits),
      closed: () => void told.push("closed"),
    });
    const socket = { terminate: () => void told.push("reset") } as unknown as Socket<unknown>;
    const { owner, begin } = headerAwaited(socket, address, context, (introduction) => {
      const { octets = new Uint8Array(), isUnnamed = false } = introduction;
      told.push(`${introduction.address} ${isUnnamed} ${JSON.stringify(latin1Text(octets))}`);
    });
    this.owner = owner;
    begin();
  }

  receive(text: string): string[] {
    this.owner.receive(latin1Bytes(text));
    return this.told;
  }
}

describe("a socket whose header is awaited", () => {
  test("is handed on with the client's address and what came behind the header", () => {
    const awaited = new Awaited();
    expect(awaited.receive(`${line}GET / HT`)).toEqual(["closed", '203.0.113.5 false "GET / HT"']);
    // Its time doesn't run on.
    awaited.clock.advance(100_000);
    expect(awaited.told).toHaveLength(2);
  });

  test("is, too, when the header comes octet by octet", () => {
    const awaited = new Awaited();
    for (const octet of line) awaited.receive(octet);
    expect(awaited.told).toEqual(["closed", '203.0.113.5 false ""']);
  });

  test("is the proxy's own when no client is named, and then the word of no proxy", () => {
    expect(new Awaited().receive("PROXY UNKNOWN\r\n")).toEqual(["closed", '10.0.0.1 true ""']);
    const local = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    expect(new Awaited("unix:").receive(local)).toEqual(["closed", 'unix: true ""']);
  });

  test("is reset at the first octet that is none of a header", () => {
    const told = ["10.0.0.1: PROXY protocol: no header", "reset"];
    expect(new Awaited().receive("G")).toEqual(told);
  });

  test("is reset before anything is read when the peer isn't trusted", () => {
    const told = ["192.0.2.9: not a trusted proxy", "reset"];
    expect(new Awaited("192.0.2.9").told).toEqual(told);
  });

  test("is reset when the header takes longer than headerTimeMs, however it comes", () => {
    const awaited = new Awaited();
    awaited.clock.advance(2000);
    awaited.receive("PROXY TCP4 ");
    awaited.clock.advance(2000);
    expect(awaited.told).toEqual(["10.0.0.1: PROXY protocol: no whole header in time", "reset"]);
  });

  test("is reset when the peer ends in its header; one that only looked leaves no line", () => {
    const awaited = new Awaited();
    awaited.receive("PROXY TCP4 ");
    awaited.owner.peerEnded();
    expect(awaited.told).toEqual(["10.0.0.1: PROXY protocol: a header that is cut off", "reset"]);
    const looked = new Awaited();
    looked.owner.peerEnded();
    expect(looked.told).toEqual(["reset"]);
  });

  test("is reset when the server stops", () => {
    const awaited = new Awaited();
    awaited.owner.stop(false);
    expect(awaited.told).toEqual(["reset"]);
  });
});
