/**
 * Looks for paths whose names are near to one that is missing, for `--explain` and for the log on a
 * terminal.
 *
 * Only the tree is asked, as it answers a visitor: the names are those of a folder's listing, and a
 * path is told when a visitor would get something by it. So neither a hidden name nor one that is
 * refused is told, and none of a folder that a stranger may not read.
 *
 * A folder is read in shares of a turn, and only if it is short. Searches are few in each second,
 * so requests for names that don't exist can't make the server read folders.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { pacedEntries } from "../../tree/listing/paced-entries.ts";
import { childPath, folderPath, parentPath, rootPath } from "../../tree/path.ts";
import type { ListingSteps, Tree } from "../../tree/tree.ts";
import { View } from "../../tree/view.ts";
import type { NameForms } from "./near-names.ts";
import { formsOf, nearness } from "./near-names.ts";

/** What a search needs. */
interface NearService {
  readonly tree: Tree;
  readonly limits: Pick<
    Limits,
    "nearNamesEntriesMax" | "nearNamesMax" | "nearSearchesPerSecondMax"
  >;
  readonly budgets: TurnBudgets;
  readonly clock: Clock;
}

/** The fixed cost of a step, and that of comparing one name, in the unit of `ListingStep.work`. */
const stepWork = 32;
const comparedWork = 0.5;

/** Names that are compared in one step. */
const comparedAtOnce = 256;

/** Folders that are tried from the root on, to find the name that is missing. */
const foldersTriedMax = 16;

/** How long a folder's names are used again, for a page whose files are missing all at once. */
const namesKeptMs = 1000;

/** The name that is missing, the folder that lacks it, and the names that were to follow. */
interface MissingName {
  readonly folder: ContainedPath;
  readonly name: string;
  readonly rest: readonly string[];
}

/** Searches of one site. */
export class NearSearch {
  readonly #service: NearService;
  /** When the present second began, and how many searches it has had. */
  #secondMs = -Infinity;
  #searches = 0;
  /** The names of the folder that was read last. */
  #kept:
    | {
        readonly folder: string;
        readonly atMs: number;
        readonly names: Promise<readonly NameForms[]>;
      }
    | undefined;

  constructor(service: NearService) {
    this.#service = service;
  }

  /**
   * The paths near to `path`, which is missing, the nearest first; at most `nearNamesMax`. None
   * when there have been too many searches in this second. Never rejects.
   */
  async find(path: ContainedPath): Promise<readonly ContainedPath[]> {
    if (!this.#mayBegin()) return [];
    try {
      const view = View.passing().optional();
      const missing = await this.#missingName(path, view);
      if (missing === undefined) return [];
      const names = await this.#nearNames(missing);
      const found: ContainedPath[] = [];
      for (const name of names) {
        const near = await this.#pathOf(missing, name, view);
        if (near !== undefined && near.text !== path.text) found.push(near);
      }
      return found;
    } catch {
      // A tree that can't be read has no names to tell; the answer itself says what failed.
      return [];
    }
  }

  #mayBegin(): boolean {
    const { clock, limits } = this.#service;
    const nowMs = clock.turnMs();
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#searches = 0;
    }
    return this.#searches++ < limits.nearSearchesPerSecondMax;
  }

  /** The first name of `path` that is missing; undefined for the root. */
  async #missingName(path: ContainedPath, view: View): Promise<MissingName | undefined> {
    const { tree } = this.#service;
    const name = path.segments.at(-1);
    if (name === undefined) return undefined;
    const parent = parentPath(path);
    if ((await tree.peek(parent, view)) !== "absent") return { folder: parent, name, rest: [] };
    let folder = rootPath;
    for (const [depth, segment] of path.segments.slice(0, foldersTriedMax).entries()) {
      const child = childPath(folder, segment);
      if (child === undefined) return undefined;
      const next = folderPath(child);
      if ((await tree.peek(next, view)) === "absent") {
        return { folder, name: segment, rest: path.segments.slice(depth + 1) };
      }
      folder = next;
    }
    return undefined;
  }

  /** The names in the folder that are near to the missing one, the nearest first. */
  async #nearNames({ folder, name }: MissingName): Promise<readonly string[]> {
    const { budgets, limits } = this.#service;
    const asked = formsOf(name);
    const names = await this.#namesIn(folder);
    const found: { readonly name: string; readonly rank: number }[] = [];
    for (let at = 0; at < names.length; at += comparedAtOnce) {
      await budgets.listings.do(() => {
        const some = names.slice(at, at + comparedAtOnce);
        for (const forms of some) {
          const rank = nearness(asked, forms);
          if (rank !== undefined) found.push({ name: forms.name, rank });
        }
        return stepWork + comparedWork * some.length;
      });
    }
    return found
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, limits.nearNamesMax)
      .map((one) => one.name);
  }

  #namesIn(folder: ContainedPath): Promise<readonly NameForms[]> {
    const nowMs = this.#service.clock.turnMs();
    const kept = this.#kept;
    if (kept?.folder === folder.text && nowMs - kept.atMs < namesKeptMs) return kept.names;
    const names = this.#read(folder);
    this.#kept = { folder: folder.text, atMs: nowMs, names };
    return names;
  }

  /** The names that the folder's listing shows; none if they are too many, or can't be read. */
  async #read(folder: ContainedPath): Promise<readonly NameForms[]> {
    const { tree, limits, budgets } = this.#service;
    const { nearNamesEntriesMax } = limits;
    const list = (): ListingSteps =>
      tree.list(folder, nearNamesEntriesMax, View.passing().optional());
    const names: NameForms[] = [];
    for await (const step of pacedEntries(list, budgets.listings, comparedWork)) {
      if (step.failure !== undefined || step.found > nearNamesEntriesMax) return [];
      for (const { name } of step.entries) names.push(formsOf(name));
    }
    return names;
  }

  /**
   * The path that `name`, put in the place of the missing one, leads to: with the names that were
   * to follow, or else the folder itself. Undefined when a visitor gets nothing by it.
   */
  async #pathOf(
    { folder, rest }: MissingName,
    name: string,
    view: View,
  ): Promise<ContainedPath | undefined> {
    const child = childPath(folder, name);
    if (child === undefined) return undefined;
    let deepest: ContainedPath | undefined = child;
    for (const segment of rest) {
      deepest = deepest === undefined ? undefined : childPath(folderPath(deepest), segment);
    }
    const whole = deepest === undefined ? undefined : await this.#answering(deepest, view);
    return whole ?? (rest.length === 0 ? undefined : this.#answering(child, view));
  }

  /** `path`, with a slash if it is a folder; undefined when a visitor gets nothing by it. */
  async #answering(path: ContainedPath, view: View): Promise<ContainedPath | undefined> {
    const { tree } = this.#service;
    const kind = await tree.peek(path, view);
    if (kind === "file") return path;
    if (kind !== "redirect") return undefined;
    const folder = folderPath(path);
    const inside = await tree.peek(folder, view);
    return inside === "file" || inside === "directory" ? folder : undefined;
  }
}
