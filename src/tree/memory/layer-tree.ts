/**
 * Files in memory over another tree: what is in memory hides what has its path below, and folders
 * that are in both have the entries of both. A file in memory that is shut hides the one below it,
 * too, and so does a shut folder; a folder that is shut below is not opened by one in memory, but
 * the files in memory that are in it can be had.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { ContainedPath } from "../path.ts";
import type {
  FolderOutcome,
  Kind,
  ListingOrder,
  ListingSteps,
  Outcome,
  ShownFolder,
  Tree,
} from "../tree.ts";
import type { View } from "../view.ts";
import type { MemoryTree } from "./memory-tree.ts";

/** Two trees as one. */
export class LayerTree implements Tree {
  readonly #upper: MemoryTree;
  readonly #lower: Tree;

  /** `lower` lists the entries of `upper` beside its own. */
  constructor(upper: MemoryTree, lower: Tree) {
    this.#upper = upper;
    this.#lower = lower;
  }

  get index(): string {
    return this.#upper.index;
  }

  get folders(): readonly ShownFolder[] {
    return this.#lower.folders ?? [];
  }

  open(path: ContainedPath, view: View): Eventual<Outcome> {
    const upper = this.#upper.open(path, view);
    switch (upper.kind) {
      case "absent":
        return this.#lower.open(path, view);
      case "redirect":
        // A file below is hidden by the folder, and must not be opened.
        return whenReady(this.#lower.peek(path, view), (kind) =>
          isBare(kind) || kind === "redirect" ? upper : this.#lower.open(path, view),
        );
      case "directory":
        return whenReady(this.#lower.open(path, view), (lower) =>
          lower.kind === "absent" ? upper : lower,
        );
      default:
        return upper;
    }
  }

  peek(path: ContainedPath, view: View): Eventual<Kind> {
    const upper = this.#upper.peek(path, view);
    if (upper === "absent") return this.#lower.peek(path, view);
    if (upper !== "redirect" && upper !== "directory") return upper;
    return whenReady(this.#lower.peek(path, view), (lower) => {
      const isHidden = lower === "absent" || (upper === "redirect" && isBare(lower));
      return isHidden ? upper : lower;
    });
  }

  list(path: ContainedPath, limit: number, view: View, order?: ListingOrder): ListingSteps {
    // So that the listing depends on what is in memory, too.
    this.#upper.peek(path, view);
    return this.#lower.list(path, limit, view, order);
  }

  describe(path: ContainedPath, view: View): Eventual<FolderOutcome> {
    const upper = this.#upper.describe(path, view);
    if (upper.kind === "absent") return this.#lower.describe(path, view);
    if (upper.kind !== "folder") return upper;
    return whenReady(this.#lower.describe(path, view), (lower) =>
      lower.kind === "absent" ? upper : lower,
    );
  }

  close(): void {
    this.#upper.close();
    this.#lower.close();
  }
}

/** Whether a folder in memory at the same path hides what is of this kind. */
function isBare(kind: Kind): boolean {
  return kind === "file" || kind === "absent";
}
