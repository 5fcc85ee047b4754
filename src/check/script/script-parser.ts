/**
 * Parses the text of a `NAME.wire` into a `Script`, or into all faults with their lines.
 *
 * A script is a Markdown document: text at column 0 is prose and headings, and blocks indented by
 * four spaces contain statements. The parser reads line by line. `heading.ts` and `statement.ts`
 * parse a heading or a statement; `settings-parser.ts` and `step-parser.ts` check the order in
 * which statements may follow each other. A line that can't be parsed is a fault, and so is a
 * statement without its indentation. Fenced code blocks are faults, since their content would be
 * neither prose nor played.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { ClientStepParser } from "./client/client-step-parser.ts";
import { beginsClientStatement, readClientStatement } from "./client/client-statement.ts";
import { readPhaseHeading } from "./heading.ts";
import type { Script, ScriptFault } from "./script.ts";
import { SettingsParser } from "./settings-parser.ts";
import type { Setting } from "./statement.ts";
import { beginsStatement, readStatement } from "./statement.ts";
import { StepParser } from "./step-parser.ts";

/** The script in `text`, or all its faults. `file` is the path that messages show. */
export function parseScript(file: string, text: string): Result<Script, readonly ScriptFault[]> {
  const parser = new ScriptParser(file);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  lines.forEach((line, index) => parser.line(line, index + 1));
  return parser.end(lines.length);
}

class ScriptParser {
  readonly #file: string;
  readonly #faults: ScriptFault[] = [];
  #title: string | undefined;
  /** The line of the first statement. */
  #firstLine: number | undefined;
  #previous: "blank" | "prose" | "machine" = "blank";
  readonly #settings = new SettingsParser();
  readonly #steps = new StepParser((line, expected) => this.#fault(line, expected));
  /** Takes the place of `#steps` in a script that tests a client. */
  #clientSteps: ClientStepParser | undefined;
  readonly #proseByHeading = new Map<number, string[]>();
  /** The paragraphs of the heading whose last one the next line of prose continues. */
  #paragraph: string[] | undefined;

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
    this.#firstLine ??= line;
    this.#paragraph = undefined;
    if (this.#title === undefined) return this.#fault(line, "# TITLE before anything else");
    if (this.#clientSteps !== undefined) return this.#clientLine(text.slice(4), line);
    const statement = readStatement(text.slice(4), line);
    if (!statement.ok) return this.#fault(line, statement.error);
    if (statement.value.kind === "setting") this.#setting(statement.value.setting, line);
    else this.#steps.take(statement.value, line);
  }

  /** A line of a script that tests a client. */
  #clientLine(text: string, line: number): void {
    const statement = readClientStatement(text, line);
    if (!statement.ok) return this.#fault(line, statement.error);
    if (statement.value.kind === "setting") this.#setting(statement.value.setting, line);
    else this.#clientSteps?.take(statement.value, line);
  }

  /** What takes the phases: that of the client's script, or of a server's. */
  get #phases(): StepParser | ClientStepParser {
    return this.#clientSteps ?? this.#steps;
  }

  end(line: number): Result<Script, readonly ScriptFault[]> {
    this.#endPhase(line);
    if (this.#title === undefined) this.#fault(Math.max(line, 1), "# TITLE");
    else if (this.#phases.phases.length === 0) {
      this.#fault(Math.max(line, 1), "at least one phase: ## TITLE (REFERENCE, must|should|may)");
    }
    if (this.#faults.length > 0) return failure(this.#faults);
    return success({
      file: this.#file,
      title: this.#title ?? "",
      tree: this.#steps.tree,
      settings: this.#settings.end(),
      phases: this.#phases.phases,
      prose: this.#proseByHeading,
    });
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
    const unknown = { title: text, references: [], strength: "must" } as const;
    this.#phases.begin(line, heading.ok ? heading.value : unknown);
  }

  /** Whether an indented line is meant as a statement; a list in prose may continue indented. */
  #isStatement(start: string, line: number): boolean {
    const isClient = this.#clientSteps !== undefined;
    const read = isClient ? readClientStatement : readStatement;
    if (this.#previous === "prose") return read(start, line).ok;
    return isClient ? beginsClientStatement(start) : beginsStatement(start);
  }

  #paragraphLine(text: string): void {
    const heading = this.#phases.phases.at(-1)?.line ?? 0;
    const paragraphs = this.#proseByHeading.get(heading) ?? [];
    this.#proseByHeading.set(heading, paragraphs);
    if (this.#paragraph === paragraphs) paragraphs.push(`${paragraphs.pop() ?? ""} ${text}`);
    else paragraphs.push(text);
    this.#paragraph = paragraphs;
  }

  #endPhase(end: number): void {
    this.#paragraph = undefined;
    this.#phases.end((begin) => !this.#faults.some(({ line }) => line >= begin && line <= end));
  }

  #setting(setting: Setting, line: number): void {
    if (this.#phases.phases.length > 0) {
      return this.#fault(line, "settings before the first phase");
    }
    this.#phases.close();
    const expected = this.#settings.take(setting);
    if (expected !== undefined) this.#fault(line, expected);
    if (setting.kind !== "client") return;
    if (line !== this.#firstLine) this.#fault(line, "client before all other statements");
    this.#clientSteps ??= new ClientStepParser((at, wanted) => this.#fault(at, wanted));
  }
}
