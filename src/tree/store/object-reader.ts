/**
 * Reads objects of the store: the facts by HEAD, a file by GET. An object of up to
 * `storeObjectBytesMax` is read whole by one request, which asks for so many octets and one: a
 * larger one is seen by its 206, and only its beginning is read then.
 */

import type { Limits } from "../../base/limits.ts";
import { nameText } from "../../base/file-name.ts";
import { parseHttpDate } from "../../http/fields/date.ts";
import type { Clock } from "../../schedule/clock.ts";
import { charsetSampleOctets } from "../text.ts";
import type { OpenFile } from "../tree.ts";
import type { Found, ObjectFacts, Wanted } from "./known-object.ts";
import type { ListAnswer } from "./client/list-answer.ts";
import { readListAnswer } from "./client/list-answer.ts";
import { ObjectFile, StoredContent } from "./object-file.ts";
import { defaultMode, doubtfulMode, readMode } from "./object-mode.ts";
import type { ObjectStreams } from "./object-stream.ts";
import type { StoreClient } from "./client/store-client.ts";
import { readUpTo, StoreFailure } from "./client/store-client.ts";

/** What reading objects needs. */
interface ReaderParts {
  readonly client: StoreClient;
  readonly streams: ObjectStreams;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "storeObjectBytesMax">;
  /** Whether the object under a key counts as an upload; absent where none does. */
  readonly isUploaded?: ((key: string) => boolean) | undefined;
  /** The permission bits of an object whose metadata has no mode. */
  readonly mode: number;
}

/**
 * Last-Modified has a unit of a second: within this time after a change another one may not show.
 */
const settledMs = 2000;

/** Content-Range of a 206 (RFC 9110 §14.4): "bytes 0-99/1234". */
const contentRange = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** What is listed. */
interface ListQuery {
  readonly prefix: string;
  readonly delimiter?: string;
  /** Keys and common prefixes in one answer. */
  readonly mostKeys: number;
  /** What the part before has said that comes next. */
  readonly after?: string | undefined;
  /** Whether the answer can be done without, as `StoreRequest` says. */
  readonly isOptional?: boolean;
}

/** How an object is asked for. */
interface ReadOptions {
  /** What is known of it, for a condition; of a file only. */
  readonly known?: ObjectFacts | undefined;
  /** Whether the answer can be done without, as `StoreRequest` says. */
  readonly isOptional?: boolean;
}

/** A list of 1000 keys of 1024 octets, each escaped, takes less. */
const listBytesMax = 8 * 1024 * 1024;

/**
 * What one GET has come to: "changed" when a 304 isn't about what is known, "unsure" when it
 * doesn't say, though it should (RFC 9110 §15.4.5).
 */
type Got = Found | "unchanged" | "changed" | "unsure" | "empty";

const nothing: Found = { facts: undefined, file: undefined };

/** Stands for keys of which nothing else is known. */
const something: Found = {
  facts: {
    etag: "",
    modified: "",
    isSettled: true,
    size: 0,
    mtimeMs: 0,
    mode: 0,
    coding: undefined,
  },
  file: undefined,
};

/** The name of the object under `key`: what follows the last slash but one at the end. */
function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/", key.length - 2) + 1);
}

/** Reads the objects of one tree. */
export class ObjectReader {
  readonly #parts: ReaderParts;
  /** Whether a 304 of this store had no date, so that a HEAD is asked at once from then on. */
  #isUnsureOf304 = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * What there is under `key` now; "unchanged" when it is what `known` says, which is asked for a
   * file only.
   */
  async read(
    key: string,
    wanted: Wanted,
    { known, isOptional = false }: ReadOptions = {},
  ): Promise<Found | "unchanged" | StoreFailure> {
    if (wanted === "below") return await this.#readBelow(key, isOptional);
    if (wanted === "facts") return await this.#readFacts(key, isOptional);
    if (known !== undefined && this.#isUnsureOf304) {
      return await this.#confirm(key, known, isOptional);
    }
    const got = await this.#get(key, known, isOptional);
    if (got === "unsure" && known !== undefined) {
      this.#isUnsureOf304 = true;
      return await this.#confirm(key, known, isOptional);
    }
    if (got === "changed" || got === "unsure") return await this.read(key, wanted, { isOptional });
    if (got !== "empty") return got;
    // No range of an empty object can be satisfied, and a 416 has none of its facts.
    const found = await this.#readFacts(key, isOptional);
    if (found instanceof StoreFailure || found.facts === undefined) return found;
    const { facts } = found;
    if (facts.size > 0) return new StoreFailure(502, "the object store answered 416 to bytes=0-");
    const isUploaded = this.#parts.isUploaded?.(key);
    return { facts, file: new StoredContent(nameOf(key), new Uint8Array(0), facts, isUploaded) };
  }

  /** What there is under `key`, where a HEAD may show that it is what `known` says. */
  async #confirm(
    key: string,
    known: ObjectFacts,
    isOptional: boolean,
  ): Promise<Found | "unchanged" | StoreFailure> {
    const found = await this.#readFacts(key, isOptional);
    if (found instanceof StoreFailure) return found;
    const isSame = found.facts?.etag === known.etag && found.facts.modified === known.modified;
    return isSame ? "unchanged" : await this.read(key, "file", { isOptional });
  }

  /** The octets of the object under `key` if it has exactly `octets` of them; else undefined. */
  async readWhole(
    key: string,
    octets: number,
  ): Promise<Uint8Array<ArrayBuffer> | StoreFailure | undefined> {
    return await this.#parts.client.ask({ method: "GET", key }, async (answer) => {
      if (answer.status !== 200) {
        await answer.body?.cancel();
        return undefined;
      }
      const { content } = await readUpTo(answer, octets);
      if (content.length < octets) throw new Error("the object is shorter than announced");
      return content;
    });
  }

  async #readFacts(key: string, isOptional: boolean): Promise<Found | StoreFailure> {
    return await this.#parts.client.ask({ method: "HEAD", key, isOptional }, async (answer) => {
      if (answer.status === 404) return nothing;
      if (answer.status !== 200) throw new Error(`${answer.status} to HEAD`);
      const size = Number(answer.headers.get("content-length"));
      const facts = this.#factsOf(key, answer, size);
      return facts instanceof StoreFailure ? facts : { facts, file: undefined };
    });
  }

  /** Whether there are keys that begin with `key`. */
  async #readBelow(key: string, isOptional: boolean): Promise<Found | StoreFailure> {
    const listed = await this.list({ prefix: key, mostKeys: 1, isOptional });
    if (listed instanceof StoreFailure) return listed;
    return listed.objects.length > 0 ? something : nothing;
  }

  /** A part of the list of keys that begin with `prefix`. */
  async list({
    prefix,
    delimiter,
    mostKeys,
    after,
    isOptional = false,
  }: ListQuery): Promise<ListAnswer | StoreFailure> {
    const query: [string, string][] = [
      ["list-type", "2"],
      ["encoding-type", "url"],
      ["prefix", prefix],
      ["max-keys", `${mostKeys}`],
    ];
    if (delimiter !== undefined) query.push(["delimiter", delimiter]);
    if (after !== undefined) query.push(["continuation-token", after]);
    const request = { method: "GET", key: "", query, isOptional } as const;
    return await this.#parts.client.ask(request, async (answer) => {
      const { content, isWhole } = await readUpTo(answer, listBytesMax);
      this.#parts.client.received(content.length);
      if (answer.status === 404) {
        return new StoreFailure(502, "the object store has no such bucket");
      }
      if (answer.status !== 200 || !isWhole) throw new Error(`${answer.status} to a list`);
      const read = readListAnswer(nameText(content));
      return read.ok ? read.value : new StoreFailure(502, read.error);
    });
  }

  async #get(
    key: string,
    known: ObjectFacts | undefined,
    isOptional: boolean,
  ): Promise<Got | StoreFailure> {
    const { client, limits } = this.#parts;
    const fields = {
      range: `bytes=0-${limits.storeObjectBytesMax}`,
      ...(known === undefined ? {} : { "if-none-match": known.etag }),
    };
    return await client.ask({ method: "GET", key, fields, isOptional }, async (answer) => {
      const { status } = answer;
      if (status === 200 || status === 206) return await this.#gotFile(key, answer);
      await answer.body?.cancel();
      if (status === 404) return nothing;
      if (status === 416) return "empty";
      if (status !== 304 || known === undefined) throw new Error(`${status} to GET`);
      const modified = answer.headers.get("last-modified");
      if (modified === null) return "unsure";
      return modified === known.modified ? "unchanged" : "changed";
    });
  }

  /** The file in `answer`, a 200 or a 206. Throws when it breaks off. */
  async #gotFile(key: string, answer: Response): Promise<Found | StoreFailure> {
    const { streams, limits } = this.#parts;
    const size = sizeOf(answer);
    if (size === undefined) {
      await answer.body?.cancel();
      return new StoreFailure(502, "the object store's answer does not say how long an object is");
    }
    const facts = this.#factsOf(key, answer, size);
    const isLarge = size > limits.storeObjectBytesMax;
    if (facts instanceof StoreFailure) {
      await answer.body?.cancel();
      return facts;
    }
    const { content } = await readUpTo(answer, isLarge ? charsetSampleOctets : size);
    this.#parts.client.received(content.length);
    if (content.length < Math.min(size, isLarge ? charsetSampleOctets : size)) {
      throw new Error("the object is shorter than announced");
    }
    const name = nameOf(key);
    const isUploaded = this.#parts.isUploaded?.(key);
    const file: OpenFile = isLarge
      ? new ObjectFile(name, key, content, facts, streams, isUploaded)
      : new StoredContent(name, content, facts, isUploaded);
    return { facts, file };
  }

  /** What the fields of `answer` say of the object under `key`. */
  #factsOf(key: string, { headers }: Response, size: number): ObjectFacts | StoreFailure {
    const etag = headers.get("etag");
    if (etag === null || !Number.isSafeInteger(size)) {
      return new StoreFailure(502, "the object store's answer has no ETag or no length");
    }
    const nowMs = this.#parts.clock.epochMs();
    const modified = headers.get("last-modified") ?? "";
    const modifiedMs = dateMs(modified, nowMs);
    const dateSaidMs = dateMs(headers.get("date") ?? "", nowMs) ?? nowMs;
    const kind = key.endsWith("/") ? "directory" : "file";
    const mode = headers.get("x-amz-meta-mode");
    return {
      etag,
      modified,
      isSettled: modifiedMs !== undefined && dateSaidMs - modifiedMs >= settledMs,
      size,
      mtimeMs: metadataTime(headers.get("x-amz-meta-mtime")) ?? modifiedMs ?? nowMs,
      mode:
        mode === null
          ? defaultMode(this.#parts.mode, kind)
          : (readMode(mode, kind) ?? doubtfulMode(kind)),
      coding: codingOf(headers.get("content-encoding")),
    };
  }
}

/** How many octets the object has that a 200 or a 206 is about; undefined when it doesn't say. */
function sizeOf({ status, headers }: Response): number | undefined {
  if (status === 206) {
    const [, first, , total] = contentRange.exec(headers.get("content-range") ?? "") ?? [];
    return first === "0" ? Number(total) : undefined;
  }
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

function dateMs(text: string, nowMs: number): number | undefined {
  const seconds = parseHttpDate(text, Math.floor(nowMs / 1000));
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The time of a file as s3fs and rclone write it: seconds since 1970, perhaps with a fraction. */
function metadataTime(text: string | null): number | undefined {
  if (text === null || !/^-?\d{1,12}(?:\.\d{1,12})?$/.test(text.trim())) return undefined;
  return Math.floor(Number(text) * 1000);
}

/** The codings of Content-Encoding that are the object's own; undefined for none. */
function codingOf(value: string | null): string | undefined {
  // A store keeps "aws-chunked" of some clients' uploads, whose content isn't chunked any more.
  const codings = (value ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  const own = codings.filter((coding) => !["", "identity", "aws-chunked"].includes(coding));
  return own.length === 0 ? undefined : own.join(", ");
}
