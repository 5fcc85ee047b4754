/**
 * Logins: credentials that come for the first time, and that are verified. Requests that come with
 * the same ones meanwhile share one login: a browser asks for all that a page needs as soon as its
 * user has typed the password.
 */

import type { FailedLogins, Login } from "./failed-logins.ts";
import type { CheckOutcome, PasswordChecks } from "./password-checks.ts";

/** A login that is under way. */
interface Shared {
  readonly outcome: Promise<CheckOutcome>;
  /** Whether each client that waits for it has left. */
  readonly left: (() => boolean)[];
}

/** The logins of one site. */
export class Logins {
  readonly #failed: FailedLogins;
  readonly #checks: PasswordChecks;
  /** Those under way, by what stands for their credentials. */
  readonly #shared = new Map<string, Shared>();

  constructor(failed: FailedLogins, checks: PasswordChecks) {
    this.#failed = failed;
    this.#checks = checks;
  }

  /**
   * Verifies the credentials that `key` stands for by `run`, which never rejects. What is wrong is
   * told when its time is over. Undefined when too many logins are under way, of all clients or of
   * the one at `remoteAddress`.
   */
  verify(
    key: string,
    remoteAddress: string,
    run: () => Promise<boolean>,
    hasLeft: () => boolean,
  ): Promise<CheckOutcome> | undefined {
    const shared = this.#shared.get(key);
    if (shared !== undefined) {
      shared.left.push(hasLeft);
      return shared.outcome;
    }
    const login = this.#failed.begin(remoteAddress);
    if (login === undefined) return undefined;
    const left = [hasLeft];
    const check = this.#checks.add(run, () => left.every((one) => one()));
    if (check === undefined) {
      login.done();
      return undefined;
    }
    const outcome = this.#finish(key, login, check);
    this.#shared.set(key, { outcome, left });
    return outcome;
  }

  async #finish(key: string, login: Login, check: Promise<CheckOutcome>): Promise<CheckOutcome> {
    const outcome = await check;
    if (outcome === "wrong") await login.failed();
    else login.done();
    this.#shared.delete(key);
    return outcome;
  }
}
