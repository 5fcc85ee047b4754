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

/** The client at `path`. */
export function curlClient(path: string): Client {
  const [, version = ""] =
    /^curl (\S+)/.exec(Bun.spawnSync([path, "--version"]).stdout.toString()) ?? [];
  const run = async (errand: Errand): Promise<readonly Outcome[]> => {
    const { url, method, range, times, caFile, limitMs } = errand;
    const folder = mkdtempSync(join(tmpdir(), "postern-curl-"));
    try {
      const files = Array.from({ length: times }, (_, i) => join(folder, `content-${i}`));
      const text = await outputOf(
        [
          path,
          // No configuration of the user's.
          "--disable",
          "--silent",
          "--no-progress-meter",
          "--max-time",
          String(limitMs / 1000),
          "--write-out",
          "%{json}\n",
          ...(method === "POST" ? ["--data-raw", postedText] : []),
          ...(range === undefined ? [] : ["--header", `Range: ${range}`]),
          ...(caFile === undefined ? [] : ["--cacert", caFile]),
          // Of several transfers curl keeps the connection.
          ...files.flatMap((file) => ["--output", file, url]),
        ],
        errand,
      );
      const lines = text.trim().split("\n");
      return lines.map((line, i) => outcomeOf(JSON.parse(line) as Transfer, files[i] ?? ""));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return { name: "curl", version, run };
}
