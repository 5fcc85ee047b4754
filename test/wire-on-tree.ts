/**
 * Plays the wire scripts against a server whose tree is no folder on disk. Every phase has to hold
 * as it does on disk; bytes aren't cut here, which is the parser's subject.
 *
 * What is left out is so by rule: scripts with what such a tree can't have (symbolic links, FIFOs,
 * names that no request can spell), and phases from the first one on that changes the tree while it
 * is served. Scripts about uploads aren't of these: a server without a folder on disk that is to
 * store some doesn't start.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nameText } from "../src/base/file-name.ts";
import { inParallel } from "../src/check/play/parallel.ts";
import { playScript } from "../src/check/play/replay.ts";
import { endpointOf } from "../src/check/play/stage.ts";
import { contentBytes, writeTree } from "../src/check/play/script-tree.ts";
import { collectScripts } from "../src/check/script/collection.ts";
import type { Script, Step } from "../src/check/script/script.ts";
import { readSettings } from "../src/cli/config/settings.ts";
import { serveOptions } from "../src/cli/config/to-serve-options.ts";
import { readCommandLine } from "../src/cli/options/command-line.ts";
import { latin1Bytes } from "../src/http/octets/bytes.ts";
import type { ServeOptions } from "../src/server/serve-options.ts";
import { serve } from "../src/server/serve.ts";
import { encodeName, isNameable } from "../src/tree/path.ts";
import type { MemoryFiles } from "../src/tree/memory/memory-files.ts";

const folder = join(import.meta.dir, "../fixtures/wire");
const scriptsAtOnce = 8;

/** The time of everything whose script names none, as docs/wire-scripts.md has it. */
export const mtimeMsDefault = Date.UTC(2024, 0, 1);

/** What a server is given that its scripts name by `{{root}}`: configurations and certificates. */
/** Folders of scripts whose servers name their tree. */
const folders: string[] = [];

/** The names in a path of a script's tree, which is octets as Latin-1 text. */
function namesIn(path: string): readonly string[] {
  return nameText(latin1Bytes(path)).split("/");
}

/** Whether `script` is about a server that stores what it is sent. */
function stores({ settings }: Script): boolean {
  return settings.serverArguments.some((word) => word === "--put" || word === "upload");
}

/** Why `script` can't be played against files in memory; undefined when it can. */
function reasonToLeaveOut(script: Script): string | undefined {
  if (script.tree.some(({ kind }) => kind === "link")) return "has symbolic links";
  if (script.tree.some(({ kind }) => kind === "fifo")) return "has a FIFO";
  if (!script.tree.every(({ path }) => namesIn(path).every(isNameable)))
    return "has names that can't be asked for";
  return script.phases[0]?.steps.some(changes) === true ? "changes its tree at once" : undefined;
}

const changes = (step: Step): boolean => step.kind === "change";

/** `script` up to its first change of the tree. */
function unchanging(script: Script): Script {
  const first = script.phases.findIndex(({ steps }) => steps.some(changes));
  return first === -1 ? script : { ...script, phases: script.phases.slice(0, first) };
}

/** The tree of `script`; its paths are octets as Latin-1 text. */
export function filesOf({ tree }: Script): MemoryFiles {
  const files: Record<string, MemoryFiles[string]> = {};
  for (const entry of tree) {
    const path = `/${namesIn(entry.path).map(encodeName).join("/")}`;
    if (entry.kind === "link" || entry.kind === "fifo") continue;
    const { mode, mtimeMs: mtime = mtimeMsDefault } = entry;
    if (entry.kind === "dir") files[`${path}/`] = { mode, mtime };
    else files[path] = { body: contentBytes(entry.content), mode, mtime };
  }
  return files;
}

/** The options that `script` asks for, as the command line reads them, without a folder. */
async function optionsOf({ settings, tree }: Script): Promise<ServeOptions> {
  const { serverArguments, limits, hosts } = settings;
  let root = "";
  if (serverArguments.some((word) => word.includes("{{root}}"))) {
    root = mkdtempSync(join(tmpdir(), "wire-on-tree-"));
    folders.push(root);
    writeTree(root, tree);
  }
  const words = serverArguments.map((word) => word.replaceAll("{{root}}", root));
  const command = readCommandLine(words, {});
  if (!command.ok) throw new Error(command.error);
  const { configFile } = command.value;
  const settled = await readSettings({
    ...command.value,
    configFile: configFile === "own" ? "none" : configFile,
  });
  if (!settled.ok) throw new Error(settled.error);
  const { root: _, ...options } = serveOptions({ ...settled.value.config, log: "none" });
  const allowHosts = [...(options.allowHosts ?? []), ...hosts];
  // An authority in memory, and not the one that is kept for the user.
  const tls = options.tls === "local" ? { tls: true as const } : {};
  const common = { host: "127.0.0.1", allowHosts, limits: { ...options.limits, ...limits } };
  return { ...options, ...tls, ...common };
}

/** What of the options of a server is the tree of a script, and what ends with the server. */
export interface ServedTree {
  readonly options: ServeOptions;
  readonly end?: () => Promise<void>;
  /** Whether it takes files. */
  readonly isWritable?: boolean;
}

/** Plays `script` against the tree that `give` makes; a line for each phase that didn't hold. */
async function complaintsOf(
  script: Script,
  give: (script: Script) => Promise<ServedTree>,
): Promise<readonly string[]> {
  const tree = await give(script);
  const own = await optionsOf(script);
  const server = await serve({
    ...own,
    ...tree.options,
    limits: { ...own.limits, ...tree.options.limits },
  });
  try {
    const { tlsRedirect, url } = server;
    // What a port that redirects says is played there, as by the command.
    const played = tlsRedirect === undefined ? url : new URL(`http://127.0.0.1:${tlsRedirect}/`);
    const stage = { endpoint: endpointOf(played), root: undefined, restore() {} };
    const { phases } = await playScript(script, stage);
    expect(phases).toHaveLength(script.phases.length);
    return phases.flatMap((outcome) => {
      if (outcome.kind === "held") return [];
      if (outcome.kind === "not-played") return [`${script.file}: not played: ${outcome.reason}`];
      const { line, expected, came } = outcome.failure;
      return [`${script.file}:${line}: expected ${expected}, ${came}`];
    });
  } finally {
    await server.stop({ force: true });
    await tree.end?.();
  }
}

/** Declares the tests: a section each, and that nearly all phases were played. */
export function playWireScripts(
  against: string,
  give: (script: Script) => Promise<ServedTree>,
  leaveOut: (script: Script) => string | undefined = () => undefined,
): void {
  describe(`wire scripts, against ${against}`, () => {
    const leftOut = new Map<string, number>();
    let phasesPlayed = 0;
    let phasesInAll = 0;

    // Of these tests alone: several files import this one, and Bun evaluates it once.
    afterAll(() => {
      for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
    });

    test.each(readdirSync(folder).toSorted())(
      "%s hold",
      async (section) => {
        const scripts = collectScripts([join(folder, section)]);
        if (!scripts.ok) throw new Error(JSON.stringify(scripts.error));
        const complaints: string[] = [];
        await inParallel(scripts.value, scriptsAtOnce, async (script) => {
          if (stores(script)) {
            const tree = await give(script);
            if (tree.isWritable === true) {
              await tree.end?.();
              if (reasonToLeaveOut(script) !== undefined) return;
              complaints.push(...(await complaintsOf(script, give)));
              return;
            }
            const refused = serve({ ...(await optionsOf(script)), ...tree.options });
            const told = await refused.then(
              () => "it started",
              (error: unknown) => String(error),
            );
            expect(told, script.file).toContain("uploads need a folder on disk");
            await tree.end?.();
            return;
          }
          phasesInAll += script.phases.length;
          const reason = reasonToLeaveOut(script) ?? leaveOut(script);
          if (reason !== undefined) {
            leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
            return;
          }
          const played = unchanging(script);
          complaints.push(...(await complaintsOf(played, give)));
          phasesPlayed += played.phases.length;
        });
        expect(complaints).toEqual([]);
      },
      120_000,
    );

    test("are nearly all", () => {
      const told = `${phasesPlayed} of ${phasesInAll} phases; ${JSON.stringify([...leftOut])}`;
      expect(phasesPlayed / phasesInAll, told).toBeGreaterThan(0.9);
    });
  });
}
