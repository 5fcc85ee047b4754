/** The rules of faults that happen before a request, and what befalls each connection by them. */

import type { Limits } from "../../../base/limits.ts";
import { ServeError } from "../../../site/serve-error.ts";
import type { TlsSetting } from "../../serve-options.ts";
import type { ServerTls } from "../../tls/server-tls.ts";
import type { FaultOptions } from "../fault-options.ts";
import { faultNames } from "../fault-options.ts";
import type { Rule } from "../fault-rules.ts";
import { Rules } from "../fault-rules.ts";
import type { ConnectionFaults } from "./accepted-faults.ts";
import { connectionFaults } from "./accepted-faults.ts";
import { isOfHandshake } from "./accepted-rows.ts";

/** The rules of one server. */
export class EarlyFaults {
  readonly #rules = new Rules();
  readonly #limits: () => Limits;
  readonly #tls: () => Pick<ServerTls, "keepFlaws"> | undefined;

  /** `tls` is the TLS of the server; undefined for one without. */
  constructor(limits: () => Limits, tls: () => Pick<ServerTls, "keepFlaws"> | undefined) {
    this.#limits = limits;
    this.#tls = tls;
  }

  get count(): number {
    return this.#rules.count;
  }

  /** Adds `rule`. Throws a `ServeError`, and adds nothing, if it needs a TLS that isn't there. */
  add(rule: Rule): void {
    this.#prepareTls([rule.options, ...this.#rules.options]);
    this.#rules.add(rule);
  }

  remove(rule: Rule): void {
    this.#rules.remove(rule);
  }

  /**
   * Has `rules` in the place of those that weren't added; `tls` is the certificate's setting if a
   * reload is about to change it. Throws a `ServeError`, and changes nothing, as `add` does.
   */
  replace(rules: readonly Rule[], tls?: TlsSetting | false): void {
    this.#prepareTls(
      [...this.#rules.added, ...rules].map(({ options }) => options),
      tls,
    );
    this.#rules.replace(rules);
  }

  /** Has the certificates at hand that `all` show. */
  #prepareTls(all: readonly FaultOptions[], setting?: TlsSetting | false): void {
    const tls = this.#tls();
    const needy = all.flatMap(faultNames).find(isOfHandshake);
    if (tls === undefined && needy !== undefined) {
      throw new ServeError("faults", `${needy} happens in a handshake, so it needs TLS`);
    }
    const flaws = new Set(all.flatMap(({ certificate }) => certificate ?? []));
    tls?.keepFlaws([...flaws], setting === false ? undefined : setting);
  }

  /** What befalls the connection that has just been accepted; undefined for one that is spared. */
  next(): ConnectionFaults | undefined {
    const hit = this.#rules.draw();
    return hit === undefined ? undefined : connectionFaults(hit.rule.options, this.#limits());
  }
}
