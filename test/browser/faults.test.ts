/** Faults against Chromium, as `test/clients/faults.test.ts` has them against other clients. */

import { describe, expect, test } from "bun:test";

import { findClients } from "../../clients/clients.ts";
import { takesPart } from "../../clients/run.ts";
import { expected, observed, trialOf } from "../clients/expected.ts";

const { clients, missing } = findClients(["Chromium"]);

for (const line of missing) test.skip(`in a browser: faults (${line})`, () => undefined);

describe.each(clients)("$name", (client) => {
  const own = Object.entries(expected).flatMap(([title, all]) => {
    const trial = trialOf(title);
    const what = all[client.name];
    return what === undefined || !takesPart(client, trial) ? [] : [{ title, what, trial }];
  });

  test.each(own)("$title: $what", async ({ trial, what }) => {
    // Of a page that it opens itself no octets are counted.
    const isCounted = !trial.isBeforeRequests || what === "failed";
    expect(await observed(trial, client)).toBe(isCounted ? what : "short");
  });
});
