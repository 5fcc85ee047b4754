/**
 * What is written to an adapter and read from it: a line of JSON for each request, and one for what
 * became of it. Contents are in base64, so that no byte is lost.
 *
 *     {"method": "GET", "url": "http://127.0.0.1:1234/a", "fields": [["Accept", "*"]],
 *      "content": "aGVsbG8="}
 *     {"status": 200, "fields": [["Content-Type", "text/plain"]], "content": "aGVsbG8="}
 *     {"error": "the connection was closed"}
 */

import { latin1Bytes } from "../../http/octets/bytes.ts";
import type { MessageField } from "../play/message-reader.ts";

/** What a client is asked to do. */
export interface ClientAsk {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly content?: Uint8Array;
}

/**
 * What a client made of it: a response, of which a plain command tells the content alone; a failure
 * that it reports; or no conclusion, since it ended otherwise.
 */
export type ClientResult =
  | {
      readonly kind: "got";
      readonly status?: number;
      readonly fields: readonly MessageField[];
      readonly content: Uint8Array;
    }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string };

/** The line that asks. */
export function askLine({ content, ...ask }: ClientAsk): string {
  const coded = content === undefined ? {} : { content: Buffer.from(content).toString("base64") };
  return `${JSON.stringify({ ...ask, ...coded })}\n`;
}

/** Reads the line that tells of a result. What is no such line ends the client. */
export function readResultLine(line: string): ClientResult {
  let told: unknown;
  try {
    told = JSON.parse(line);
  } catch {
    return wrong(line);
  }
  if (typeof told !== "object" || told === null) return wrong(line);
  const { error, status, fields = [], content = "" } = told as Record<string, unknown>;
  if (typeof error === "string") return { kind: "failed", reason: error };
  if (typeof status !== "number" || typeof content !== "string" || !isPairs(fields)) {
    return wrong(line);
  }
  const named = fields.map(([name, value]) => ({ name, value }));
  const octets = latin1Bytes(Buffer.from(content, "base64").toString("latin1"));
  return { kind: "got", status, fields: named, content: octets };
}

function isPairs(fields: unknown): fields is readonly (readonly [string, string])[] {
  if (!Array.isArray(fields)) return false;
  return fields.every((pair: unknown) => {
    return Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === "string");
  });
}

function wrong(line: string): ClientResult {
  const near = line.slice(0, 80);
  const reason = `the adapter wrote no line of JSON with a status or an error: ${near}`;
  return { kind: "ended", reason };
}
