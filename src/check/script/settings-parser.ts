/**
 * The settings of a script, gathered from the statements before its first phase. Most may stand
 * several times: words, limits and hosts are added to those before.
 */

import { resolveLimits } from "../../base/limits.ts";
import type { Need } from "./need.ts";
import type { Settings } from "./script.ts";
import type { Setting } from "./statement.ts";

/** What the lines under the title set. */
export class SettingsParser {
  readonly #serverArguments: string[] = [];
  readonly #limits: Record<string, number> = {};
  readonly #hosts: string[] = [];
  readonly #needs = new Set<Need>();
  #alone = false;
  #cleartext = false;
  #stateful = false;
  #uncutReason: string | undefined;
  #client = false;

  /** Takes one setting. Returns what was expected if it can't be. */
  take(setting: Setting): string | undefined {
    switch (setting.kind) {
      case "server":
        this.#serverArguments.push(...setting.words);
        return undefined;
      case "limit": {
        this.#limits[setting.name] = setting.value;
        const limits = resolveLimits(this.#limits);
        return limits.ok ? undefined : `${limits.error.limit}: ${limits.error.expected}`;
      }
      case "hosts":
        this.#hosts.push(...setting.names);
        return undefined;
      case "needs":
        for (const word of setting.words) this.#needs.add(word);
        return undefined;
      case "alone":
        this.#alone = true;
        return undefined;
      case "cleartext":
        this.#cleartext = true;
        return undefined;
      case "stateful":
        this.#stateful = true;
        return undefined;
      case "uncut":
        this.#uncutReason = setting.reason;
        return undefined;
      case "client":
        this.#client = true;
        return undefined;
    }
  }

  end(): Settings {
    return {
      serverArguments: this.#serverArguments,
      limits: this.#limits,
      hosts: this.#hosts,
      needs: [...this.#needs],
      alone: this.#alone,
      cleartext: this.#cleartext,
      stateful: this.#stateful,
      ...(this.#uncutReason === undefined ? {} : { uncutReason: this.#uncutReason }),
      ...(this.#client ? { client: true } : {}),
    };
  }
}
