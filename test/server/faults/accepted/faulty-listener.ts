/** A listener whose connections have faults, and in which time passes by hand. */

import { Timers } from "../../../../src/schedule/timers.ts";
import { http1Factory } from "../../../../src/server/http1/http1-factory.ts";
import { Listener } from "../../../../src/server/listener.ts";
import { Observers } from "../../../../src/server/observers.ts";
import { SecureSockets } from "../../../../src/server/tls/secure-sockets.ts";
import type { Certificate } from "../../../../src/server/tls/certificate.ts";
import type { ConnectionFaults } from "../../../../src/server/faults/accepted/accepted-faults.ts";
import { limitsWith } from "../../../http1/transcript.ts";
import { RawClient } from "../../../raw-client.ts";
import { FakeClock } from "../../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../../schedule/fake-scheduler.ts";
import { answer, contextOf } from "../../fake-client.ts";

const none = { waitMs: undefined, close: undefined, handshake: undefined, flaw: undefined };

export class FaultyListener implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly listener: Listener;
  readonly port: number;
  readonly lines: string[] = [];

  /** `next` draws the faults of each connection. */
  constructor(next: () => Partial<ConnectionFaults> | undefined, certificate?: Certificate) {
    const observers = new Observers((error) => {
      throw error;
    });
    observers.set([
      {
        connected: () => this.lines.push("connected"),
        disconnected: () => this.lines.push("disconnected"),
      },
    ]);
    const context = contextOf({
      limits: limitsWith({ lingerBytesMax: 1000 }),
      clock: this.clock,
      timers: new Timers(this.clock, this.clock),
      answer: () => answer("hello"),
      observers,
      nextFaults: () => {
        const faults = next();
        return faults === undefined ? undefined : { ...none, ...faults };
      },
    });
    const factory = http1Factory();
    const secure =
      certificate === undefined
        ? undefined
        : {
            sockets: new SecureSockets(certificate, new FakeScheduler()),
            cleartext: () => ({ ...context, factory }),
          };
    this.listener = new Listener(context, factory, secure);
    const opened = this.listener.open("127.0.0.1", 0);
    if (!opened.ok) throw new Error(opened.error.message);
    this.port = opened.value;
  }

  connect(tls?: Bun.TLSOptions): Promise<RawClient> {
    return RawClient.connect(this.port, "127.0.0.1", tls);
  }

  /** Resolves when so many connections are open. */
  async connections(count: number): Promise<void> {
    while (this.listener.connections !== count) await Bun.sleep(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.listener.close();
    this.listener.abort();
    await closed;
  }
}
