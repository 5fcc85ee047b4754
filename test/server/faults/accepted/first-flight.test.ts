import { describe, expect, test } from "bun:test";
import { createSecureContext, connect } from "node:tls";
import { Duplex } from "node:stream";

import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import { FirstFlight } from "../../../../src/server/faults/accepted/first-flight.ts";
import { pemText } from "../../../certificates/certificates.ts";

/** The first record of a client. */
function clientHello(): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const line = new Duplex({
    read: () => undefined,
    write: (octets: Uint8Array, _encoding, written) => {
      resolve(octets);
      written();
    },
  });
  const socket = connect({ socket: line, servername: "localhost" });
  socket.on("error", () => undefined);
  return promise.finally(() => void socket.destroy());
}

const context = createSecureContext({ cert: pemText("chain"), key: pemText("key") });

/** What a server answers to `hello`. */
function answered(hello: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const flight = new FirstFlight(context, hello, resolve);
  return promise.finally(() => flight[Symbol.dispose]());
}

describe("the first flight of a server", () => {
  test("is a ServerHello, and more behind it (RFC 8446 §4.1.3)", async () => {
    const flight = await answered(await clientHello());
    const [type, major, , high = 0, low = 0, message] = flight;
    expect([type, major, message]).toEqual([22, 3, 2]);
    expect(flight.length).toBeGreaterThan(5 + high * 256 + low);
  });

  test("is an alert to a record that is no ClientHello (RFC 8446 §6)", async () => {
    const [type] = await answered(latin1Bytes("\x16\x03\x01\0\x05hello"));
    expect(type).toBe(21);
  });

  test("is nothing to what is no record", async () => {
    expect((await answered(latin1Bytes("GET / HTTP/1.1\r\n\r\n"))).length).toBe(0);
  });

  test("isn't told once it is disposed of", async () => {
    let isTold = false;
    const flight = new FirstFlight(context, await clientHello(), () => {
      isTold = true;
    });
    flight[Symbol.dispose]();
    await Bun.sleep(20);
    expect(isTold).toBe(false);
  });
});
