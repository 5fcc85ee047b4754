/**
 * What a request says of a resumable upload (draft-ietf-httpbis-resumable-upload-12 §4.1), and the
 * address of one.
 */

import type { Fields } from "../../../http/fields/fields.ts";
import type { Target } from "../../../http/message/target.ts";
import { booleanItem, integerItem } from "../../../http/structured/structured-item.ts";

/**
 * The version of the protocol, which tells drafts from each other. Only a client that names the
 * same one is sent a 104 (draft, appendix B).
 */
export const interopVersion = 8;

/** The fields, as far as they are well-formed: others count as absent (§4.1). */
export interface UploadFields {
  /** Whether the content is the end of the file. */
  readonly isComplete: boolean | undefined;
  /** How many octets stand before the content. */
  readonly offset: number | undefined;
  /** How many octets the whole file has. */
  readonly length: number | undefined;
}

function count(fields: Fields, name: string): number | undefined {
  const value = integerItem(fields, name);
  return value === undefined || value < 0 ? undefined : value;
}

/** Whether `fields` ask for a resumable upload. */
export function asksToBegin(fields: Fields): boolean {
  return booleanItem(fields, "upload-complete") !== undefined;
}

/** Whether `fields` say that the content isn't all of it. */
export function isToBeContinued(fields: Fields): boolean {
  return booleanItem(fields, "upload-complete") === false;
}

/** Whether the content that comes with `fields` has no coding. */
export function isUncoded(fields: Fields): boolean {
  const codings = fields.getAll("content-encoding");
  return codings.every((coding) => coding.toLowerCase() === "identity");
}

/** Reads the fields. */
export function readUploadFields(fields: Fields): UploadFields {
  return {
    isComplete: booleanItem(fields, "upload-complete"),
    offset: count(fields, "upload-offset"),
    length: count(fields, "upload-length"),
  };
}

/** Whether the client knows this version's 104. */
export function knowsInterim(fields: Fields): boolean {
  return integerItem(fields, "upload-draft-interop-version") === interopVersion;
}

const query = "upload=";
const idPattern = /^[\w-]{22}$/;
const idOctets = 16;

/** An ID that can't be guessed: 128 random bits. */
export function newUploadId(): string {
  return crypto.getRandomValues(Buffer.alloc(idOctets)).toString("base64url");
}

/** What leads from a folder to the upload `id` in it. */
export function queryOf(id: string): string {
  return `?${query}${id}`;
}

/**
 * The ID of the upload that `target` names: "" for one that can't be any. Undefined when it names
 * no upload.
 */
export function askedUpload(target: Target): string | undefined {
  if (!("query" in target) || target.query === undefined) return undefined;
  if (!target.query.startsWith(query)) return undefined;
  const id = target.query.slice(query.length);
  return idPattern.test(id) ? id : "";
}
