/** A recorded request in one line: for messages of failed tests, and where a record is printed. */

import { displayName } from "../../tree/path.ts";

/** What is told of a recorded request. */
interface ToldRequest {
  readonly method: string;
  readonly target: string;
  readonly isOver: boolean;
  readonly status: number | undefined;
  readonly aborted: boolean;
  readonly body: Uint8Array;
  readonly bodyOctets: number;
  readonly bodyIsWhole: boolean;
}

/** Characters of a target that a line shows. */
const targetMax = 120;

/** Characters of a body that a line shows. */
const bodyMax = 200;

function outcomeOf({ isOver, status, aborted }: ToldRequest): string {
  if (!isOver) return status === undefined ? "not answered yet" : `${status}, still being sent`;
  if (status === undefined) return "not answered, the client left";
  return aborted ? `${status}, cut off` : String(status);
}

/** What was asked, and what became of it: "POST /hook → 204". */
export function requestText(request: ToldRequest): string {
  const { method, target } = request;
  const shown = displayName(target.length > targetMax ? `${target.slice(0, targetMax)}…` : target);
  return `${method} ${shown} → ${outcomeOf(request)}`;
}

/** The body as text in quotes; only its size when it isn't UTF-8, or not all of it was kept. */
function bodyText({ body, bodyOctets, bodyIsWhole }: ToldRequest): string {
  const size = `a body of ${bodyOctets} octets`;
  if (!bodyIsWhole) return size;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return text.length > bodyMax
      ? `${size}: ${JSON.stringify(text.slice(0, bodyMax))}…`
      : `the body ${JSON.stringify(text)}`;
  } catch {
    return size;
  }
}

/** How `console.log` shows a request. */
export function printedRequest(request: ToldRequest): string {
  const body = request.bodyOctets === 0 ? "" : `, ${bodyText(request)}`;
  return `RecordedRequest { ${requestText(request)}${body} }`;
}
