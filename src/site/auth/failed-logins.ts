/**
 * Slows down those who guess passwords. Each address may have a few logins under way at one time,
 * and one that fails stays under way for a while longer: its answer is held back, each time for
 * twice as long, up to a bound. So an address can't try more than a few passwords in that time, on
 * however many connections. A login that is right isn't held back, and what was verified before is
 * no login.
 *
 * An IPv6 client has a whole /64 network, which counts as one address (RFC 6177 §2). Behind a
 * reverse proxy all clients have the proxy's address.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";

/** The limits of logins. */
type LoginLimits = Pick<
  Limits,
  | "loginsPerAddressMax"
  | "loginAddressesMax"
  | "failedLoginTimeMs"
  | "failedLoginLongestTimeMs"
  | "failedLoginKeptTimeMs"
>;

interface Address {
  underWay: number;
  failures: number;
  /** When the last login has failed, on the monotonic clock. */
  failedMs: number;
}

/** The groups of the IPv6 address `text`: as many as it has before "::", and then those after. */
function groupsOf(text: string): readonly string[] {
  const [before = "", after] = text.split("::");
  const first = before === "" ? [] : before.split(":");
  if (after === undefined) return first;
  const last = after === "" ? [] : after.split(":");
  const zeros = Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
}

/**
 * What counts as one address: IPv4 as it is, mapped to IPv6 or not, the first half of IPv6, and a
 * Unix socket with all of its clients.
 */
export function addressKey(remoteAddress: string): string {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(remoteAddress)?.[1];
  if (mapped !== undefined) return mapped;
  if (!/^[\da-f]*:[\da-f]*:/i.test(remoteAddress)) return remoteAddress;
  const [bare = ""] = remoteAddress.split("%");
  const groups = groupsOf(bare).slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

/** A login that is under way. It ends once, by one of the two. */
export interface Login {
  /** It was right, or wasn't weighed. */
  done(): void;
  /** It was wrong. Resolves when the answer may be sent. */
  failed(): Promise<void>;
}

/** The logins of one site, by address. */
export class FailedLogins {
  readonly #limits: LoginLimits;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** In the order in which they came. */
  readonly #addresses = new Map<string, Address>();

  constructor(limits: LoginLimits, clock: Clock, scheduler: Scheduler) {
    this.#limits = limits;
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Begins a login from `remoteAddress`; undefined when too many are under way. */
  begin(remoteAddress: string): Login | undefined {
    const key = addressKey(remoteAddress);
    const known = this.#addresses.get(key);
    if (known === undefined && !this.#makeRoom()) return undefined;
    const address = known ?? { underWay: 0, failures: 0, failedMs: 0 };
    if (address.underWay >= this.#limits.loginsPerAddressMax) return undefined;
    this.#addresses.set(key, address);
    address.underWay++;
    const done = (): void => {
      address.underWay--;
      if (address.underWay === 0 && address.failures === 0) this.#addresses.delete(key);
    };
    return { done, failed: () => this.#hold(address, done) };
  }

  /** Counts the failure, and resolves when its time is over. */
  #hold(address: Address, done: () => void): Promise<void> {
    const { failedLoginTimeMs, failedLoginLongestTimeMs, failedLoginKeptTimeMs } = this.#limits;
    const now = this.#clock.monotonicMs();
    if (now - address.failedMs > failedLoginKeptTimeMs) address.failures = 0;
    const heldMs = Math.min(failedLoginTimeMs * 2 ** address.failures, failedLoginLongestTimeMs);
    address.failures = Math.min(address.failures + 1, 32);
    address.failedMs = now;
    if (heldMs === 0) {
      done();
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#scheduler.alarm().set(heldMs, () => {
      done();
      resolve();
    });
    return promise;
  }

  /** Whether there is room for one more address: one is forgotten that has nothing under way. */
  #makeRoom(): boolean {
    if (this.#addresses.size < this.#limits.loginAddressesMax) return true;
    for (const [key, { underWay }] of this.#addresses) {
      if (underWay > 0) continue;
      this.#addresses.delete(key);
      return true;
    }
    return false;
  }
}
