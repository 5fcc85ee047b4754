/**
 * The records of uploads in parts: small objects in the folder of uploads, under hidden names,
 * whatever folder below it the file goes to. By one list of them a process finds what others have
 * left, and nothing of other programs that write to the bucket is taken for it.
 *
 * A record is read as untrusted text: what isn't exactly a record is none.
 */

import { latin1Bytes, latin1Text } from "../../../http/octets/bytes.ts";
import { isTemporaryName, recordedName, recordName } from "../../writing/temporary-name.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { UploadRecord } from "../../writing/upload-record.ts";
import { readUploadRecord } from "../../writing/upload-record.ts";
import type { Condition } from "./condition-forms.ts";
import type { ObjectWriter, Written, WrittenFacts } from "./object-writer.ts";
import { contentOf } from "./object-writer.ts";

/** What the record of an upload has that can be resumed. */
export interface ResumableFacts {
  /** What a request has asked for, and how far the upload has come. */
  readonly upload: UploadRecord;
  /** The name and the mode that the file will have; "" and 0 while the upload has no part. */
  readonly name: string;
  readonly mode: number;
  readonly isNumbered: boolean;
  /** What the object will be known by. */
  readonly token: string;
  /** The size of each part; 0 while that isn't known. */
  readonly partBytes: number;
  /** How many parts the store had when the record was written. */
  readonly parts: number;
  /** The name of the object with the octets after them, and how many they are. */
  readonly tail: string;
  readonly tailOctets: number;
  /** When octets have come last, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Another one whenever a process takes the upload for itself. */
  readonly claim: string;
}

/** An upload that isn't complete. */
export interface PartsRecord {
  /** The key that the file will have, and the upload in parts; both "" while there is none. */
  readonly key: string;
  readonly uploadId: string;
  /** Undefined for an upload that can't be resumed. */
  readonly resumable: ResumableFacts | undefined;
}

/** A record, and the store's tag of it. */
interface ReadRecord {
  readonly record: PartsRecord;
  readonly etag: string;
}

/** A record, or a tail, that is there. */
export interface ListedRecord {
  /** The name that it was written by. */
  readonly name: string;
  readonly kind: "record" | "tail";
  readonly modifiedMs: number;
}

/** What records are read and written with. */
interface RecordParts {
  readonly writer: ObjectWriter;
  readonly reader: ObjectReader;
  /** What the keys in the folder of uploads begin with. */
  readonly prefix: string;
}

const version = 1;

/** The mode of records: visitors don't get them, whatever names are shown. */
const recordMode = 0o100600;

const namesBegin = ".postern-upload-";

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

function factsAt(mtimeMs: number, mediaType: string): WrittenFacts {
  return { mode: recordMode, mtimeMs, mediaType, token: crypto.randomUUID() };
}

/** Reads and writes the records of one tree. */
export class PartsRecords {
  readonly #parts: RecordParts;

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  /**
   * Writes the record of the upload that `name`, a temporary name, stands for; its tag. With `etag`
   * only in place of the record that has it: else "taken".
   */
  async write(
    name: string,
    record: PartsRecord,
    nowMs: number,
    etag?: string,
  ): Promise<Written | StoreFailure> {
    const json = JSON.stringify({ version, ...record }).replace(/[^\x20-\x7e]/g, escape);
    const content = contentOf(latin1Bytes(`${json}\n`));
    const condition: Condition = etag === undefined ? { kind: "any" } : { kind: "object", etag };
    const facts = factsAt(nowMs, "application/json");
    return await this.#parts.writer.put(this.#keyOf(name), content, facts, condition);
  }

  /** The record of `name`; undefined when there is none. */
  async read(name: string): Promise<ReadRecord | StoreFailure | undefined> {
    const found = await this.#parts.reader.read(this.#keyOf(name), "file");
    if (found instanceof StoreFailure) return found;
    if (found === "unchanged" || found.facts === undefined) return undefined;
    const content = found.file?.content;
    const record = content === undefined ? undefined : parse(content);
    return record === undefined ? undefined : { record, etag: found.facts.etag };
  }

  /** The store's tag of the record of `name`; undefined when there is none. */
  async tag(name: string): Promise<string | StoreFailure | undefined> {
    const found = await this.#parts.reader.read(this.#keyOf(name), "facts");
    if (found instanceof StoreFailure) return found;
    return found === "unchanged" ? undefined : found.facts?.etag;
  }

  /** Writes the octets after the parts of an upload under the temporary name `name`. */
  async writeTail(
    name: string,
    octets: Uint8Array<ArrayBuffer>,
    nowMs: number,
  ): Promise<StoreFailure | undefined> {
    const { writer, prefix } = this.#parts;
    const facts = factsAt(nowMs, "application/octet-stream");
    const written = await writer.put(prefix + name, contentOf(octets), facts, { kind: "any" });
    return written instanceof StoreFailure ? written : undefined;
  }

  /** The octets under the temporary name `name`, of which there are `octets`; else undefined. */
  async readTail(
    name: string,
    octets: number,
  ): Promise<Uint8Array<ArrayBuffer> | StoreFailure | undefined> {
    const { reader, prefix } = this.#parts;
    return await reader.readWhole(prefix + name, octets);
  }

  async removeTail(name: string): Promise<void> {
    await this.#parts.writer.remove(this.#parts.prefix + name);
  }

  async remove(name: string): Promise<void> {
    await this.#parts.writer.remove(this.#keyOf(name));
  }

  /** All that are there, up to `most`; or how the store failed. */
  async list(most: number): Promise<readonly ListedRecord[] | StoreFailure> {
    const { reader, prefix } = this.#parts;
    const records: ListedRecord[] = [];
    let after: string | undefined;
    do {
      const listed = await reader.list({ prefix: prefix + namesBegin, mostKeys: 1000, after });
      if (listed instanceof StoreFailure) return listed;
      for (const { key, modifiedMs } of listed.objects) {
        const name = key.slice(prefix.length);
        const recorded = recordedName(name);
        if (recorded !== undefined) records.push({ name: recorded, kind: "record", modifiedMs });
        else if (isTemporaryName(name)) records.push({ name, kind: "tail", modifiedMs });
      }
      after = listed.next;
    } while (after !== undefined && records.length < most);
    return records;
  }

  #keyOf(name: string): string {
    return this.#parts.prefix + recordName(name);
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The facts in `value`; undefined when they aren't exactly such. */
function readFacts(value: unknown): ResumableFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const facts = value as Partial<Record<keyof ResumableFacts, unknown>>;
  const { name, mode, isNumbered, token, partBytes, parts, tail, tailOctets, modifiedMs, claim } =
    facts;
  const upload = readUploadRecord(facts.upload);
  const texts = [name, token, tail, claim];
  const counts = [mode, partBytes, parts, tailOctets, modifiedMs];
  if (upload === undefined || typeof isNumbered !== "boolean") return undefined;
  if (!texts.every((text) => typeof text === "string") || !counts.every(isCount)) return undefined;
  return { ...(value as ResumableFacts), upload };
}

function parse(octets: Uint8Array): PartsRecord | undefined {
  let value: Partial<Record<keyof PartsRecord | "version", unknown>> | null;
  try {
    value = JSON.parse(latin1Text(octets)) as typeof value;
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value?.version !== version) return undefined;
  const { key, uploadId } = value;
  if (typeof key !== "string" || typeof uploadId !== "string") return undefined;
  const resumable = readFacts(value.resumable);
  if (value.resumable !== undefined && resumable === undefined) return undefined;
  return (key === "" || uploadId === "") && resumable === undefined
    ? undefined
    : { key, uploadId, resumable };
}
