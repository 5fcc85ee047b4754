/**
 * Parses the text of a `NAME.wire` into a `Script`, or into all faults with their lines.
 *
 * A script is a Markdown document: text at column 0 is prose and headings, and blocks indented by
 * four spaces contain statements. The parser reads line by line. `heading.ts` and `statement.ts`
 * parse a heading or a statement; this file checks the order in which they may follow each other. A
 * line that can't be parsed is a fault, and so is a statement without its indentation. Fenced code
 * blocks are faults, since their content would be neither prose nor played.
 */

import { resolveLimits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { concatBytes } from "../../http/octets/bytes.ts";
import { capturesOf, joinTemplates, literalBytes } from "./escape.ts";
import { readPhaseHeading } from "./heading.ts";
import type {
  BodyCheck,
  FileEntry,
  Phase,
  ResponseStep,
  Script,
  ScriptFault,
  SendPart,
  Settings,
  Step,
  Template,
  TreeChange,
  TreeEntry,
} from "./script.ts";
import type { PlainStep, Setting, Statement } from "./statement.ts";
import { beginsStatement, readStatement } from "./statement.ts";

/** The script in `text`, or all its faults. `file` is the path that messages show. */
export function parseScript(file: string, text: string): Result<Script, readonly ScriptFault[]> {
  const parser = new ScriptParser(file);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  lines.forEach((line, index) => parser.line(line, index + 1));
  return parser.end(lines.length);
}

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
  readonly texts: Template[];
}

const nothing: Open = { kind: "nothing" };

class ScriptParser {
  readonly #file: string;
  readonly #faults: ScriptFault[] = [];
  #title: string | undefined;
  #previous: "blank" | "prose" | "machine" = "blank";
  #open: Open = nothing;
  #within: { readonly line: number; readonly ms: number } | undefined;

  readonly #tree: TreeEntry[] = [];
  readonly #serverArguments: string[] = [];
  readonly #limits: Record<string, number> = {};
  readonly #hosts: string[] = [];
  #alone = false;
  #cleartext = false;
  #stateful = false;
  #uncutReason: string | undefined;

  readonly #phases: OpenPhase[] = [];
  readonly #proseByHeading = new Map<number, string[]>();
  /** The paragraphs of the heading whose last one the next line of prose continues. */
  #paragraph: string[] | undefined;
  readonly #saved = new Set<string>();
  readonly #paths = new Map<string, TreeChange["kind"]>();

  constructor(file: string) {
    this.#file = file;
  }

  line(text: string, line: number): void {
    if (text.trim() === "") {
      this.#previous = "blank";
      this.#paragraph = undefined;
      if (text.endsWith("\r")) this.#fault(line, "lines that end in LF alone");
      return;
    }
    if (text.endsWith("\r")) return this.#fault(line, "lines that end in LF alone");
    if (!text.startsWith("    ")) {
      this.#prose(text, line);
      this.#previous = text.startsWith("#") ? "blank" : "prose";
      return;
    }
    if (this.#previous === "prose") {
      this.#fault(line, "an empty line between prose and an indented block");
    }
    this.#previous = "machine";
    this.#paragraph = undefined;
    if (this.#title === undefined) return this.#fault(line, "# TITLE before anything else");
    const statement = readStatement(text.slice(4), line);
    if (!statement.ok) return this.#fault(line, statement.error);
    this.#statement(statement.value, line);
  }

  end(line: number): Result<Script, readonly ScriptFault[]> {
    this.#endPhase(line);
    if (this.#title === undefined) this.#fault(Math.max(line, 1), "# TITLE");
    else if (this.#phases.length === 0) {
      this.#fault(Math.max(line, 1), "at least one phase: ## TITLE (REFERENCE, must|should|may)");
    }
    if (this.#faults.length > 0) return failure(this.#faults);
    return success({
      file: this.#file,
      title: this.#title ?? "",
      tree: this.#tree,
      settings: this.#settings(),
      phases: this.#phases,
      prose: this.#proseByHeading,
    });
  }

  #settings(): Settings {
    return {
      serverArguments: this.#serverArguments,
      limits: this.#limits,
      hosts: this.#hosts,
      alone: this.#alone,
      cleartext: this.#cleartext,
      stateful: this.#stateful,
      ...(this.#uncutReason === undefined ? {} : { uncutReason: this.#uncutReason }),
    };
  }

  #fault(line: number, expected: string): void {
    this.#faults.push({ file: this.#file, line, expected });
  }

  #prose(text: string, line: number): void {
    const start = text.trimStart();
    if (text.startsWith("\t")) return this.#fault(line, "four spaces, and not a tab");
    if (/^[><|]/u.test(start)) return this.#fault(line, `four spaces before ${start[0]}`);
    if (start !== text && this.#isStatement(start, line)) {
      return this.#fault(line, `four spaces before ${start.split(" ", 1)[0]}`);
    }
    if (/^(?:```|~~~)/u.test(start)) {
      return this.#fault(line, "blocks indented by four spaces, and no fences");
    }
    if (text.startsWith("# ")) {
      if (this.#title !== undefined) return this.#fault(line, "one # TITLE");
      this.#title = text.slice(2).trim();
      return;
    }
    if (this.#title === undefined) return this.#fault(line, "# TITLE before anything else");
    if (!/^##(?!#)/u.test(text)) return this.#paragraphLine(text.trim());
    this.#endPhase(line);
    const heading = readPhaseHeading(text);
    if (!heading.ok) this.#fault(line, heading.error);
    const { title, references, strength } = heading.ok
      ? heading.value
      : { title: text, references: [], strength: "must" as const };
    this.#phases.push({ line, title, references, strength, continues: false, steps: [] });
  }

  /** Whether an indented line is meant as a statement; a list in prose may continue indented. */
  #isStatement(start: string, line: number): boolean {
    if (this.#previous === "prose") return readStatement(start, line).ok;
    return beginsStatement(start);
  }

  #paragraphLine(text: string): void {
    const heading = this.#phases.at(-1)?.line ?? 0;
    const paragraphs = this.#proseByHeading.get(heading) ?? [];
    this.#proseByHeading.set(heading, paragraphs);
    if (this.#paragraph === paragraphs) paragraphs.push(`${paragraphs.pop() ?? ""} ${text}`);
    else paragraphs.push(text);
    this.#paragraph = paragraphs;
  }

  #endPhase(line: number): void {
    this.#close();
    this.#paragraph = undefined;
    const phase = this.#phases.at(-1);
    if (phase === undefined) return;
    if (this.#within !== undefined) {
      this.#fault(this.#within.line, "a response, closed or reset after within");
      this.#within = undefined;
    }
    if (this.#faults.some((fault) => fault.line >= phase.line && fault.line <= line)) return;
    const acts = phase.steps.some((step) => actions.has(step.kind));
    const expects = phase.steps.some((step) => expectations.has(step.kind));
    if (!acts) this.#fault(phase.line, "something sent in this phase, or a connection opened");
    if (!expects) this.#fault(phase.line, "something expected in this phase");
  }

  #statement(statement: Statement, line: number): void {
    switch (statement.kind) {
      case "setting":
        return this.#setting(statement.setting, line);
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
        this.#close();
        this.#within = { line, ms: statement.ms };
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

  #setting(setting: Setting, line: number): void {
    if (this.#phases.length > 0) return this.#fault(line, "settings before the first phase");
    this.#close();
    switch (setting.kind) {
      case "server":
        this.#serverArguments.push(...setting.words);
        return;
      case "limit": {
        this.#limits[setting.name] = setting.value;
        const limits = resolveLimits(this.#limits);
        if (!limits.ok) this.#fault(line, `${limits.error.limit}: ${limits.error.expected}`);
        return;
      }
      case "hosts":
        this.#hosts.push(...setting.names);
        return;
      case "alone":
        this.#alone = true;
        return;
      case "cleartext":
        this.#cleartext = true;
        return;
      case "stateful":
        this.#stateful = true;
        return;
      case "uncut":
        this.#uncutReason = setting.reason;
        return;
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
    this.#close();
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
    if (exact.texts.length === 0) exact.line = line;
    exact.texts.push(text);
  }

  #send(phase: OpenPhase, part: SendPart, line: number): void {
    if (this.#within !== undefined) this.#fault(line, "a response, closed or reset after within");
    if (part.kind === "text") this.#needCaptures(part.text, line);
    if (this.#open.kind === "send") {
      this.#open.parts.push(part);
      return;
    }
    this.#close();
    const parts = [part];
    phase.steps.push({ kind: "send", line, parts });
    this.#open = { kind: "send", parts };
  }

  #response(phase: OpenPhase, status: Statement & { kind: "status" }, line: number): void {
    this.#close();
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
    this.#open = { kind: "response", response, exact: { line, texts: [] } };
  }

  #takeWithin(): { withinMs?: number } {
    const within = this.#within;
    this.#within = undefined;
    return within === undefined ? {} : { withinMs: within.ms };
  }

  #step(phase: OpenPhase, step: PlainStep, line: number): void {
    this.#close();
    if (step.kind === "end") {
      phase.steps.push({ ...step, ...this.#takeWithin() });
      return;
    }
    if (this.#within !== undefined) {
      this.#fault(line, "a response, closed or reset after within");
      this.#within = undefined;
    }
    phase.steps.push(step);
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
        response.fields.push(statement.check);
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
    response.body.push(check);
  }

  #needCaptures(template: Template, line: number): void {
    const unknown = capturesOf(template).find((name) => !this.#saved.has(name));
    if (unknown !== undefined) this.#fault(line, `save ${unknown} = … before {{${unknown}}}`);
  }

  /** Completes the statement that the previous lines continued. */
  #close(): void {
    const open = this.#open;
    this.#open = nothing;
    if (open.kind === "file") open.finish(concatBytes(open.texts));
    if (open.kind !== "response") return;
    const { response, exact } = open;
    if (exact.texts.length > 0) {
      const text = joinTemplates(exact.texts);
      response.body.push({ kind: "exact", line: exact.line, text });
    }
    if (response.framing === "none" && response.body.length > 0) {
      this.#fault(response.line, "body none, and nothing else of the body");
    }
  }
}

const actions: ReadonlySet<Step["kind"]> = new Set(["on", "send", "half-close", "close", "abort"]);

const expectations: ReadonlySet<Step["kind"]> = new Set(["response", "open", "end", "silence"]);
