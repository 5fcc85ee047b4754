/**
 * Wire scripts as tests of `bun test`, for those who test a server of their own: each phase becomes
 * a test with its title as the name. `postern/check` exports it.
 *
 * All scripts are played while the tests are collected, many at once, and each test tells what
 * became of its phase. What needs more than the server has, or can't be played against it, is a
 * skipped test. A server that isn't there yet is played against before the first test of the group.
 */

import { beforeAll, describe, test } from "bun:test";

import { readClientCommand } from "./clients/client-command.ts";
import { playClients } from "./clients/play-clients.ts";
import { departuresOf } from "./blame/departure.ts";
import type { Profile } from "./blame/profile.ts";
import { Connection } from "./play/connection.ts";
import { endpointOf } from "./play/stage.ts";
import { endText, tally } from "./report/column.ts";
import { asidesOf } from "./report/finding.ts";
import type { Need } from "./script/need.ts";
import { needWords } from "./script/need.ts";
import { writeNamedTree } from "./play/script-tree.ts";
import type { Column } from "./report/column.ts";
import { failureLines } from "./report/formats/failure-lines.ts";
import { Course } from "./run/course.ts";
import { playRunning, treeGroups } from "./run/running-servers.ts";
import { selected } from "./run/selection.ts";
import { collectScripts } from "./script/collection.ts";
import type { Phase, Script, ScriptFault, Strength } from "./script/script.ts";
import { checkLimits } from "./limits.ts";

const { wireTimeMs: allTimeMs } = checkLimits;

export interface WireOptions {
  /** The server's URL, without a path. */
  readonly against: string | URL;
  /**
   * The folder that the server serves, empty or written by an earlier run: the scripts' files are
   * written there at once, and scripts may change them. Without it the server's files have to be
   * those of the scripts already, and scripts that change them are skipped.
   */
  readonly tree?: string;
  /** Only scripts with this text in their path, their title or a phase's title. */
  readonly filter?: string;
  /** Only scripts of these folders: `9112-6` for `rfc9112-6-framing`. */
  readonly sections?: readonly string[];
  /** Only phases of these strengths become tests; all if absent. */
  readonly strengths?: readonly Strength[];
  /** What the server does besides serving files, as scripts say with `needs`; nothing if absent. */
  readonly with?: "all" | readonly Need[];
  /** What may be asked of it: `static`, `http10` or `proxy`. */
  readonly profile?: Profile;
  /** Whether to replay each script with its bytes cut at every position; not if absent. */
  readonly replay?: boolean;
  /** How many scripts are played at once, and how long one answer may take, in milliseconds. */
  readonly jobs?: number;
  readonly responseMs?: number;
}

/**
 * Makes a test of each phase of the scripts at `path`, a script or a folder of them. Throws if a
 * script can't be read or the tree can't be written.
 */
export function wire(path: string, options: WireOptions): void {
  const collected = collectScripts([path]);
  if (!collected.ok) throw new Error(collected.error.map(faultText).join("\n"));
  const scripts = selected(collected.value, options);
  const { tree, replay = false, jobs, responseMs, profile } = options;
  const offered = options.with === "all" ? needWords : (options.with ?? []);
  const asked = { with: offered, ...(profile === undefined ? {} : { profile }) };
  const groups = treeGroups(scripts, tree !== undefined, asked);
  if (!groups.ok) throw new Error(groups.error.map(faultText).join("\n"));
  if (tree !== undefined) {
    const written = writeNamedTree(tree, groups.value[0]?.tree ?? []);
    if (!written.ok) throw new Error(written.error);
  }
  const bounds = { record: true, ...(responseMs === undefined ? {} : { responseMs }) };
  const course = new Course({ replay, bounds, ...(jobs === undefined ? {} : { jobs }) });
  const url = new URL(options.against);
  const play = async (): Promise<Column | undefined> => {
    const played = await playRunning(scripts, groups.value, [url], tree, course, asked);
    if (!played.ok) throw new Error(played.error);
    return played.value[0];
  };
  // `bun test` awaits it, which its types don't say.
  const collect: () => unknown = async () => {
    if (await isReached(url)) {
      const column = await play();
      for (const script of scripts) testsOf(script, options, () => column, column);
      if (column !== undefined) serverTests(scripts, column);
      return;
    }
    // It may be started by a hook, which runs before the first test.
    let column: Column | undefined;
    beforeAll(async () => {
      column = await play();
    }, allTimeMs);
    for (const script of scripts) testsOf(script, options, () => column);
  };
  describe(path, collect);
}

async function isReached(url: URL): Promise<boolean> {
  const connection = await Connection.open(endpointOf(url));
  if (connection.ok) connection.value.abort();
  return connection.ok;
}

export interface WireClientOptions extends Omit<
  WireOptions,
  "against" | "tree" | "with" | "profile"
> {
  /** The client's command, as `check --client` takes it. */
  readonly client: string;
}

/**
 * Makes a test of each phase of the scripts at `path` that test a client. Throws if a script or the
 * command can't be read.
 */
export function wireClient(path: string, options: WireClientOptions): void {
  const collected = collectScripts([path]);
  if (!collected.ok) throw new Error(collected.error.map(faultText).join("\n"));
  const command = readClientCommand(options.client);
  if (!command.ok) throw new Error(command.error);
  const scripts = selected(collected.value, options);
  const { replay = false, jobs, responseMs } = options;
  const bounds = { record: true, ...(responseMs === undefined ? {} : { responseMs }) };
  const course = new Course({ replay, bounds, ...(jobs === undefined ? {} : { jobs }) });
  const collect: () => unknown = async () => {
    const [column] = await playClients(scripts, [command.value], course);
    for (const script of scripts) testsOf(script, options, () => column, column);
    if (column !== undefined) serverTests(scripts, column);
  };
  describe(path, collect);
}

function faultText({ file, line, expected, missing }: ScriptFault): string {
  const place = line === 0 ? file : `${file}:${line}`;
  return `${place}: ${missing === true ? "no such file" : `expected ${expected}`}`;
}

/** A test for each phase. With `played`, what the server gave no occasion for is skipped. */
function testsOf(
  script: Script,
  { strengths = [] }: Pick<WireOptions, "strengths">,
  column: () => Column | undefined,
  played?: Column,
): void {
  const outcome = played?.outcomes.get(script);
  describe(`${script.title} (${script.file})`, () => {
    for (const [index, phase] of script.phases.entries()) {
      if (strengths.length > 0 && !strengths.includes(phase.strength)) continue;
      const skipped =
        outcome?.kind === "not-played" ||
        (outcome?.kind === "played" && outcome.phases[index]?.kind === "not-played");
      test.skipIf(skipped)(phase.title, () => judge(script, phase, index, column()));
    }
  });
}

/** What isn't about one phase: a server that goes away, or does everywhere what it should not. */
function serverTests(scripts: readonly Script[], column: Column): void {
  const { gone } = column;
  if (gone !== undefined) {
    test("the server stays to the end", () => {
      throw new Error(endText(gone));
    });
  }
  for (const { title, references, touched, counts } of departuresOf(scripts, column)) {
    if (!counts) continue;
    test(`the server ${title} (${references.join(", ")})`, () => {
      throw new Error(touched.map(({ script, line }) => `${script.file}:${line}`).join("\n"));
    });
  }
  const { must, should, may } = tally(scripts, column);
  if (must.played + should.played + may.played > 0) return;
  test("something is played", () => {
    throw new Error("no script can be played against this server");
  });
}

function judge(script: Script, phase: Phase, index: number, column: Column | undefined): void {
  if (column?.unreachable !== undefined) throw new Error(`not reached: ${column.unreachable}`);
  const played = column?.outcomes.get(script);
  if (played?.kind !== "played") throw new Error(`not played: ${played?.reason ?? "no server"}`);
  const outcome = played.phases[index];
  if (outcome?.kind === "not-played") throw new Error(`not played: ${outcome.reason}`);
  const failed = asidesOf(script, phase, outcome).flatMap(({ finding }) => finding ?? []);
  if (outcome?.kind === "failed") failed.unshift({ script, phase, outcome, taste: false });
  if (failed.length > 0) {
    throw new Error(failed.map((finding) => failureLines(finding).join("\n")).join("\n\n"));
  }
}
