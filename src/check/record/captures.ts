/**
 * Values that a server gave and the client sent back: entity tags, dates of modification, cookies.
 * A script saves such a value from the answer and sends what it saved, so that it holds when the
 * server gives another one. A value that no request uses is not saved.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import type { Edit } from "./blanking.ts";
import { cookiesIn } from "./blanking.ts";
import type { RecordedResponse, RequestField, RequestMessage } from "./recorded.ts";
import { fieldValues } from "../play/response-reader.ts";
import { literalPattern } from "./wire-text.ts";

/** A value that may be saved from `response`. It has a name once a request uses it. */
interface Candidate {
  readonly field: string;
  readonly value: string;
  /** The target that the response was for, so that two files of one date aren't mixed up. */
  readonly target: string;
  readonly response: RecordedResponse;
  /** The pattern whose first group is the value; undefined for the whole field. */
  readonly pattern?: string;
  readonly cookie?: string;
  /** Whether the answer may be another one when the script is played. */
  readonly isDoubtful: boolean;
  name?: string;
}

/** The fields of conditions (RFC 9110 §13.1), and what their values come from. */
const sources: Readonly<Record<string, readonly string[]>> = {
  "if-match": ["ETag"],
  "if-none-match": ["ETag"],
  "if-range": ["ETag", "Last-Modified"],
  "if-modified-since": ["Last-Modified"],
  "if-unmodified-since": ["Last-Modified"],
};

export class Captures {
  readonly #candidates: Candidate[] = [];
  readonly #names = new Set<string>();

  /** Notes what may be saved from the answer to `target`. */
  answered(response: RecordedResponse, target: string, isDoubtful: boolean): void {
    for (const field of ["ETag", "Last-Modified"]) {
      const values = fieldValues(response.fields, field);
      const [value = ""] = values;
      if (values.length !== 1 || value === "") continue;
      this.#candidates.push({ field, value, target, response, isDoubtful });
    }
    const field = "Set-Cookie";
    const joined = fieldValues(response.fields, field).join(", ");
    for (const [, cookie = "", value = ""] of joined.matchAll(
      /(?:^|, )([\w!#$%&'*+.^`|~-]+)=([^;,\s"]+)/gu,
    )) {
      const pattern = `(?:^|, )${literalPattern(cookie)}=([^;,\\s"]+)`;
      if (new RegExp(pattern, "u").exec(joined)?.[1] !== value) continue;
      this.#candidates.push({ field, value, target, response, pattern, cookie, isDoubtful });
    }
  }

  /** The edits that put saved values into `message`, and whether one of them is doubtful. */
  usedBy({ head, octets }: RequestMessage): {
    readonly edits: readonly Edit[];
    readonly isDoubtful: boolean;
  } {
    const used: (readonly [start: number, end: number, of: Candidate])[] = [];
    for (const field of head?.fields ?? []) {
      if (field.end > octets.length) continue;
      if (field.name.toLowerCase() === "cookie") used.push(...this.#cookies(field, octets));
      else used.push(...this.#validators(field, head?.target ?? ""));
    }
    const edits = used.map(([start, end, candidate]) => {
      candidate.name ??= this.#nameFor(candidate);
      return { start, end, by: { capture: candidate.name } };
    });
    return { edits, isDoubtful: used.some(([, , candidate]) => candidate.isDoubtful) };
  }

  #cookies(field: RequestField, octets: Uint8Array): [number, number, Candidate][] {
    return cookiesIn(field.value, field.start).flatMap(({ start, end, cookie }) => {
      const value = latin1Text(octets, start, end);
      const found = this.#candidates.findLast((one) => one.cookie === cookie);
      return found?.value === value ? [[start, end, found]] : [];
    });
  }

  #validators({ name, value, start }: RequestField, target: string): [number, number, Candidate][] {
    const fields = sources[name.toLowerCase()];
    if (fields === undefined) return [];
    const used: [number, number, Candidate][] = [];
    for (const candidate of this.#nearest(fields, target)) {
      const at = value.indexOf(candidate.value);
      const end = at + candidate.value.length;
      if (at === -1 || used.some(([from, to]) => from < start + end && start + at < to)) continue;
      used.push([start + at, start + end, candidate]);
    }
    return used;
  }

  /** The candidates of `fields`, each value once: those for `target` first, and the longest. */
  #nearest(fields: readonly string[], target: string): readonly Candidate[] {
    const all = this.#candidates.filter(({ field }) => fields.includes(field));
    const near = [...all.filter((one) => one.target === target), ...all];
    const distinct = near.filter(
      (one, at) => near.findIndex(({ value }) => value === one.value) === at,
    );
    // A weak tag has the strong one's characters in it.
    return distinct.toSorted((a, b) => b.value.length - a.value.length);
  }

  #nameFor({ field, cookie }: Candidate): string {
    const letters = cookie?.replace(/[^A-Za-z0-9-]+/gu, "-") ?? "";
    const stem = cookie === undefined ? stems[field] : `cookie-${letters}`;
    for (let count = 1; ; count++) {
      const name = count === 1 ? `${stem}` : `${stem}-${count}`;
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      return name;
    }
  }

  /** What the script saves from `response`. */
  savedFrom(response: RecordedResponse): readonly Candidate[] {
    return this.#candidates.filter((one) => one.name !== undefined && one.response === response);
  }

  /** The name of the value of `field` that was saved from an earlier answer for `target`. */
  nameOf(field: string, response: RecordedResponse, target: string): string | undefined {
    const [value = ""] = fieldValues(response.fields, field);
    const own = this.#candidates.findIndex((one) => one.response === response);
    const before = own === -1 ? this.#candidates : this.#candidates.slice(0, own);
    const same = (one: Candidate): boolean =>
      one.field === field && one.value === value && one.target === target && !one.isDoubtful;
    return before.find((one) => one.name !== undefined && same(one))?.name;
  }
}

const stems: Readonly<Record<string, string>> = { ETag: "tag", "Last-Modified": "modified" };
