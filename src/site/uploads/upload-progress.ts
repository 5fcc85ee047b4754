/** What is told of a file while it is being received. */

/** A file that is being received; the numbers grow while it is. */
export interface UploadProgress {
  /** Its name as the client gives it; of a form, that of the file which is received now. */
  readonly name: string;
  /**
   * Its octets that have come, those of earlier requests included; of a form, those of all its
   * files.
   */
  readonly octets: number;
  /** How many it will have; of a form, the length of its content. Undefined where none says. */
  readonly length: number | undefined;
  /** Resolves when the request is over, and the file is stored or discarded. */
  readonly over: Promise<void>;
}

/** Is told of each upload when its first octets are awaited. */
export type UploadListener = (upload: UploadProgress) => void;
