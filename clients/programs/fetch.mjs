/**
 * Asks with the `fetch` of the runtime that runs this, Node or Bun, as an errand in JSON says, and
 * prints the outcomes as JSON.
 */

import { createHash } from "node:crypto";

const { url, method, times, ca, limitMs, content } = JSON.parse(process.argv[2]);

/** Between two requests. */
const pauseMs = 100;

/** An error with what caused it: `fetch` of Node says in the cause what went wrong. */
function textOf(error) {
  const { code, message, cause } = error;
  const own = [code, message].filter((part) => part !== undefined && part !== "").join(" ");
  return cause === undefined ? own : `${own}: ${textOf(cause)}`;
}

/** Rejects when `signal` aborts. A body of undici's whose decoder has failed does not always. */
function aborted(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function fetchInto(outcome, hash, signal) {
  const response = await fetch(url, {
    method,
    body: method === "POST" ? content : undefined,
    signal,
    // Node takes further authorities from its environment alone.
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  outcome.status = response.status;
  for await (const piece of response.body ?? []) {
    outcome.octets += piece.length;
    hash.update(piece);
  }
}

async function ask() {
  const begun = performance.now();
  const hash = createHash("sha256");
  const outcome = { kind: "ok", octets: 0 };
  const signal = AbortSignal.timeout(limitMs);
  try {
    await Promise.race([fetchInto(outcome, hash, signal), aborted(signal)]);
  } catch (error) {
    outcome.kind = error.name === "TimeoutError" ? "hung" : "failed";
    outcome.error = textOf(error);
  }
  outcome.sha256 = hash.digest("hex");
  outcome.milliseconds = Math.round(performance.now() - begun);
  return outcome;
}

// The timer of a signal keeps no process alive, and a request that hangs may not, either.
setInterval(() => undefined, limitMs);

const outcomes = [];
for (let i = 0; i < times; i++) {
  // So that the connection is free again.
  if (i > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  outcomes.push(await ask());
}
process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit(0));
