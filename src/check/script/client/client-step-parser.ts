/**
 * The statements of a script that tests a client, in the order in which they may follow each other:
 * what a `|` line continues (the content to ask with, a request, bytes to send, a result), what has
 * to stand before a line, and what a phase needs. `client-statement.ts` parses a line.
 */

import { capturesOf, joinTemplates } from "../escape.ts";
import type { PhaseHeading } from "../heading.ts";
import type {
  AskStep,
  BodyCheck,
  ClientStep,
  FieldCheck,
  Phase,
  Save,
  SendPart,
  Template,
  TreeEntry,
} from "../script.ts";
import type { ClientStatement } from "./client-statement.ts";

/** Any statement but a setting. */
type StepStatement = Exclude<ClientStatement, { kind: "setting" }>;

/** A phase while its steps are being parsed. */
interface OpenPhase extends Omit<Phase, "clientSteps" | "continues"> {
  continues: boolean;
  clientSteps: ClientStep[];
}

/** Expectations of a request or of a result while they are being parsed. */
interface OpenChecks {
  readonly fields: FieldCheck[];
  readonly body: BodyCheck[];
  readonly saves: Save[];
}

/** The statement that the next line may continue. */
type Open =
  | { readonly kind: "nothing" }
  | { readonly kind: "ask"; readonly fields: { name: string; value: Template }[] }
  | { readonly kind: "send"; readonly parts: SendPart[] }
  | { readonly kind: "request" | "result"; readonly checks: OpenChecks };

/** The names that every script that tests a client can use without saving them. */
export const givenCaptures = { host: "host", otherHost: "other-host" } as const;

const nothing: Open = { kind: "nothing" };

/** Gathers the phases. `fault` is told of each line that can't stand where it stands. */
export class ClientStepParser {
  readonly tree: readonly TreeEntry[] = [];
  readonly #fault: (line: number, expected: string) => void;
  readonly #phases: OpenPhase[] = [];
  readonly #saved = new Set<string>(Object.values(givenCaptures));
  #open: Open = nothing;
  /** The `|` lines of what is open, and the line number of the first. */
  #texts: { line: number; texts: Template[] } = { line: 0, texts: [] };
  #within: { readonly line: number; readonly ms: number } | undefined;
  /** The line of an `ask` whose result is not stated yet. */
  #asked: number | undefined;

  constructor(fault: (line: number, expected: string) => void) {
    this.#fault = fault;
  }

  get phases(): readonly Phase[] {
    return this.#phases;
  }

  begin(line: number, heading: PhaseHeading): void {
    this.#phases.push({ line, ...heading, continues: false, steps: [], clientSteps: [] });
  }

  end(sound: (begin: number) => boolean): void {
    this.close();
    const phase = this.#phases.at(-1);
    if (phase === undefined) return;
    this.#nothingWithin();
    const asked = this.#asked;
    this.#asked = undefined;
    if (!sound(phase.line)) return;
    if (asked !== undefined) this.#fault(asked, "gets or fails after ask, in the same phase");
    if (phase.clientSteps.every(({ kind }) => kind !== "ask")) {
      this.#fault(phase.line, "ask METHOD /TARGET in this phase");
    }
  }

  take(statement: StepStatement, line: number): void {
    const phase = this.#phases.at(-1);
    if (phase === undefined) return this.#fault(line, "a phase (## …) before this statement");
    switch (statement.kind) {
      case "continue":
        return this.#continue(phase, line);
      case "ask":
        return this.#ask(phase, statement, line);
      case "with":
        return this.#with(statement.check, line);
      case "request":
        return this.#request(phase, statement, line);
      case "send":
        return this.#send(phase, statement.part, line);
      case "content":
        return this.#content(statement.text, line);
      case "field":
      case "body":
      case "save":
        return this.#check(statement, line);
      case "within":
        this.close();
        this.#within = { line, ms: statement.ms };
        return;
      case "result":
        return this.#result(phase, statement, line);
      case "repeat":
        return this.#repeat(phase, statement.count, line);
      case "step":
        this.close();
        if (statement.step.kind === "end") {
          phase.clientSteps.push({ ...statement.step, ...this.#takeWithin() });
          return;
        }
        this.#nothingWithin();
        phase.clientSteps.push(statement.step);
        return;
    }
  }

  #continue(phase: OpenPhase, line: number): void {
    if (this.#phases.length < 2) return this.#fault(line, "continue only after another phase");
    if (phase.clientSteps.length > 0) return this.#fault(line, "continue first in its phase");
    phase.continues = true;
  }

  #ask(phase: OpenPhase, { method, target }: Pick<AskStep, "method" | "target">, line: number) {
    this.close();
    this.#nothingWithin();
    if (this.#asked !== undefined) this.#fault(line, "gets or fails before the next ask");
    this.#asked = line;
    this.#needCaptures(target, line);
    const fields: { name: string; value: Template }[] = [];
    phase.clientSteps.push({ kind: "ask", line, method, target, fields });
    this.#open = { kind: "ask", fields };
  }

  /** A field to ask with, or one that the client has to have got. */
  #with(check: FieldCheck, line: number): void {
    if (check.kind === "equals") this.#needCaptures(check.value, line);
    if (this.#open.kind === "result") this.#open.checks.fields.push(check);
    else if (this.#open.kind !== "ask") this.#fault(line, "with right after ask or gets");
    else if (check.kind !== "equals") this.#fault(line, "with Name: value after ask");
    else this.#open.fields.push({ name: check.name, value: check.value });
  }

  #request(
    phase: OpenPhase,
    { requestLine, optional }: StepStatement & { kind: "request" },
    line: number,
  ): void {
    this.close();
    if (this.#asked === undefined) this.#fault(line, "ask before a request is expected");
    this.#needCaptures(requestLine.target, line);
    const checks = { fields: [], body: [], saves: [] };
    const within = this.#takeWithin();
    phase.clientSteps.push({ kind: "request", line, requestLine, optional, ...within, ...checks });
    this.#open = { kind: "request", checks };
  }

  #send(phase: OpenPhase, part: SendPart, line: number): void {
    this.#nothingWithin();
    if (part.kind === "text") this.#needCaptures(part.text, line);
    if (this.#open.kind !== "send") {
      this.close();
      const parts: SendPart[] = [];
      phase.clientSteps.push({ kind: "send", line, parts });
      this.#open = { kind: "send", parts };
    }
    this.#open.parts.push(part);
  }

  #content(text: Template, line: number): void {
    this.#needCaptures(text, line);
    if (this.#open.kind === "nothing") {
      return this.#fault(line, "content only after ask, a request, < or gets");
    }
    if (this.#open.kind === "send") this.#open.parts.push({ kind: "text", text });
    else {
      if (this.#texts.texts.length === 0) this.#texts.line = line;
      this.#texts.texts.push(text);
    }
  }

  #check(statement: StepStatement & { kind: "field" | "body" | "save" }, line: number): void {
    const open = this.#open;
    if (open.kind !== "request" && open.kind !== "result") {
      return this.#fault(line, "this right after > METHOD /TARGET or gets, with nothing between");
    }
    switch (statement.kind) {
      case "field":
        if (statement.check.kind === "equals") this.#needCaptures(statement.check.value, line);
        open.checks.fields.push(statement.check);
        return;
      case "body":
        this.#body(open.checks, statement.check, line);
        return;
      case "save":
        this.#saved.add(statement.save.name);
        open.checks.saves.push(statement.save);
        return;
    }
  }

  #body(checks: OpenChecks, check: BodyCheck, line: number): void {
    if (check.kind === "file") return this.#fault(line, "no body is: there is no tree");
    if (check.kind === "has" || check.kind === "lacks") this.#needCaptures(check.text, line);
    checks.body.push(check);
  }

  #result(phase: OpenPhase, { choices }: StepStatement & { kind: "result" }, line: number): void {
    this.close();
    if (this.#asked === undefined) this.#fault(line, "ask before its result");
    this.#asked = undefined;
    const checks = { fields: [], body: [], saves: [] };
    const within = this.#takeWithin();
    phase.clientSteps.push({ kind: "result", line, choices, ...within, ...checks });
    // What a failure has to be like is not stated.
    if (choices.some(({ kind }) => kind !== "fails")) this.#open = { kind: "result", checks };
  }

  #repeat(phase: OpenPhase, count: number, line: number): void {
    this.close();
    this.#nothingWithin();
    const from = phase.clientSteps.findLastIndex(({ kind }) => kind === "request");
    const steps = from === -1 ? [] : phase.clientSteps.slice(from);
    const [request, ...rest] = steps;
    if (request?.kind !== "request" || rest.length === 0 || this.#asked === undefined) {
      return this.#fault(line, "repeat after a request and what answers it");
    }
    const again = [{ ...request, optional: true }, ...rest];
    phase.clientSteps.push({ kind: "repeat", line, count, steps: again });
  }

  #takeWithin(): { withinMs?: number } {
    const within = this.#within;
    this.#within = undefined;
    return within === undefined ? {} : { withinMs: within.ms };
  }

  #nothingWithin(): void {
    if (this.#within === undefined) return;
    this.#fault(this.#within.line, "a request, a result, closed or reset after within");
    this.#within = undefined;
  }

  #needCaptures(template: Template, line: number): void {
    const unknown = capturesOf(template).find((name) => !this.#saved.has(name));
    if (unknown !== undefined) this.#fault(line, `save ${unknown} = … before {{${unknown}}}`);
  }

  /** Completes the statement that the previous lines continued. */
  close(): void {
    const open = this.#open;
    const { line, texts } = this.#texts;
    this.#open = nothing;
    this.#texts = { line: 0, texts: [] };
    if (texts.length === 0) return;
    const text = joinTemplates(texts);
    if (open.kind === "request" || open.kind === "result") {
      open.checks.body.push({ kind: "exact", line, text });
    }
    const steps = this.#phases.at(-1)?.clientSteps;
    const last = steps?.at(-1);
    if (open.kind === "ask" && last?.kind === "ask")
      steps?.splice(-1, 1, { ...last, content: text });
  }
}
