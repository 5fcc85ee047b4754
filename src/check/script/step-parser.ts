/**
 * The statements of a script that make its tree and the steps of its phases, in the order in which
 * they may follow each other: what a line continues (a file's content, a block to send, a
 * response), what has to stand before it, and what a phase needs. `statement.ts` parses a line.
 */

import { concatBytes } from "../../http/octets/bytes.ts";
import { capturesOf, joinTemplates, literalBytes } from "./escape.ts";
import type { PhaseHeading } from "./heading.ts";
import type {
  BodyCheck,
  FileEntry,
  OwnStrength,
  Phase,
  ResponseStep,
  SendPart,
  Step,
  Template,
  TreeChange,
  TreeEntry,
} from "./script.ts";
import type { PlainStep, Statement } from "./statement.ts";

/** Any statement but a setting. */
type StepStatement = Exclude<Statement, { kind: "setting" }>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A response step while its expectations are being parsed. */
type OpenResponse = Writable<ResponseStep> & {
  fields: ResponseStep["fields"][number][];
  body: BodyCheck[];
  saves: ResponseStep["saves"][number][];
};

/** A phase while its steps are being parsed. */
interface OpenPhase extends Omit<Phase, "steps" | "continues"> {
  continues: boolean;
  steps: Step[];
}

/** The statement that the next line may continue. */
type Open =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "file";
      readonly texts: Uint8Array[];
      readonly finish: (c: Uint8Array) => void;
    }
  | { readonly kind: "send"; readonly parts: SendPart[] }
  | { readonly kind: "response"; readonly response: OpenResponse; readonly exact: ExactBody };

/** The `|` lines of a response, and the line number of the first. */
interface ExactBody {
  line: number;
  own: { own?: OwnStrength };
  readonly texts: Template[];
}

const nothing: Open = { kind: "nothing" };

/** Gathers tree and phases. `fault` is told of each line that can't stand where it stands. */
export class StepParser {
  readonly #fault: (line: number, expected: string) => void;
  #open: Open = nothing;
  #within: { readonly line: number; readonly ms: number } | undefined;
  /** The strength of the expectation that comes next. */
  #own: { readonly line: number; readonly own: OwnStrength } | undefined;

  readonly #tree: TreeEntry[] = [];
  readonly #phases: OpenPhase[] = [];
  readonly #saved = new Set<string>();
  readonly #paths = new Map<string, TreeChange["kind"]>();

  constructor(fault: (line: number, expected: string) => void) {
    this.#fault = fault;
  }

  get tree(): readonly TreeEntry[] {
    return this.#tree;
  }

  get phases(): readonly Phase[] {
    return this.#phases;
  }

  /** Begins a phase. The one before has to be ended. */
  begin(line: number, heading: PhaseHeading): void {
    this.#phases.push({ line, ...heading, continues: false, steps: [] });
  }

  /** Ends the phase. `sound` is asked whether no line from the given one on had a fault. */
  end(sound: (begin: number) => boolean): void {
    this.#weighNothing();
    this.close();
    const phase = this.#phases.at(-1);
    if (phase === undefined) return;
    if (this.#within !== undefined) {
      this.#fault(this.#within.line, "a response, closed or reset after within");
      this.#within = undefined;
    }
    if (!sound(phase.line)) return;
    const acts = phase.steps.some((step) => actions.has(step.kind));
    const expects = phase.steps.some((step) => expectations.has(step.kind));
    if (!acts) this.#fault(phase.line, "something sent in this phase, or a connection opened");
    if (!expects) this.#fault(phase.line, "something expected in this phase");
  }

  take(statement: StepStatement, line: number): void {
    if (!canBeWeighed(statement)) this.#weighNothing();
    switch (statement.kind) {
      case "change":
        return this.#change(statement.change);
      case "content":
        return this.#content(statement.text, line);
      case "continue":
        return this.#continue(line);
      default:
    }
    const phase = this.#phases.at(-1);
    if (phase === undefined) return this.#fault(line, "a phase (## …) before this statement");
    switch (statement.kind) {
      case "send":
        return this.#send(phase, statement.part, line);
      case "status":
        return this.#response(phase, statement, line);
      case "within":
        this.close();
        this.#within = { line, ms: statement.ms };
        return;
      case "own":
        this.#own = { line, own: statement.own };
        return;
      case "step":
        return this.#step(phase, statement.step, line);
      case "field":
      case "body":
      case "body-none":
      case "decoded":
      case "save":
        return this.#check(statement, line);
    }
  }

  #continue(line: number): void {
    const phase = this.#phases.at(-1);
    if (phase === undefined || this.#phases.length < 2) {
      return this.#fault(line, "continue only where a phase stands before");
    }
    if (phase.steps.length > 0) return this.#fault(line, "continue first in its phase");
    phase.continues = true;
  }

  /** A tree statement. Before the first phase it declares an entry, in a phase it changes one. */
  #change(change: TreeChange): void {
    this.close();
    const phase = this.#phases.at(-1);
    if (phase === undefined) {
      if (change.kind === "chmod" || change.kind === "remove") {
        return this.#fault(change.line, `${change.kind} only in a phase`);
      }
      if (this.#paths.has(change.path)) return this.#fault(change.line, "each path once");
      const at = this.#tree.push(change) - 1;
      this.#openFile(change, (file) => (this.#tree[at] = file));
    } else {
      if (this.#within !== undefined) this.#fault(change.line, "a response after within");
      const { line } = change;
      const at = phase.steps.push({ kind: "change", line, change }) - 1;
      this.#openFile(change, (file) => (phase.steps[at] = { kind: "change", line, change: file }));
    }
    if (change.kind !== "chmod" && change.kind !== "remove") {
      this.#paths.set(change.path, change.kind);
    }
  }

  #openFile(change: TreeChange, replace: (file: FileEntry) => void): void {
    if (change.kind !== "file" || change.content.kind !== "bytes") return;
    this.#open = {
      kind: "file",
      texts: [],
      finish: (octets) => replace({ ...change, content: { kind: "bytes", bytes: octets } }),
    };
  }

  #content(text: Template, line: number): void {
    if (this.#open.kind === "file") {
      this.#weighNothing();
      const octets = literalBytes(text);
      if (!octets.ok) return this.#fault(line, octets.error);
      this.#open.texts.push(octets.value);
      return;
    }
    if (this.#open.kind !== "response") {
      return this.#fault(line, "content only after a file or in a response");
    }
    const { exact } = this.#open;
    this.#needCaptures(text, line);
    if (exact.texts.length === 0) {
      exact.line = line;
      exact.own = this.#takeOwn();
    } else this.#weighNothing();
    exact.texts.push(text);
  }

  #send(phase: OpenPhase, part: SendPart, line: number): void {
    if (this.#within !== undefined) this.#fault(line, "a response, closed or reset after within");
    if (part.kind === "text") this.#needCaptures(part.text, line);
    if (this.#open.kind === "send") {
      this.#open.parts.push(part);
      return;
    }
    this.close();
    const parts = [part];
    phase.steps.push({ kind: "send", line, parts });
    this.#open = { kind: "send", parts };
  }

  #response(phase: OpenPhase, status: Statement & { kind: "status" }, line: number): void {
    this.close();
    const response: OpenResponse = {
      kind: "response",
      line,
      choices: status.choices,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...this.#takeWithin(),
      framing: "own",
      decoded: false,
      fields: [],
      body: [],
      saves: [],
    };
    phase.steps.push(response);
    this.#open = { kind: "response", response, exact: { line, own: {}, texts: [] } };
  }

  /** The strength that the line before gives to this expectation. */
  #takeOwn(): { own?: OwnStrength } {
    const given = this.#own;
    this.#own = undefined;
    return given === undefined ? {} : { own: given.own };
  }

  /** A strength has to stand right before an expectation that can have one. */
  #weighNothing(): void {
    if (this.#own === undefined) return;
    const { line, own } = this.#own;
    this.#own = undefined;
    this.#fault(line, `a check, open, closed, reset or silence right after ${own.strength}`);
  }

  #takeWithin(): { withinMs?: number } {
    const within = this.#within;
    this.#within = undefined;
    return within === undefined ? {} : { withinMs: within.ms };
  }

  #step(phase: OpenPhase, step: PlainStep, line: number): void {
    this.close();
    if (step.kind === "end") {
      phase.steps.push({ ...step, ...this.#takeWithin(), ...this.#takeOwn() });
      return;
    }
    if (this.#within !== undefined) {
      this.#fault(line, "a response, closed or reset after within");
      this.#within = undefined;
    }
    if (step.kind === "open" || step.kind === "silence") {
      phase.steps.push({ ...step, ...this.#takeOwn() });
    } else phase.steps.push(step);
  }

  #check(
    statement: Extract<Statement, { kind: "field" | "body" | "body-none" | "decoded" | "save" }>,
    line: number,
  ): void {
    if (this.#open.kind !== "response") {
      return this.#fault(line, "this right after a response's < STATUS, with nothing between");
    }
    const { response } = this.#open;
    switch (statement.kind) {
      case "field":
        if (statement.check.kind === "equals") this.#needCaptures(statement.check.value, line);
        response.fields.push({ ...statement.check, ...this.#takeOwn() });
        return;
      case "body":
        this.#bodyCheck(response, statement.check, line);
        return;
      case "body-none":
        response.framing = "none";
        return;
      case "decoded":
        response.decoded = true;
        return;
      case "save":
        this.#saved.add(statement.save.name);
        response.saves.push(statement.save);
        return;
    }
  }

  #bodyCheck(response: OpenResponse, check: BodyCheck, line: number): void {
    if (check.kind === "has" || check.kind === "lacks") this.#needCaptures(check.text, line);
    if (check.kind === "file" && this.#paths.get(check.path) !== "file") {
      return this.#fault(line, "a file of the tree, written before");
    }
    response.body.push({ ...check, ...this.#takeOwn() });
  }

  #needCaptures(template: Template, line: number): void {
    const unknown = capturesOf(template).find((name) => !this.#saved.has(name));
    if (unknown !== undefined) this.#fault(line, `save ${unknown} = … before {{${unknown}}}`);
  }

  /** Completes the statement that the previous lines continued. */
  close(): void {
    const open = this.#open;
    this.#open = nothing;
    if (open.kind === "file") open.finish(concatBytes(open.texts));
    if (open.kind !== "response") return;
    const { response, exact } = open;
    if (exact.texts.length > 0) {
      const text = joinTemplates(exact.texts);
      response.body.push({ kind: "exact", line: exact.line, text, ...exact.own });
    }
    if (response.framing === "none" && response.body.length > 0) {
      this.#fault(response.line, "body none, and nothing else of the body");
    }
  }
}

/** Whether a strength of its own may stand before it. */
function canBeWeighed(statement: StepStatement): boolean {
  if (statement.kind !== "step") return weighed.has(statement.kind);
  return weighedSteps.has(statement.step.kind);
}

const weighed: ReadonlySet<StepStatement["kind"]> = new Set(["field", "body", "content"]);

const weighedSteps: ReadonlySet<Step["kind"]> = new Set(["open", "end", "silence"]);

const actions: ReadonlySet<Step["kind"]> = new Set(["on", "send", "half-close", "close", "abort"]);

const expectations: ReadonlySet<Step["kind"]> = new Set(["response", "open", "end", "silence"]);
