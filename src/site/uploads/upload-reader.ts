/**
 * Reads a multipart form as a sequence of steps for the files in it, in bounded memory. What is no
 * file is read and forgotten.
 */

import type { Limits } from "../../base/limits.ts";
import { nameText } from "../../base/file-name.ts";
import type { RefusalKind } from "../../http/message/error.ts";
import { isBoundary, MultipartReader, readPart } from "../../http/multipart.ts";
import { PartStream } from "../forms/part-stream.ts";
import type { RequestBody } from "../request.ts";
import { BodyError } from "../request.ts";

/** A step: a file begins, its next octets, it ends. */
export type FileStep =
  | { readonly kind: "begin"; readonly filename: string }
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  | { readonly kind: "end" };

function refuse(refusal: RefusalKind | undefined): void {
  if (refusal !== undefined) throw new BodyError(refusal);
}

/**
 * The name of a file as text. Browsers write a quote as "%22" (WHATWG HTML, "multipart/form-data
 * encoding algorithm"), and nothing else so that matters: a line break is in no name.
 */
function filenameOf(octets: Uint8Array): string {
  return nameText(octets).replaceAll("%22", '"');
}

/** Reads one form. */
export class UploadReader {
  readonly #limits: Limits;
  readonly #reader: MultipartReader;
  #steps: FileStep[] = [];
  #isInFile = false;
  #files = 0;

  /** `body` counts what is held back. Throws a `BodyError` when `boundary` can't be one. */
  constructor(boundary: string, limits: Limits, body: RequestBody) {
    if (!isBoundary(boundary)) throw new BodyError("form");
    this.#limits = limits;
    const bounds = {
      headerBytesMax: limits.headerSectionBytesMax,
      held: (octets: number) => body.keep(octets),
    };
    const stream = new PartStream(bounds, () => this.#reader, {
      begin: () => void (this.#isInFile = false),
      header: (octets) => this.#begin(octets),
      content: (octets) => {
        if (this.#isInFile) this.#steps.push({ kind: "octets", octets });
      },
    });
    this.#reader = new MultipartReader(boundary, limits, stream, () => this.#endFile());
  }

  /** Reads on in `octets`, which the steps refer to. Throws a `BodyError` when it is malformed. */
  push(octets: Uint8Array): void {
    refuse(this.#reader.push(octets));
  }

  /** The form ends here. Throws a `BodyError` when it isn't whole. */
  end(): void {
    refuse(this.#reader.end());
  }

  /** The steps that were read since the last call. */
  take(): readonly FileStep[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  #begin(header: Uint8Array): void {
    const part = readPart(header, header.length, this.#limits);
    if (part === undefined) throw new BodyError("form");
    // A browser sends a part without a name for a file that wasn't chosen.
    if (part.filename === undefined || part.filename.length === 0) return;
    if (++this.#files > this.#limits.uploadFilesMax) throw new BodyError("body-too-large");
    this.#isInFile = true;
    this.#steps.push({ kind: "begin", filename: filenameOf(part.filename) });
  }

  #endFile(): void {
    if (this.#isInFile) this.#steps.push({ kind: "end" });
    this.#isInFile = false;
  }
}
