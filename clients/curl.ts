/** curl, as its command line is used. */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Client, Errand, Outcome } from "./client.ts";
import { outputOf, postedText } from "./client.ts";

/** What curl tells of one transfer (`--write-out %{json}`). */
interface Transfer {
  readonly exitcode: number;
  readonly errormsg: string | null;
  readonly http_code: number;
  readonly time_total: number;
}

/** CURLE_OPERATION_TIMEDOUT. */
const timedOut = 28;

function outcomeOf(transfer: Transfer, file: string): Outcome {
  const { exitcode, errormsg, http_code: status, time_total: seconds } = transfer;
  const content = existsSync(file) ? readFileSync(file) : new Uint8Array();
  return {
    kind: exitcode === 0 ? "ok" : exitcode === timedOut ? "hung" : "failed",
    ...(status === 0 ? {} : { status }),
    octets: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    ...(exitcode === 0 ? {} : { error: `${exitcode} ${errormsg ?? ""}`.trim() }),
    milliseconds: Math.round(seconds * 1000),
  };
}

/** The options for what `errand` asks, but for the transfers. */
function optionsFor({ method, habit, caFile, limitMs }: Errand): readonly string[] {
  return [
    // No configuration of the user's.
    "--disable",
    "--silent",
    "--no-progress-meter",
    "--max-time",
    String(limitMs / 1000),
    "--write-out",
    "%{json}\n",
    ...(method === "POST" ? ["--data-raw", postedText] : []),
    ...(habit === "retry" ? ["--retry", "1"] : []),
    ...(habit === "resume" ? ["--continue-at", "-"] : []),
    ...(caFile === undefined ? [] : ["--cacert", caFile]),
  ];
}

/** The client at `path`. */
export function curlClient(path: string): Client {
  const [, version = ""] =
    /^curl (\S+)/.exec(Bun.spawnSync([path, "--version"]).stdout.toString()) ?? [];
  /** The outcomes of transfers to `files`, on one connection where curl keeps it. */
  const transfer = async (errand: Errand, files: readonly string[]): Promise<Outcome[]> => {
    const transfers = files.flatMap((file) => ["--output", file, errand.url]);
    const text = await outputOf([path, ...optionsFor(errand), ...transfers], errand);
    const lines = text.trim().split("\n");
    return lines.map((line, i) => outcomeOf(JSON.parse(line) as Transfer, files[i] ?? ""));
  };
  const run = async (errand: Errand): Promise<readonly Outcome[]> => {
    const folder = mkdtempSync(join(tmpdir(), "postern-curl-"));
    const files = Array.from({ length: errand.times }, (_, i) => join(folder, `content-${i}`));
    try {
      if (errand.habit !== "resume") return await transfer(errand, files);
      // Each goes on with the file of the one before.
      const outcomes: Outcome[] = [];
      for (const _ of files) outcomes.push(...(await transfer(errand, files.slice(0, 1))));
      return outcomes;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return { name: "curl", version, habits: ["retry", "resume"], run };
}
