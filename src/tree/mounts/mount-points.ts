/**
 * The paths at which trees are mounted, as a tree of names. A path belongs to the deepest mount on
 * the way to it.
 */

import type { ContainedPath } from "../path.ts";

/** A name on the way to a mount. */
interface Point<Mount> {
  readonly children: Map<string, Point<Mount>>;
  mount: Mount | undefined;
}

/** Where a path leads among the mounts. */
interface MountPlace<Mount> {
  /** The deepest mount on the way; undefined when nothing is mounted there. */
  readonly mount: Mount | undefined;
  /** How many segments of the path lead to it. */
  readonly depth: number;
  /** Names in the folder at the path that lead to further mounts. */
  readonly names: readonly string[];
}

function makePoint<Mount>(): Point<Mount> {
  return { children: new Map(), mount: undefined };
}

/** The points of all mounts. */
export class MountPoints<Mount> {
  readonly #root = makePoint<Mount>();

  /** Adds `mount` at `path`; false when something is mounted there already. */
  add({ segments }: ContainedPath, mount: Mount): boolean {
    let point = this.#root;
    for (const name of segments) {
      let child = point.children.get(name);
      if (child === undefined) {
        child = makePoint();
        point.children.set(name, child);
      }
      point = child;
    }
    if (point.mount !== undefined) return false;
    point.mount = mount;
    return true;
  }

  /** Where `path` leads. */
  find({ segments }: ContainedPath): MountPlace<Mount> {
    let { mount } = this.#root;
    let depth = 0;
    let point: Point<Mount> | undefined = this.#root;
    for (let i = 0; i < segments.length; i++) {
      point = point.children.get(segments[i] ?? "");
      if (point === undefined) break;
      if (point.mount === undefined) continue;
      ({ mount } = point);
      depth = i + 1;
    }
    return { mount, depth, names: point === undefined ? [] : [...point.children.keys()] };
  }

  /** The mounts on the way to `path`, the deepest first. */
  above({ segments }: ContainedPath): readonly Mount[] {
    const mounts: Mount[] = [];
    let point: Point<Mount> | undefined = this.#root;
    for (let i = 0; point !== undefined; i++) {
      if (point.mount !== undefined) mounts.unshift(point.mount);
      point = i < segments.length ? point.children.get(segments[i] ?? "") : undefined;
    }
    return mounts;
  }
}
