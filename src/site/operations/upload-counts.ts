/**
 * What a server with metrics counts of uploads, from its start on. The site's parts get one only
 * then; it outlives a site that a reload replaces.
 */

import type { Refusal } from "../../http/message/error.ts";
import { uploadRefusals } from "../uploads/upload-refusals.ts";

/** The counts of one server. */
export class UploadCounts {
  /** Files that are being received. */
  receiving = 0;
  /** Octets of content that have come to be stored. */
  receivedBytes = 0;
  /** Files that got their names. */
  stored = 0;
  /** Requests that were refused, by the kind of the refusal. */
  readonly refused = new Map<string, number>();

  /** Counts `refusal` if it is one of uploads, or says that too many are received at one time. */
  readonly refuse = ({ kind, limit }: Refusal): void => {
    const isBound = limit?.name === "uploadsAtOnceMax" || limit?.name === "uploadsPerAddressMax";
    if (!isBound && !Object.hasOwn(uploadRefusals, kind)) return;
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
  };
}

/** What there is of uploads now. Each process of several that serve one folder sees all of it. */
export interface UploadsPresent {
  /** Resumable uploads that wait for their rest. */
  readonly unfinished: number;
  /** How much the folder may hold and, where that is known, holds, in bytes; absent without one. */
  readonly quota?:
    { readonly bytesMax: number; readonly usedBytes: number | undefined } | undefined;
}
