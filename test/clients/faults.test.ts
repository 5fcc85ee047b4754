/**
 * Faults against the real clients of this machine. Those that aren't here are skipped by their
 * names; Chromium is in `test/browser/faults.test.ts`.
 */

import { describe, expect, test } from "bun:test";

import { clientNames, findClients } from "../../clients/clients.ts";
import { takesPart } from "../../clients/run.ts";
import { trials } from "../../clients/trials.ts";
import { faultTable } from "../../src/server/faults/fault-table.ts";
import { expected, observed, trialOf } from "./expected.ts";

const rows = Object.entries(expected);

test("every fault of the table is put to the clients", () => {
  const tried = new Set(trials.map(({ fault }) => fault));
  expect([...tried]).toEqual(Object.keys(faultTable) as (typeof trials)[number]["fault"][]);
});

describe.each(clientNames.filter((name) => name !== "Chromium"))("%s", (name) => {
  const [client] = findClients([name]).clients;
  const own = rows.flatMap(([title, all]) => {
    const trial = trialOf(title);
    const what = all[name];
    if (what === undefined || (client !== undefined && !takesPart(client, trial))) return [];
    return [{ title, what, trial }];
  });

  test.skipIf(client === undefined).each(own)("$title: $what", async ({ trial, what }) => {
    if (client === undefined) throw new Error(`no ${name} here`);
    expect(await observed(trial, client)).toBe(what);
  });
});
