/**
 * Compares a client's request, and what it made of an answer, with what the script expects. Pure:
 * the first failure is returned, in the order start line or outcome, fields, body, saved values.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import type { Failure, Memory } from "../play/judgement.ts";
import { firstFailure, judgeBodyCheck, judgeField, resolve, saveField } from "../play/judgement.ts";
import { visibleText } from "../script/escape.ts";
import type { RequestStep, ResultStep } from "../script/script.ts";
import type { ClientResult } from "./adapter-message.ts";
import type { HttpRequest } from "./request-reader.ts";

/** The first expectation of `step` that the request fails. Without one its values are saved. */
export function judgeRequest(
  step: RequestStep,
  request: HttpRequest,
  memory: Memory,
): Failure | undefined {
  return (
    judgeRequestLine(step, request, memory) ??
    judgeChecks(step, { fields: request.fields, content: request.body }, memory)
  );
}

/** The first expectation of `step` that the client's result fails. */
export function judgeResult(
  step: ResultStep,
  result: ClientResult,
  memory: Memory,
): Failure | undefined {
  const { line, choices } = step;
  const fits = choices.some((choice) => {
    if (choice.kind === "fails") return result.kind === "failed";
    if (result.kind !== "got") return false;
    // A plain command doesn't say which status it got.
    const { status } = result;
    if (status === undefined) return true;
    if (choice.kind === "class") return choice.class === Math.floor(status / 100);
    return choice.status === status;
  });
  if (!fits) {
    return { line, expected: `a client that ${resultChoices(step)}`, came: resultText(result) };
  }
  return result.kind === "got" ? judgeChecks(step, result, memory) : undefined;
}

function judgeRequestLine(
  { line, requestLine }: RequestStep,
  request: HttpRequest,
  memory: Memory,
): Failure | undefined {
  const target = resolve(requestLine.target, memory, line);
  if (!(target instanceof Uint8Array)) return target;
  const { methods, version } = requestLine;
  const fits =
    methods.includes(request.method) &&
    request.target === latin1Text(target) &&
    (version === undefined || version === request.version);
  if (fits) return undefined;
  const words = [methods.join(" or "), visibleText(target), version ?? ""];
  const came = `${request.method} ${request.target} ${request.version}`;
  return { line, expected: words.join(" ").trim(), came };
}

function judgeChecks(
  { fields, body, saves }: Pick<ResultStep, "fields" | "body" | "saves">,
  came: Pick<ClientResult & { kind: "got" }, "fields" | "content">,
  memory: Memory,
): Failure | undefined {
  return (
    firstFailure(fields, (check) => judgeField(check, came.fields, memory)) ??
    firstFailure(body, (check) => judgeBodyCheck(check, came.content, memory)) ??
    firstFailure(saves, (each) => saveField(each, came.fields, memory))
  );
}

/** The choices as the script writes them: `gets 200 or fails`. */
export function resultChoices({ choices }: Pick<ResultStep, "choices">): string {
  const words = choices.map((choice) => {
    if (choice.kind === "fails") return "fails";
    return choice.kind === "class" ? `${choice.class}xx` : String(choice.status);
  });
  return words[0] === "fails" ? words.join(" or ") : `gets ${words.join(" or ")}`;
}

/** What the client made of an answer, in words. */
export function resultText(result: ClientResult): string {
  switch (result.kind) {
    case "got": {
      const { status, content } = result;
      const what = status === undefined ? "a response, whole," : `status ${status}`;
      return `it got ${what} with ${content.length} bytes: ${visibleText(content)}`;
    }
    case "failed":
      return `it failed: ${result.reason}`;
    case "ended":
      return `it ended without a conclusion: ${result.reason}`;
  }
}
