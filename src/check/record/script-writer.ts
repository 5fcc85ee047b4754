/**
 * Makes a script of recorded phases, as a person would write it.
 *
 * The phases stand in the order in which they began. Those that share a connection are a run, whose
 * connections `continue`; where several connections are open at one time, each phase says which one
 * it is `on`. A connection on which nothing was sent while much was on others is opened anew: a
 * replay that sends byte by byte takes so long for it that the server would close it.
 *
 * What depended on a credential may be answered otherwise when it is played: it is a `may`, and
 * stands in a run of its own, so that the rest holds without it.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";
import type { Edit } from "./blanking.ts";
import { blanked, isVeiled, Secrets } from "./blanking.ts";
import { fieldValues } from "../play/response-reader.ts";
import { Captures } from "./captures.ts";
import { expectation } from "./expected-response.ts";
import type { RecordedPhase, RecordedResponse, RecordedStep, RequestMessage } from "./recorded.ts";
import { editedOctets, isShortText, paragraph, sendLines, titleText } from "./wire-text.ts";

/** A script, and the files beside it by their path. */
interface WrittenScript {
  /** Undefined where no phase can be played. */
  readonly text: string | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly phases: number;
  /** What stands in no script, with the reason. */
  readonly leftOut: readonly string[];
}

interface WriterOptions {
  /** Whose answers these are, in words. */
  readonly source: string;
  readonly date: Date;
  /** The folder of the files beside the script, relative to it. */
  readonly bodies: string;
  readonly secrets: Secrets;
  /** What was left out before, and has not been told yet. */
  readonly leftOut: readonly string[];
}

const { idleBytesMax, opaqueBytesMax, phaseSecretsMax, promptTimeMs } = checkLimits;
/** A play waits for as many times as long as the recording did. */
const patienceFactor = 2;

/** A phase that can be played. */
interface PlayablePhase extends RecordedPhase {
  readonly edits: ReadonlyMap<RequestMessage, readonly Edit[]>;
  readonly names: readonly string[];
  /** Whether its answer may be another one when it is played. */
  readonly isDoubtful: boolean;
}

/** Whether `method` changes nothing on a server (RFC 9110 §9.2.1). */
export function isSafe(method: string): boolean {
  return ["GET", "HEAD", "OPTIONS", "TRACE"].includes(method);
}

/** The script of `phases`. */
export function writeScript(
  phases: readonly RecordedPhase[],
  options: WriterOptions,
): WrittenScript {
  const files = new FilesBeside(options.bodies);
  const captures = new Captures();
  const { secrets } = options;
  const leftOut = [...options.leftOut];
  // What is blanked in one request may stand in an earlier one, too.
  for (const { messages } of phases) for (const one of messages) blanked(one, secrets, []);
  const playable: PlayablePhase[] = [];
  for (const phase of phases.toSorted((a, b) => a.order - b.order)) {
    const prepared = prepare(phase, captures, secrets);
    const reason = reasonToLeaveOut(phase);
    if (reason === undefined) playable.push(prepared);
    else leftOut.push(`${requestsText(prepared).replace(/,$/u, "")}: ${reason}`);
    if (reason === undefined) noteAnswers(prepared, captures);
  }
  if (playable.length === 0) return { text: undefined, files: new Map(), phases: 0, leftOut };
  const writer = new ScriptText(playable, captures, secrets, files);
  const text = writer.text(options, leftOut);
  return { text, files: files.content, phases: playable.length, leftOut: [] };
}

function reasonToLeaveOut({ leftOut, messages, steps }: RecordedPhase): string | undefined {
  if (leftOut !== undefined) return leftOut;
  if (messages.some(isVeiled)) return "its body is compressed, and could have credentials in it";
  const answers = steps.some(({ kind }) => kind === "response" || kind === "end");
  return answers ? undefined : "nothing came back";
}

function prepare(phase: RecordedPhase, captures: Captures, secrets: Secrets): PlayablePhase {
  const edits = new Map<RequestMessage, readonly Edit[]>();
  const names = new Set<string>();
  let isDoubtful = false;
  for (const message of phase.messages) {
    const used = phase.leftOut === undefined ? captures.usedBy(message) : undefined;
    const blank = blanked(message, secrets, used?.edits ?? []);
    edits.set(message, blank.edits);
    for (const name of blank.names) names.add(name);
    isDoubtful ||= used?.isDoubtful === true || blank.names.length > 0;
  }
  return { ...phase, edits, names: [...names], isDoubtful };
}

function noteAnswers({ steps, isDoubtful }: PlayablePhase, captures: Captures): void {
  for (const step of steps) {
    if (step.kind !== "response") continue;
    captures.answered(step.response, step.request?.head?.target ?? "", isDoubtful);
  }
}

/** The target of `message` as the script may show it. */
function shownTarget(message: RequestMessage, edits: readonly Edit[]): string {
  const { head, octets } = message;
  if (head === undefined) return "";
  const { target, targetStart } = head;
  return titleText(
    latin1Text(editedOctets(octets, targetStart, targetStart + target.length, edits)),
  );
}

/** The requests of a phase in words: "GET /a and GET /b". */
function requestsText({ messages, edits }: PlayablePhase): string {
  const all = messages.map((message) => {
    const { head, isComplete } = message;
    if (head === undefined) return "what is no request";
    const what = `${head.method} ${shownTarget(message, edits.get(message) ?? [])}`;
    return isComplete ? what : `${what}, not all of it,`;
  });
  if (all.length === 0) return "nothing";
  if (all.length > 3) return `${all[0]} and ${all.length - 1} more requests, sent together,`;
  return all.length === 1 ? (all[0] ?? "") : `${all.join(" and ")}, sent together,`;
}

function titleOf(phase: PlayablePhase): string {
  const statuses = phase.steps.flatMap((step) =>
    step.kind === "response" && !(step.response.status < 200 && step.response.status !== 101)
      ? [String(step.response.status)]
      : [],
  );
  const requests = requestsText(phase);
  const subject = `${requests.slice(0, 1).toUpperCase()}${requests.slice(1)}`;
  if (statuses.length === 0) return `${subject} gets no answer, and the connection ends`;
  const verb = phase.messages.length > 1 ? "get" : "gets";
  const distinct = [...new Set(statuses)];
  return `${subject} ${verb} ${(distinct.length === 1 ? distinct : statuses).join(" and ")}`;
}

/** The files beside a script, each content once. */
class FilesBeside {
  readonly content = new Map<string, Uint8Array>();
  readonly #folder: string;
  readonly #pathByDigest = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Keeps `octets`, the body of `response` or of a request, in a file that is called after
   * `target`; answers with its path.
   */
  keep(octets: Uint8Array, target: string, response?: RecordedResponse): string {
    const digest = new Bun.CryptoHasher("sha256").update(octets).digest("hex");
    const known = this.#pathByDigest.get(digest);
    if (known !== undefined) return known;
    const name = fileName(target);
    const path = this.#free(
      response === undefined ? `sent-${name}` : withExtension(name, response),
    );
    this.#pathByDigest.set(digest, path);
    this.content.set(path, octets);
    return path;
  }

  #free(name: string): string {
    const dot = name.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    for (let count = 1; ; count++) {
      const path = `${this.#folder}/${stem}${count === 1 ? "" : `-${count}`}${extension}`;
      if (!this.content.has(path)) return path;
    }
  }
}

/** Extensions by which editors know what a file without one is. */
const extensions: Readonly<Record<string, string>> = {
  "text/html": ".html",
  "text/plain": ".txt",
  "text/css": ".css",
  "text/javascript": ".js",
  "application/json": ".json",
  "application/xml": ".xml",
  "image/svg+xml": ".svg",
};

function withExtension(name: string, { fields }: RecordedResponse): string {
  if (/\.\w+$/u.test(name)) return name;
  const [type = ""] = fieldValues(fields, "Content-Type").join().split(/[;\s]/u);
  return `${name}${extensions[type.toLowerCase()] ?? ""}`;
}

/** A name of a file for what `target` leads to: its last segment, of plain characters. */
export function fileName(target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/]*/iu, "").replace(/[?#].*$/su, "");
  const segment = path.split("/").findLast((one) => one !== "") ?? "";
  const plain = segment.replace(/[^A-Za-z0-9._-]+/gu, "-").replace(/^[.-]+/u, "");
  const name = plain.slice(-checkLimits.fileNameCharsMax).replace(/^[.-]+/u, "") || "index";
  // A file of this name would be played.
  return name.endsWith(".wire") ? `${name}.txt` : name;
}

/** The text of one script. */
class ScriptText {
  readonly #phases: readonly PlayablePhase[];
  readonly #captures: Captures;
  readonly #secrets: Secrets;
  readonly #files: FilesBeside;
  /** Whether the bytes may not be cut, for these reasons. */
  readonly #uncut = new Set<string>();

  constructor(
    phases: readonly PlayablePhase[],
    captures: Captures,
    secrets: Secrets,
    files: FilesBeside,
  ) {
    this.#phases = phases;
    this.#captures = captures;
    this.#secrets = secrets;
    this.#files = files;
  }

  text({ source, date }: WriterOptions, leftOut: readonly string[]): string {
    const phases = runsOf(withFreshConnections(this.#phases)).flatMap((run) => this.#run(run));
    const methods = this.#phases.flatMap(({ messages }) =>
      messages.map(({ head }) => head?.method ?? "GET"),
    );
    if (!methods.every(isSafe)) this.#uncut.add("it may change something on the server");
    const day = date.toISOString().slice(0, 10);
    const about = `What ${source} answered on ${day}.`;
    const left = leftOut.map((what) => `Left out, ${what}.`);
    const prose = [about, ...left].flatMap((one) => paragraph(one));
    const settings = this.#uncut.size === 0 ? [] : ["", `    uncut ${[...this.#uncut].join(", ")}`];
    return [`# ${this.#title()}`, ...prose, ...settings, ...phases, ""].join("\n");
  }

  #title(): string {
    const [first] = this.#phases;
    const requests = first === undefined ? "" : requestsText(first).replace(/,$/u, "");
    const subject = `${requests.slice(0, 1).toUpperCase()}${requests.slice(1)}`;
    const more = this.#phases.length - 1;
    if (more === 0) return subject;
    return `${subject}, and ${more} more ${more === 1 ? "exchange" : "exchanges"}`;
  }

  #run(run: readonly PlayablePhase[]): readonly string[] {
    const connections = [...new Set(run.map(({ connection }) => connection))];
    return run.flatMap((phase, index) => {
      const name = connections.length > 1 ? `c${connections.indexOf(phase.connection) + 1}` : "";
      const way = [...(index > 0 ? ["continue"] : []), ...(name === "" ? [] : [`on ${name}`])];
      return this.#phase(phase, way);
    });
  }

  #phase(phase: PlayablePhase, way: readonly string[]): readonly string[] {
    const notes: string[] = [];
    const { names, isDoubtful } = phase;
    if (names.length > 0) {
      notes.push(
        `Blanked: ${names.join(", ")}. ` +
          "The answer is the one to the request as it was, so another one is no failure.",
      );
    } else if (isDoubtful) {
      notes.push("It uses what the answer to a blanked request gave.");
    }
    const lines = [...way, ...phase.steps.flatMap((step) => this.#step(step, phase, notes))];
    const strength = isDoubtful ? "may" : "must";
    const prose = notes.flatMap((note) => paragraph(note));
    const heading = `## ${titleOf(phase)} (recorded, ${strength})`;
    return ["", heading, ...prose, "", ...lines.map((line) => `    ${line}`)];
  }

  #step(step: RecordedStep, phase: PlayablePhase, notes: string[]): readonly string[] {
    switch (step.kind) {
      case "send":
        return this.#send(step, phase.edits.get(step.message) ?? []);
      case "half-close":
        return ["half-close"];
      case "leave":
        notes.push(
          "The connection is a tunnel from here on, and what passed in it isn't recorded.",
        );
        return ["abort"];
      case "end":
        return [...this.#within(step.waitMs), step.ends.join(" or ")];
      case "response": {
        const { response, request, waitMs, isOptional } = step;
        if (isOptional) return [`maybe ${response.status}`];
        const target = request?.head?.target ?? "";
        const expected = expectation(response, {
          captures: this.#captures,
          secrets: this.#secretsOf(phase),
          target,
          keep: (octets) => this.#files.keep(octets, target, response),
        });
        notes.push(...expected.notes);
        return [...this.#within(waitMs), ...expected.lines];
      }
    }
  }

  /** The credentials that may not be in an answer: those of the phase itself however short. */
  #secretsOf({ edits }: PlayablePhase): Pick<Secrets, "areIn"> {
    const own = new Secrets(phaseSecretsMax, 1);
    for (const [{ octets }, all] of edits) {
      for (const { start, end, by } of all) {
        if (by instanceof Uint8Array) own.add(latin1Text(octets, start, end));
      }
    }
    return { areIn: (view) => own.areIn(view) || this.#secrets.areIn(view) };
  }

  #within(waitMs: number): readonly string[] {
    if (waitMs <= promptTimeMs) return [];
    this.#uncut.add("it waits for the server's deadlines");
    return [`within ${Math.ceil((waitMs * patienceFactor) / 1000)}s`];
  }

  #send(step: RecordedStep & { kind: "send" }, edits: readonly Edit[]): readonly string[] {
    const { message, start, end } = step;
    const { octets, head } = message;
    const headEnd = head === undefined && end - start <= opaqueBytesMax ? end : head?.headBytes;
    const between = Math.min(Math.max(headEnd ?? start, start), end);
    const lines = sendLines(octets, start, between, edits);
    if (between === end) return lines;
    const body = editedOctets(octets, between, end, edits);
    if (isShortText(body)) return [...lines, ...sendLines(octets, between, end, edits)];
    const path = this.#files.keep(body, head?.target ?? "");
    return [...lines, `send ./${path}`];
  }
}

/** The octets that a phase sends. */
function sentBytes({ steps }: RecordedPhase): number {
  return steps.reduce((sum, step) => sum + (step.kind === "send" ? step.end - step.start : 0), 0);
}

/** The phases, with another connection where one was idle for too long. */
function withFreshConnections(phases: readonly PlayablePhase[]): readonly PlayablePhase[] {
  const known = new Map<number, { readonly name: number; readonly sentBefore: number }>();
  let sent = 0;
  let names = 0;
  const renamed: PlayablePhase[] = [];
  for (const phase of phases) {
    const last = known.get(phase.connection);
    const isIdle = last === undefined || sent - last.sentBefore > idleBytesMax;
    const connection = isIdle ? ++names : last.name;
    sent += sentBytes(phase);
    known.set(phase.connection, { name: connection, sentBefore: sent });
    renamed.push({ ...phase, connection });
  }
  return renamed;
}

/**
 * The phases in runs. A boundary is drawn where no connection is used on both sides of it, and on
 * both sides of a doubtful phase, whose connection may have ended when it is played.
 */
function runsOf(phases: readonly PlayablePhase[]): readonly (readonly PlayablePhase[])[] {
  const lastUse = new Map(phases.map(({ connection }, index) => [connection, index]));
  const runs: PlayablePhase[][] = [];
  let openUntil = -1;
  let isClosed = true;
  for (const [index, phase] of phases.entries()) {
    const run = runs.at(-1);
    if (run === undefined || isClosed || phase.isDoubtful || index > openUntil) {
      runs.push([phase]);
      openUntil = -1;
    } else run.push(phase);
    openUntil = Math.max(openUntil, lastUse.get(phase.connection) ?? index);
    isClosed = phase.isDoubtful || phase.steps.some(({ kind }) => kind === "leave");
  }
  return runs;
}
