/**
 * What is kept of a resumable upload beside its octets: a small file, so that every process of a
 * server, and one that is started later, can go on with it.
 *
 * A record holds no ID. It is read as untrusted text: what isn't exactly a record is none.
 */

import { isNameText } from "../../base/file-name.ts";
import { latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";

/** What the request that began the upload has asked for. */
export interface UploadIntent {
  /** "PUT": under this name, whose file it replaces. "POST": under this one, or with a number. */
  readonly method: "PUT" | "POST";
  /** The name of the file: of a PUT as it is, of a POST as it was sent. */
  readonly name: string;
  /** The field lines with the conditions of a PUT. */
  readonly conditions: readonly (readonly [name: string, value: string])[];
  /** The user whose password came with the request; undefined where none was asked for. */
  readonly user: string | undefined;
  /** The client address that the upload counts for. */
  readonly address: string;
}

/** What is kept. */
export interface UploadRecord extends UploadIntent {
  /** How many octets the whole file has; undefined while the client hasn't said. */
  readonly length: number | undefined;
  /** How many octets of it were on the disk when the record was written. */
  readonly octets: number;
  /** The time since the system had started, by name; undefined where it has none. */
  readonly bootId: string | undefined;
}

/** The most octets of a record that are read: a name, conditions and a user fit by far. */
export const recordBytesMax = 64 * 1024;

const version = 1;

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The octets of `record`, in ASCII: what isn't is escaped, so that every name stays whole. */
export function formatRecord(record: UploadRecord): Uint8Array {
  const json = JSON.stringify({ version, ...record });
  return latin1Bytes(`${json.replace(/[^\x20-\x7e]/g, escape)}\n`);
}

function isOctetCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOptional(value: unknown, type: "string" | "number"): boolean {
  return value === undefined || typeof value === type;
}

function isLine(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((v) => typeof v === "string");
}

/** The record in `octets`; undefined when there is none. */
export function parseRecord(octets: Uint8Array): UploadRecord | undefined {
  let value: { readonly version?: unknown } | null;
  try {
    value = JSON.parse(latin1Text(octets)) as typeof value;
  } catch {
    return undefined;
  }
  return typeof value !== "object" || value?.version !== version
    ? undefined
    : readUploadRecord(value);
}

/** The record that `given`, which was read as JSON, is; undefined when it is none. */
export function readUploadRecord(given: unknown): UploadRecord | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const value = given as Partial<Record<keyof UploadRecord, unknown>>;
  const { method, name, address, conditions, user, length, octets: count, bootId } = value;
  if (method !== "PUT" && method !== "POST") return undefined;
  if (typeof address !== "string" || typeof name !== "string" || !isNameText(name))
    return undefined;
  if (!Array.isArray(conditions) || !conditions.every(isLine)) return undefined;
  if (!isOptional(user, "string") || !isOptional(bootId, "string")) return undefined;
  if (!isOctetCount(count) || (length !== undefined && !isOctetCount(length))) return undefined;
  return {
    method,
    name,
    address,
    conditions,
    user: user as string | undefined,
    length,
    octets: count,
    bootId: bootId as string | undefined,
  };
}
