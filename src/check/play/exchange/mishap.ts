/**
 * What went wrong while a response was awaited, as failures that the report shows: bytes that are
 * not covered by an expectation, and responses that came late, in part or malformed.
 */

import { visibleText } from "../../script/escape.ts";
import type { ResponseStep } from "../../script/script.ts";
import type { Connection, Endpoint } from "../connection.ts";
import type { Failure } from "../judgement.ts";
import { choicesText } from "../judgement.ts";
import type { Progress, ResponseReader } from "../response-reader.ts";

/** How the server ended its side, in words. */
export function left(peer: "closed" | "reset"): string {
  return peer === "closed" ? "the server closed the connection" : "the server reset the connection";
}

/** No connection could be opened. One that isn't even refused is a kind of silence. */
export function unopened({ host, port }: Endpoint, error: string, line: number): Failure {
  const silent = error.startsWith("no connection within") ? { silent: true as const } : {};
  return { line, expected: `a connection to ${host} port ${port}`, came: error, ...silent };
}

export function stray(connection: Connection, line: number, expected: string): Failure {
  const octets = connection.take();
  const came = `${octets.length} more bytes: ${visibleText(octets)}`;
  return { line, expected, came, difference: { expected: new Uint8Array(0), came: octets } };
}

/** The received part of an incomplete response, in words. */
function soFar(reader: ResponseReader): string {
  const { head, pending, bodyBytes } = reader;
  if (head === undefined) {
    return pending.length === 0 ? "nothing" : `${pending.length} bytes: ${visibleText(pending)}`;
  }
  return `${head.version} ${head.status} ${head.reason} and ${bodyBytes} bytes of its body`;
}

/** `unended`: no empty line was sent, so that the request may have no end. */
export function late(
  step: ResponseStep,
  reader: ResponseReader,
  bound: number,
  unended: boolean,
): Failure {
  const { head, bodyBytes, pending } = reader;
  let hint = "";
  if (head !== undefined && bodyBytes === 0) hint = " (an answer to HEAD? say body none)";
  const silent = head === undefined && pending.length === 0;
  if (silent && unended) hint = " (no empty line was sent: is a > missing after the fields?)";
  return {
    line: step.line,
    expected: `status ${choicesText(step.choices)} within ${bound} ms`,
    came: `${soFar(reader)}; missing: ${reader.describeMissing()}${hint}`,
    ...(silent ? { silent } : {}),
  };
}

export function ended(
  step: ResponseStep,
  reader: ResponseReader,
  how: "closed" | "reset",
): Failure {
  const missing = reader.describeMissing();
  return {
    line: step.line,
    expected: `status ${choicesText(step.choices)}, whole`,
    came: `${soFar(reader)}, then ${left(how)}; missing: ${missing}`,
  };
}

export function malformed(
  step: ResponseStep,
  reader: ResponseReader,
  fault: Progress & { kind: "fault" },
): Failure {
  const { head } = reader;
  const near = fault.came.length === 0 ? "" : visibleText(fault.came);
  const status = head === undefined ? "" : ` in ${head.version} ${head.status} ${head.reason}`;
  return {
    line: step.line,
    expected: `a well-formed response: ${fault.expected}`,
    came: near === "" ? `something else${status}` : `${near}${status}`,
  };
}
