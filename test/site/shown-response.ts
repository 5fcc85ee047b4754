/**
 * A response shown as plain values, with its body read.
 */

import { concatBytes } from "../../src/http/octets/bytes.ts";
import type { FileSource, Region, Response } from "../../src/http/message/response.ts";

/** A response as it can be compared. */
export interface ShownResponse {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  readonly kind: Response["body"]["kind"];
  readonly close: boolean;
  readonly note: Response["note"];
}

/** Shows a response; its file is read and closed. */
export function show(response: Response): ShownResponse {
  const { status, close, note } = response;
  return {
    status,
    fields: Object.fromEntries(response.fields),
    body: new TextDecoder().decode(octetsOf(response)),
    kind: response.body.kind,
    close,
    note,
  };
}

function readRegion(file: FileSource, { start, octets }: Region): Uint8Array {
  const content = new Uint8Array(octets);
  let at = 0;
  for (let count = -1; count !== 0 && at < octets; at += count) {
    count = file.read(content.subarray(at), start + at);
    if (count < 0) throw new Error(`the file can't be read: ${count}`);
  }
  return content.subarray(0, at);
}

/** The octets of a body that is no stream; its file is closed. */
export function octetsOf({ body }: Response): Uint8Array {
  if (body.kind === "bytes") return body.bytes;
  if (body.kind !== "file") return new Uint8Array(0);
  const { file, pieces } = body;
  const all = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : readRegion(file, piece),
  );
  file.close();
  return concatBytes(all);
}
