/**
 * Wire scripts as tests of `bun test`, for those who test a server of their own: each phase becomes
 * a test with its title as the name. `postern/check` exports it.
 *
 * All scripts are played before the first test of the group, many at once, and each test tells what
 * became of its phase. A script that needs more than the server has is a skipped test.
 */

import { beforeAll, describe, test } from "bun:test";

import { readClientCommand } from "./clients/client-command.ts";
import { playableWith, playClients } from "./clients/play-clients.ts";
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
  const { tree, replay = false, jobs, responseMs } = options;
  const groups = treeGroups(scripts, tree !== undefined);
  if (!groups.ok) throw new Error(groups.error.map(faultText).join("\n"));
  if (tree !== undefined) {
    const written = writeNamedTree(tree, groups.value[0]?.tree ?? []);
    if (!written.ok) throw new Error(written.error);
  }
  const bounds = { record: true, ...(responseMs === undefined ? {} : { responseMs }) };
  const course = new Course({ replay, bounds, ...(jobs === undefined ? {} : { jobs }) });
  const playable = new Set(groups.value.flatMap((group) => group.scripts));
  let column: Column | undefined;
  describe(path, () => {
    beforeAll(async () => {
      const urls = [new URL(options.against)];
      const played = await playRunning(scripts, groups.value, urls, tree, course);
      if (!played.ok) throw new Error(played.error);
      column = played.value[0];
    }, allTimeMs);
    for (const script of scripts) testsOf(script, options, playable, () => column);
  });
}

export interface WireClientOptions extends Omit<WireOptions, "against" | "tree"> {
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
  const playable = scripts.filter(({ settings }) => settings.client === true);
  const canPlay = new Set(playable.filter((script) => playableWith(script, command.value)));
  let column: Column | undefined;
  describe(path, () => {
    beforeAll(async () => {
      [column] = await playClients(playable, [command.value], course);
    }, allTimeMs);
    for (const script of scripts) testsOf(script, options, canPlay, () => column);
  });
}

function faultText({ file, line, expected, missing }: ScriptFault): string {
  const place = line === 0 ? file : `${file}:${line}`;
  return `${place}: ${missing === true ? "no such file" : `expected ${expected}`}`;
}

function testsOf(
  script: Script,
  { strengths = [] }: Pick<WireOptions, "strengths">,
  playable: ReadonlySet<Script>,
  column: () => Column | undefined,
): void {
  const skipped = !playable.has(script);
  describe(`${script.title} (${script.file})`, () => {
    for (const [index, phase] of script.phases.entries()) {
      if (strengths.length > 0 && !strengths.includes(phase.strength)) continue;
      test.skipIf(skipped)(phase.title, () => judge(script, phase, index, column()));
    }
  });
}

function judge(script: Script, phase: Phase, index: number, column: Column | undefined): void {
  if (column?.unreachable !== undefined) throw new Error(`not reached: ${column.unreachable}`);
  const played = column?.outcomes.get(script);
  if (played?.kind !== "played") throw new Error(`not played: ${played?.reason ?? "no server"}`);
  const outcome = played.phases[index];
  if (outcome?.kind !== "failed") return;
  const finding = { script, phase, outcome, taste: false };
  throw new Error(failureLines(finding).join("\n"));
}
