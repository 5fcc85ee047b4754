/**
 * What the access log of this process has come to: what waits, what was dropped, and what its file
 * got. The log is the process's and not one server's, as its standard output is.
 *
 * The workers of a supervisor write to a pipe that it reads, which is their standard output.
 */

import { linesDropped } from "../log.ts";
import type { LogFile } from "../logging/log-file.ts";
import { standardOutput } from "../../system/standard-streams.ts";
import type { MetricFamily } from "./metric-family.ts";
import { single } from "./metric-family.ts";

/** The file that the log goes to, and its counts; undefined without one. */
let measured: { readonly file: LogFile; readonly counts: ReturnType<LogFile["count"]> } | undefined;

/** Counts what happens to `file`, the log of this process, from now on; undefined for none. */
export function measureLogFile(file: LogFile | undefined): void {
  measured = file === undefined ? undefined : { file, counts: file.count() };
}

/** A family of one number for each value of a label. */
function labelled(
  family: Pick<MetricFamily, "name" | "type" | "help">,
  label: string,
  values: Readonly<Record<string, number>>,
): MetricFamily {
  const samples = Object.entries(values).map(([one, value]) => ({
    suffix: "" as const,
    labels: { [label]: one },
    value,
  }));
  return { ...family, samples };
}

/** What has been counted. */
export function logFamilies(): readonly MetricFamily[] {
  const queued = {
    name: "postern_log_queued_bytes",
    type: "gauge",
    help: "What waits to be written, most of it the access log.",
  } as const;
  const dropped = {
    name: "postern_log_lines_dropped_total",
    type: "counter",
    help: "Lines of the access log that were dropped: too many waited, or a write has failed.",
  } as const;
  const { stdout, file } = linesDropped;
  if (measured === undefined) {
    return [
      labelled(queued, "destination", { stdout: standardOutput.queued }),
      labelled(dropped, "destination", { stdout }),
    ];
  }
  const { counts } = measured;
  return [
    labelled(queued, "destination", { stdout: standardOutput.queued, file: measured.file.queued }),
    labelled(dropped, "destination", { stdout, file }),
    single(
      "counter",
      "postern_log_file_lines_total",
      "Whole lines that were written to the log's file.",
      counts.lines,
    ),
    single(
      "counter",
      "postern_log_file_written_bytes_total",
      "What was written to the log's file.",
      counts.bytes,
    ),
    single(
      "counter",
      "postern_log_file_rotations_total",
      "How often the server has renamed the log's file and begun another one.",
      counts.rotations,
    ),
    labelled(
      {
        name: "postern_log_file_failures_total",
        type: "counter",
        help: "What has failed with the log's file: writes, rotations, openings.",
      },
      "operation",
      counts.failures,
    ),
  ];
}

/** `families` of a worker, whose standard output is the pipe to its supervisor. */
export function throughSupervisor(families: readonly MetricFamily[]): readonly MetricFamily[] {
  return families.map((family) =>
    family.name.startsWith("postern_log_")
      ? {
          ...family,
          samples: family.samples.map((sample) => ({
            ...sample,
            labels: { ...sample.labels, destination: "supervisor" },
          })),
        }
      : family,
  );
}
