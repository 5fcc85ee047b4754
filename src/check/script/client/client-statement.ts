/**
 * Parses one indented line of a script that tests a client. Such a script is read from the other
 * side: what `>` sends in a script for servers has to come here, and what `<` expects there is
 * sent. Statements that don't depend on the side are those of `statement.ts`.
 *
 * Absent on purpose: a tree, and settings of a server. Whatever is sent stands in the script.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { checkLimits } from "../../limits.ts";
import { readTemplate } from "../escape.ts";
import type {
  BodyCheck,
  FieldCheck,
  RequestLine,
  ResultChoice,
  Save,
  SendPart,
  SharedStep,
  Template,
} from "../script.ts";
import type { PlainStep, Setting } from "../statement.ts";
import { beginsStatement, readFieldCheck, readSend, readStatement } from "../statement.ts";

/** The statement on one line of a script that tests a client. */
export type ClientStatement =
  | { readonly kind: "setting"; readonly setting: Setting }
  | { readonly kind: "continue" }
  | { readonly kind: "ask"; readonly method: string; readonly target: Template }
  | { readonly kind: "with"; readonly check: FieldCheck }
  | { readonly kind: "request"; readonly requestLine: RequestLine; readonly optional: boolean }
  | { readonly kind: "field"; readonly check: FieldCheck }
  | { readonly kind: "body"; readonly check: BodyCheck }
  | { readonly kind: "save"; readonly save: Save }
  | { readonly kind: "send"; readonly part: SendPart }
  | { readonly kind: "content"; readonly text: Template }
  | { readonly kind: "within"; readonly ms: number }
  | { readonly kind: "result"; readonly choices: readonly ResultChoice[] }
  | { readonly kind: "repeat"; readonly count: number }
  | { readonly kind: "step"; readonly step: Exclude<SharedStep, { kind: "send" }> };

type Reader = (rest: string, line: number) => Result<ClientStatement, string>;

/** More requests than a client follows of its own accord. */
const { repeatsMax } = checkLimits;

/** The parsers of the statements that stand in these scripts alone, or mean the other side. */
const clientReaders: Readonly<Record<string, Reader>> = {
  ask: (rest) => readAsk(rest),
  with: (rest, line) => {
    const check = readFieldCheck(rest, line);
    if (check === undefined) return failure("with Name: value or with Name ~ regex");
    return check.ok ? success({ kind: "with", check: check.value }) : check;
  },
  ">": (rest, line) => readRequest(rest, line),
  ">>": () => failure("> and a whole line: a request is expected here, and not sent"),
  "<": (rest) => readBytes(rest, "\r\n"),
  "<<": (rest) => (rest === "" ? failure("text to send") : readBytes(rest, "")),
  maybe: (rest) => readRequestLine(rest, true) ?? failure("maybe METHOD /TARGET [HTTP/1.1]"),
  gets: (rest) => readGets(rest),
  fails: (rest) =>
    rest === ""
      ? success({ kind: "result", choices: [{ kind: "fails" }] })
      : failure("nothing after the word"),
  repeat: (rest) => {
    const count = /^\d{1,4}$/u.test(rest) ? Number(rest) : 0;
    if (count < 1 || count > repeatsMax) return failure(`repeat COUNT, from 1 to ${repeatsMax}`);
    return success({ kind: "repeat", count });
  },
};

/** Whether `text` begins with the marker or the keyword of a statement. */
export function beginsClientStatement(text: string): boolean {
  return Object.hasOwn(clientReaders, text.split(" ", 1)[0] ?? "") || beginsStatement(text);
}

/** Parses a line without its indentation. Fails with what was expected. */
export function readClientStatement(text: string, line: number): Result<ClientStatement, string> {
  const space = text.indexOf(" ");
  const keyword = space === -1 ? text : text.slice(0, space);
  const reader = Object.hasOwn(clientReaders, keyword) ? clientReaders[keyword] : undefined;
  if (reader === undefined) return readShared(text, line, keyword);
  if (/\s$/u.test(text)) return failure("no space at the end of the line; write \\x20");
  return reader(space === -1 ? "" : text.slice(space + 1), line);
}

/** A statement that means the same in both kinds of scripts. */
function readShared(text: string, line: number, keyword: string): Result<ClientStatement, string> {
  const statement = readStatement(text, line);
  if (!statement.ok) return statement;
  const { value } = statement;
  switch (value.kind) {
    case "continue":
    case "field":
    case "body":
    case "save":
    case "send":
    case "content":
    case "within":
      return success(value);
    case "setting":
      if (value.setting.kind === "client" || value.setting.kind === "uncut") return success(value);
      return failure(`no ${keyword}: this script tests a client, and needs no server`);
    case "step":
      if (isShared(value.step)) return success({ kind: "step", step: value.step });
      return failure(`no ${keyword} in a script that tests a client`);
    default:
      return failure(`no ${keyword} in a script that tests a client`);
  }
}

function isShared(step: PlainStep): step is Exclude<SharedStep, { kind: "send" }> {
  return step.kind !== "maybe";
}

function readAsk(rest: string): Result<ClientStatement, string> {
  const match = /^([A-Z]{1,20}) (\/\S*)$/u.exec(rest);
  const target = readTemplate(match?.[2] ?? "");
  if (match === null) return failure("ask METHOD /TARGET");
  return target.ok
    ? success({ kind: "ask", method: match[1] ?? "", target: target.value })
    : target;
}

/** `> GET /a HTTP/1.1`, `> Name: value` or `> Name ~ regex`. */
function readRequest(rest: string, line: number): Result<ClientStatement, string> {
  const requestLine = readRequestLine(rest, false);
  if (requestLine !== undefined) return requestLine;
  const check = readFieldCheck(rest, line);
  if (check === undefined) {
    return failure("> METHOD /TARGET [HTTP/1.1], > Name: value or > Name ~ regex");
  }
  return check.ok ? success({ kind: "field", check: check.value }) : check;
}

function readRequestLine(
  rest: string,
  optional: boolean,
): Result<ClientStatement, string> | undefined {
  const match = /^([A-Z]{1,20}(?: or [A-Z]{1,20})*) (\S+)(?: (HTTP\/1\.[01]))?$/u.exec(rest);
  if (match === null) return undefined;
  const target = readTemplate(match[2] ?? "");
  if (!target.ok) return target;
  const methods = (match[1] ?? "").split(" or ");
  const version = match[3] === undefined ? {} : { version: match[3] };
  const requestLine = { methods, target: target.value, ...version };
  return success({ kind: "request", requestLine, optional });
}

function readBytes(rest: string, ending: string): Result<ClientStatement, string> {
  const sent = readSend(rest, ending);
  if (!sent.ok) return sent;
  const statement = sent.value;
  return statement.kind === "send" ? success(statement) : failure("text to send");
}

/** `gets 200`, `gets 2xx or 304 or fails`. */
function readGets(rest: string): Result<ClientStatement, string> {
  const choices: ResultChoice[] = [];
  for (const choice of rest.split(" or ")) {
    if (/^[1-9]\d\d$/u.test(choice)) choices.push({ kind: "status", status: Number(choice) });
    else if (/^[1-9]xx$/u.test(choice)) choices.push({ kind: "class", class: Number(choice[0]) });
    else if (choice === "fails") choices.push({ kind: "fails" });
    else return failure(`a status, a class like 2xx, or fails, and not "${choice}"`);
  }
  if (choices.every(({ kind }) => kind === "fails")) return failure("a status among the choices");
  return success({ kind: "result", choices });
}
