/**
 * What a server with metrics counts of uploads, from its start on. The site's parts get one only
 * then; it outlives a site that a reload replaces.
 */

/** The counts of one server. */
export class UploadCounts {
  /** Files that are being received. */
  receiving = 0;
  /** Octets of content that have come to be stored. */
  receivedBytes = 0;
  /** Files that got their names. */
  stored = 0;
  /** Requests that were refused, by the kind of the refusal, or the status where it has none. */
  readonly refused = new Map<string, number>();

  /** Counts a request that was refused for `reason`: the kind of a refusal, or a status. */
  refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

/** What there is of uploads now. Each process of several that serve one folder sees all of it. */
export interface UploadsPresent {
  /** Resumable uploads that wait for their rest. */
  readonly unfinished: number;
  /** How much the folder may hold and, where that is known, holds, in bytes; absent without one. */
  readonly quota?:
    { readonly bytesMax: number; readonly usedBytes: number | undefined } | undefined;
}
