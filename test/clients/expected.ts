/**
 * What the clients do with faults, where that is sure: left out is what a client's own speed
 * decides, and all that ends by a time limit. The table on docs/faults.md has all of it, with the
 * clients' own words; `bun run clients` makes it.
 */

import type { Client } from "../../clients/client.ts";
import { clientNames } from "../../clients/clients.ts";
import { runTrial, whole } from "../../clients/run.ts";
import { titleOf } from "../../clients/table.ts";
import type { Trial } from "../../clients/trials.ts";
import { trials } from "../../clients/trials.ts";
import type { Outcome } from "../../clients/client.ts";

/** Nothing here takes a hundredth of it. */
const limitMs = 60_000;

/**
 * What each client does, by its name: a word for each request, and "+1" for a request that the
 * server saw besides those that were asked for. "whole" is a 200 with the right content, "short" one with a part
 * of it, and "other" one with other octets, all of them without an error; "failed" is an error.
 */
type Expected = Readonly<Partial<Record<string, string>>>;

const all = (what: string): Expected => Object.fromEntries(clientNames.map((one) => [one, what]));

export const expected: Readonly<Record<string, Expected>> = {
  "`acceptAfterMs=500`": all("whole"),
  "`closeAtAccept=fin`": { curl: "failed", Bun: "failed", urllib: "failed" },
  "`certificate=expired`": all("failed"),
  "`certificate=not-yet-valid`": all("failed"),
  "`certificate=wrong-name`": all("failed"),
  "`certificate=unknown-ca`": all("failed"),
  "`certificate=self-signed`": all("failed"),
  "`cutHandshake=fin`": all("failed"),
  "`cutHandshake=reset`": all("failed"),
  "`cutHandshake=fin handshakePart=0.5`": all("failed"),
  "`statuses=503,200 retryAfter=1`": {
    ...all("503"),
    // urllib raises an error for a status that is none of success.
    urllib: "failed",
  },
  "`statuses=503,200 retryAfter=1`, `curl --retry 1`": { curl: "whole +1" },
  // Whatever was on offer before: curl joins the parts of two versions.
  "`changingValidator cutAfterBytes=1000 times=1`, then `changingValidator`, `curl --continue-at -`, 2 requests":
    { curl: "failed, 206" },
  "`interim=1`": { ...all("whole"), urllib: "failed" },
  "`garbageHead=100`": all("failed"),
  "`headBytes=50000`": { ...all("whole"), undici: "failed" },
  "`headFields=200`": { ...all("whole"), urllib: "failed" },
  '`duplicateField="Content-Length: 1000"`': {
    curl: "short",
    undici: "failed",
    Bun: "failed",
    urllib: "whole",
    Chromium: "failed",
  },
  "`bareLf`": { ...all("whole"), undici: "failed" },
  "`contentCoding=gzip`": {
    // Neither decodes what it hasn't asked for.
    curl: "whole",
    urllib: "whole",
    // undici fails as well, and now and then waits for ever instead.
    Bun: "failed",
    Chromium: "failed",
  },
  "`contentCoding=unheard-of`": all("whole"),
  // undici may wait for ever when a connection closes early.
  "`cutHeadAfterBytes=0`": { curl: "failed", Bun: "failed", urllib: "failed" },
  "`cutHeadAfterBytes=30`": {
    curl: "short",
    Bun: "failed",
    urllib: "short",
    Chromium: "short",
  },
  "`contentLength=100`": all("failed"),
  "`chunk=malformed`": all("failed"),
  "`chunk=overflow`": all("failed"),
  "`chunk=missing`": all("failed"),
  "`chunk=endless`": all("failed"),
  "`corruptBytes=1`": all("other"),
  "`cutAfterBytes=1000`": all("failed"),
  "`cutAfterBytes=1000`, `read(1024)` until it is empty": { urllib: "short" },
  "`cutAfterBytes=1000 times=1`, `curl --continue-at -`, 2 requests": { curl: "failed, 206" },
  "`keepAliveClose=on-request`, 2 requests": {
    curl: "whole, whole +1",
    Bun: "whole, whole +1",
    urllib: "whole, whole",
  },
  "`keepAliveClose=on-request`, POST, 2 requests": {
    curl: "whole, whole +1",
    Bun: "whole, failed",
    urllib: "whole, whole",
  },
  "`cutAfterBytes=1000 by=reset`": all("failed"),
};

/** One outcome in a word of `expected`. */
function wordOf({ kind, status, octets, sha256 }: Outcome): string {
  if (kind !== "ok") return kind;
  if (status !== 200) return String(status);
  if (octets < whole.octets) return "short";
  return sha256 === whole.sha256 ? "whole" : "other";
}

/** The trial with `title`. */
export function trialOf(title: string): Trial {
  const trial = trials.find((one) => titleOf(one) === title);
  if (trial === undefined) throw new Error(`no trial is ${title}`);
  return trial;
}

/** What `client` does in `trial`, in the words of `expected`. */
export async function observed(trial: Trial, client: Client): Promise<string> {
  const { outcomes, seen } = await runTrial(trial, client, limitMs);
  const more = seen > trial.times ? ` +${seen - trial.times}` : "";
  return `${outcomes.map(wordOf).join(", ")}${more}`;
}
