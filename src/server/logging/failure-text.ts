/**
 * What standard error says of an error that answering a request has thrown: the request, the
 * error, and the frames of who wrote the handler. The frames that called the handler are the same
 * for each, and in the package they are lines of its programs, so they are left out.
 */

import { displayName } from "../../tree/path.ts";

/** Characters of a target that are shown. */
const targetMax = 120;

/** What of a request is named. */
interface NamedRequest {
  readonly head: { readonly method: string; readonly rawTarget: string };
}

/** The folder of postern's code: that of the package's programs, or src/ of a checkout. */
function ownFolder(): string {
  const [, frame = ""] = (new Error("where").stack ?? "").split("\n");
  const [, folder = ""] = /(\/.*)\/[^/]*:\d+:\d+\)?$/.exec(frame) ?? [];
  return `${folder.replace(/\/src\/server\/logging$/, "/src")}/`;
}

/** Whether a frame is postern's, or the engine's. */
function isOwn(frame: string, folder: string): boolean {
  return frame.includes(folder) || /\(?native(?::\d+:\d+)?\)?$/.test(frame);
}

/**
 * `stack` without the frames below the last one that isn't in `folder`. All stay where there is no
 * other, since the error is postern's own.
 */
function withoutCallers(stack: string, folder: string): string {
  const lines = stack.split("\n");
  const last = lines.findLastIndex((line) => /^\s+at /.test(line) && !isOwn(line, folder));
  return last === -1 ? stack : lines.slice(0, last + 1).join("\n");
}

/** The text about `error`, which answering `request` has thrown. */
export function failureText(
  error: unknown,
  { head }: NamedRequest,
  folder: string = ownFolder(),
): string {
  const { method, rawTarget } = head;
  const cut = rawTarget.length > targetMax ? `${rawTarget.slice(0, targetMax)}…` : rawTarget;
  const text =
    error instanceof Error
      ? withoutCallers(error.stack ?? `${error.name}: ${error.message}`, folder)
      : String(error);
  return `${method} ${displayName(cut)}: ${text}`;
}
