/**
 * Asks with a headless Chromium as an errand in JSON says, and prints the outcomes as JSON. With a
 * page of the same server it asks by `fetch` from there, and else it opens the URL itself.
 */

import { Page } from "../../test/browser/chromium.ts";
import type { Errand, Outcome } from "../client.ts";

/** What is run in the page: the same as `fetch.mjs` does, with the digest that a browser has. */
const asking = `async ({ url, method, limitMs, content }) => {
  const begun = performance.now();
  const pieces = [];
  const outcome = { kind: "ok" };
  try {
    const response = await fetch(url, {
      method,
      body: method === "POST" ? content : undefined,
      signal: AbortSignal.timeout(limitMs),
    });
    outcome.status = response.status;
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      pieces.push(value);
    }
  } catch (error) {
    outcome.kind = error.name === "TimeoutError" ? "hung" : "failed";
    outcome.error = error.message;
  }
  const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
  outcome.octets = whole.length;
  outcome.sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
  outcome.milliseconds = Math.round(performance.now() - begun);
  return outcome;
}`;

/** The network's own name of the failure of the last request, "net::ERR_…". */
class Failures {
  last: string | undefined;

  constructor(page: Page) {
    page.view.addEventListener("Network.loadingFailed", (event) => {
      const { data } = event as MessageEvent<{ errorText: string }>;
      this.last = data.errorText;
    });
  }
}

async function askFrom(page: Page, errand: Errand, failures: Failures): Promise<Outcome> {
  failures.last = undefined;
  const outcome = await page.value<Outcome>(`(${asking})(${JSON.stringify(errand)})`);
  if (outcome.kind !== "failed") return outcome;
  // The event of the failure may come after the script has heard of it.
  for (let i = 0; i < 100 && failures.last === undefined; i++) await Bun.sleep(10);
  return { ...outcome, error: failures.last ?? outcome.error ?? "" };
}

/** Opens the URL as a page. What is seen of its content depends on its type, so none is counted. */
async function open(page: Page, { url, limitMs }: Errand): Promise<Outcome> {
  const begun = performance.now();
  const over = Promise.withResolvers<"hung">();
  const timer = setTimeout(() => over.resolve("hung"), limitMs);
  const nothing = new Bun.CryptoHasher("sha256").digest("hex");
  const told = (rest: Pick<Outcome, "kind" | "status" | "error">): Outcome => ({
    ...rest,
    octets: 0,
    sha256: nothing,
    milliseconds: Math.round(performance.now() - begun),
  });
  try {
    const opened = page.view.navigate(url).then(() => "ok" as const);
    const kind = await Promise.race([opened, over.promise]);
    return told(kind === "ok" ? { kind, status: await page.status() } : { kind });
  } catch (error) {
    return told({ kind: "failed", error: error instanceof Error ? error.message : String(error) });
  } finally {
    clearTimeout(timer);
  }
}

const [text = ""] = process.argv.slice(2);
const errand = JSON.parse(text) as Errand;
const outcomes: Outcome[] = [];
{
  using page = await Page.open();
  const failures = new Failures(page);
  if (errand.page !== undefined) await page.view.navigate(errand.page);
  for (let i = 0; i < errand.times; i++) {
    const asked = errand.page === undefined ? open(page, errand) : askFrom(page, errand, failures);
    outcomes.push(await asked);
  }
}
process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0));
