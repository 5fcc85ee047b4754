/**
 * What a server with metrics counts of uploads and of object stores. What counts is opened by the
 * first site that has such a part, and stays through reloads, so that no counter falls.
 */

import type { OpenSite } from "../../site/open-site.ts";
import { UploadCounts } from "../../site/operations/upload-counts.ts";
import type { UploadsPresent } from "../../site/operations/upload-counts.ts";
import { StoreCounts } from "../../tree/store/client/store-counts.ts";
import type { MetricFamily } from "./metric-family.ts";
import { single } from "./metric-family.ts";

/** A counter with one number for each value of a label. */
function tallied(
  name: string,
  help: string,
  label: string,
  counts: ReadonlyMap<string, number>,
): MetricFamily {
  const samples = [...counts].map(([kind, value]) => ({
    suffix: "" as const,
    labels: { [label]: kind },
    value,
  }));
  return { name, type: "counter", help, samples };
}

/** What several processes see of one folder isn't summed. */
function shared(name: string, help: string, value: number): MetricFamily {
  return { ...single("gauge", name, help, value), across: "most" };
}

function presentFamilies({ unfinished, quota }: UploadsPresent): readonly MetricFamily[] {
  const waiting = shared(
    "postern_uploads_unfinished",
    "Resumable uploads that wait for their rest.",
    unfinished,
  );
  if (quota === undefined) return [waiting];
  const { bytesMax, usedBytes } = quota;
  const help = "What the folder of uploads holds, and what is held for those that are received.";
  return [
    waiting,
    shared("postern_upload_quota_bytes", "What the folder of uploads may hold.", bytesMax),
    { ...shared("postern_upload_quota_used_bytes", help, usedBytes ?? 0), ...absentIf(usedBytes) },
  ];
}

/** No samples where the value isn't known yet. */
function absentIf(value: number | undefined): Partial<MetricFamily> {
  return value === undefined ? { samples: [] } : {};
}

function uploadFamilies(counts: UploadCounts): readonly MetricFamily[] {
  return [
    single(
      "gauge",
      "postern_uploads_in_progress",
      "Files that are being received.",
      counts.receiving,
    ),
    single(
      "counter",
      "postern_upload_received_bytes_total",
      "Content that has come to be stored, whether it was or not.",
      counts.receivedBytes,
    ),
    single(
      "counter",
      "postern_uploads_stored_total",
      "Files that were stored, or replaced another one.",
      counts.stored,
    ),
    tallied(
      "postern_uploads_refused_total",
      "Requests to store or remove a file that were refused, by the kind of the refusal.",
      "reason",
      counts.refused,
    ),
  ];
}

function storeFamilies(counts: StoreCounts): readonly MetricFamily[] {
  return [
    tallied(
      "postern_store_requests_total",
      "Attempts to ask an object store, by what has come of each.",
      "outcome",
      counts.outcomes,
    ),
    single(
      "counter",
      "postern_store_retries_total",
      "Attempts that were not the first one of a request or a stream.",
      counts.retries,
    ),
    single(
      "counter",
      "postern_store_responses_broken_total",
      "Responses of an object store that broke off, or that nothing could be made of.",
      counts.broken,
    ),
    single(
      "counter",
      "postern_store_received_bytes_total",
      "Content that was read from object stores.",
      counts.receivedBytes,
    ),
    tallied(
      "postern_store_lookups_total",
      "What was known of a key when it was looked for, by where the answer came from.",
      "result",
      counts.lookups,
    ),
  ];
}

/** The counts of one server. */
export class CountedParts {
  #uploads: UploadCounts | undefined;
  #stores: StoreCounts | undefined;

  readonly uploadCounts = (): UploadCounts => (this.#uploads ??= new UploadCounts());
  readonly storeCounts = (): StoreCounts => (this.#stores ??= new StoreCounts());

  /** What was counted, and what there is now by the present site. */
  families({ uploadsPresent, storesHeld }: OpenSite): readonly MetricFamily[] {
    return [
      ...(this.#uploads === undefined ? [] : uploadFamilies(this.#uploads)),
      ...(uploadsPresent === undefined ? [] : presentFamilies(uploadsPresent())),
      ...(this.#stores === undefined ? [] : storeFamilies(this.#stores)),
      ...(storesHeld === undefined
        ? []
        : [
            single(
              "gauge",
              "postern_store_circuits_open",
              "Object stores that aren't asked for a while, because they have failed too often.",
              storesHeld(),
            ),
          ]),
    ];
  }
}
