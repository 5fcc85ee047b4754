/** Runs a trial: a server with a fault, and one client that meets it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "../index.ts";
import type { Server } from "../index.ts";
import type { Client, Errand, Outcome } from "./client.ts";
import type { Trial } from "./trials.ts";
import type { Whole } from "./words.ts";
import { words } from "./words.ts";

/** Where the fault is met. The page beside it has none. */
const path = "/content.txt";
const pagePath = "/page.html";

/** The content: no two places in it are equal, so that any change of it shows. */
const content = Array.from({ length: 512 }, (_, i) => i.toString(16).padStart(7, "0"))
  .join("\n")
  .concat("\n");

/** How long an endless answer is: long enough that a client which has a bound would show it. */
const endlessBytes = 2 ** 20;

/** What a client gets without a fault. */
export const whole: Whole = {
  octets: content.length,
  sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
};

/** What a client did. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  /** Requests for the content that the server saw. */
  readonly seen: number;
  /** The same in words. */
  readonly text: string;
}

/** `failed` is told of the server's own errors. */
function start(
  { rule, next, isSecure, isBeforeRequests }: Trial,
  failed: (error: unknown) => void,
): Promise<Server> {
  const rules = next === undefined ? [rule] : [rule, next];
  return serve({
    files: { [path]: content, [pagePath]: "<!doctype html><title>-</title>" },
    ...(isSecure ? { tls: true } : {}),
    // What happens before a request can't be for a path.
    faults: isBeforeRequests ? rules : rules.map((one) => Object.assign({ path }, one)),
    limits: { faultEndlessBytesMax: endlessBytes },
    // Clients ask for different codings, and a cut after so many octets has to mean the same.
    compress: false,
    onError: failed,
  });
}

/**
 * Whether a client can meet the fault of `trial`, as it is asked to: a browser that opens a page
 * asks by GET, once.
 */
export function takesPart(
  { name, habits }: Client,
  { method, times, habit, isBeforeRequests }: Trial,
): boolean {
  if (habit !== undefined && !habits.includes(habit)) return false;
  return name !== "Chromium" || !isBeforeRequests || (method === "GET" && times === 1);
}

/** Has `client` meet the fault of `trial`, and gives each request up after `limitMs`. */
export async function runTrial(trial: Trial, client: Client, limitMs: number): Promise<Report> {
  const { method, times, habit, isBeforeRequests } = trial;
  const folder = mkdtempSync(join(tmpdir(), "postern-clients-"));
  const errors: unknown[] = [];
  const server = await start(trial, (error) => errors.push(error));
  server.route("POST", path, () => new Response(content));
  try {
    const caFile = join(folder, "ca.pem");
    if (server.ca !== undefined) writeFileSync(caFile, server.ca);
    const errand: Errand = {
      url: new URL(path, server.url).href,
      method,
      times,
      limitMs,
      ...(habit === undefined ? {} : { habit }),
      ...(server.ca === undefined ? {} : { caFile }),
      ...(isBeforeRequests ? {} : { page: new URL(pagePath, server.url).href }),
    };
    const outcomes = await client.run(errand);
    if (errors.length > 0) throw new AggregateError(errors, "the server has failed");
    const seen = server.requests.filter((request) => request.path === path).length;
    // A browser that opens a page counts no octets.
    const isCompared = !(isBeforeRequests && client.name === "Chromium");
    return { outcomes, seen, text: words(outcomes, isCompared ? whole : undefined, errand, seen) };
  } finally {
    await server.stop({ force: true });
    rmSync(folder, { recursive: true });
  }
}
