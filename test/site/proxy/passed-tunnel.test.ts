import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { BackendEnd } from "../../../src/site/proxy/passed-tunnel.ts";
import { PassedTunnel } from "../../../src/site/proxy/passed-tunnel.ts";
import { FakeTunnel } from "../web-socket/fake-tunnel.ts";

/** A backend's connection that keeps what it is told. */
class FakeEnd implements BackendEnd {
  isFull = false;
  readonly calls: string[] = [];
  send = (octets: Uint8Array): void => void this.calls.push(`send ${latin1Text(octets)}`);
  pause = (): void => void this.calls.push("pause");
  resume = (): void => void this.calls.push("resume");
  end = (): void => void this.calls.push("end");
  abort = (): void => void this.calls.push("abort");
}

function opened(): { tunnel: FakeTunnel; backend: FakeEnd; passed: PassedTunnel } {
  const tunnel = new FakeTunnel({ backendSilenceTimeMs: 1000 });
  const backend = new FakeEnd();
  const passed = new PassedTunnel(tunnel, backend);
  tunnel.user = passed;
  return { tunnel, backend, passed };
}

describe("an upgrade that is passed on", () => {
  test("carries octets both ways", () => {
    const { tunnel, backend, passed } = opened();
    tunnel.send(latin1Bytes("to"));
    passed.backendSent(latin1Bytes("fro"));
    expect(backend.calls).toEqual(["send to"]);
    expect(latin1Text(tunnel.octets)).toBe("fro");
  });

  test("holds the client back while the backend doesn't read", () => {
    const { tunnel, backend, passed } = opened();
    backend.isFull = true;
    tunnel.send(latin1Bytes("to"));
    expect(tunnel.isPaused).toBeTrue();
    passed.backendDrained();
    expect(tunnel.isPaused).toBeFalse();
  });

  test("holds the backend back while the client doesn't read", () => {
    const { tunnel, backend, passed } = opened();
    tunnel.isFull = true;
    passed.backendSent(latin1Bytes("x"));
    expect(backend.calls).toEqual(["pause"]);
    passed.hasDrained();
    expect(backend.calls).toEqual(["pause", "resume"]);
  });

  test("passes each side's end on by itself", () => {
    const { tunnel, backend, passed } = opened();
    passed.clientEnded();
    expect(backend.calls).toEqual(["end"]);
    passed.backendSent(latin1Bytes("rest"));
    passed.backendEnded();
    expect(tunnel.calls).toEqual(["end"]);
    // What the backend has not read yet is still on its way.
    passed.closed();
    expect(backend.calls).toEqual(["end"]);
  });

  test("breaks off with either side", () => {
    const one = opened();
    one.tunnel.abort();
    expect(one.backend.calls).toEqual(["abort"]);
    one.passed.backendSent(latin1Bytes("late"));
    one.passed.backendBroke();
    expect(one.tunnel.octets.length).toBe(0);
    const other = opened();
    other.passed.backendBroke();
    expect(other.tunnel.ending).toBe("abort");
  });

  test("breaks off when both sides have been silent for backendSilenceTimeMs", () => {
    const { tunnel, backend } = opened();
    tunnel.pass(1900);
    tunnel.send(latin1Bytes("x"));
    tunnel.pass(2899);
    expect(tunnel.ending).toBeUndefined();
    tunnel.pass(2900);
    expect(tunnel.ending).toBe("abort");
    expect(backend.calls).toEqual(["send x", "abort"]);
  });

  test("ends both sides when the server stops", () => {
    const { tunnel, backend, passed } = opened();
    passed.stop();
    expect(tunnel.calls).toEqual(["close"]);
    expect(backend.calls).toEqual(["end"]);
  });
});
