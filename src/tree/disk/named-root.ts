/**
 * The folder that a walk begins in: the root, or "/". Its own permission bits are not checked,
 * because the server's user chose to serve it. It is used by its path instead of a descriptor, so
 * that a build may remove the folder and create it again, and a deployment may switch the symbolic
 * link that the path is.
 */

import { FileStat, word } from "../../system/file-stat.ts";
import { lookAt, readLink, workingFolder } from "../../system/file-system.ts";
import type { Folder } from "../../system/folder.ts";

/** S_IFDIR (sys/stat.h) without a permission bit. */
const closedDirectoryMode = 0o040000;

/** The stat of a root that `stat` fails on: a folder that permits nothing. */
function closedDirectory(): FileStat {
  const words = new Int32Array(word.count);
  words[word.mode] = closedDirectoryMode;
  return new FileStat(words);
}

/** The folder at `path`, which has no trailing slash: "" for "/". */
export function namedRoot(path: string): Folder {
  return {
    prefix: `${path}/`,
    get stat() {
      const stat = lookAt(`${path}/`);
      return stat.ok ? stat.value : closedDirectory();
    },
    isUnmoved: () => true,
    close() {},
  };
}

/** A look that something depends on: a path, and what was seen there; undefined for nothing. */
export interface Step {
  readonly path: string;
  readonly seen: FileStat | undefined;
}

/** The real path of a root, and every look that it depends on. */
interface ResolvedRoot {
  /** Without a trailing slash: "" for "/". */
  readonly path: string;
  readonly steps: readonly Step[];
}

/** How many links the kernel follows in one path: MAXSYMLINKS of linux/namei.h. */
const rootHopsMax = 40;

/**
 * Resolves the absolute `path` of a root name by name, as the kernel does; undefined when a name is
 * missing or can't be looked at.
 */
export function resolveRoot(path: string): ResolvedRoot | undefined {
  const steps: Step[] = [];
  const pending = namesOf(path).toReversed();
  let hops = 0;
  let real = "";
  let name: string | undefined;
  while ((name = pending.pop()) !== undefined) {
    if (name === "..") {
      real = real.slice(0, Math.max(0, real.lastIndexOf("/")));
      continue;
    }
    const stat = lookAt(`${real}/${name}`);
    if (!stat.ok) return undefined;
    steps.push({ path: `${real}/${name}`, seen: stat.value });
    if (stat.value.type !== "link") {
      real = `${real}/${name}`;
      continue;
    }
    const target = readLink(`${real}/${name}`);
    if (!target.ok || ++hops > rootHopsMax) return undefined;
    if (target.value.startsWith("/")) real = "";
    pending.push(...namesOf(target.value).toReversed());
  }
  return { path: real, steps };
}

/**
 * The names of a path, without "." and empty ones, which have no effect (POSIX.1-2024 XBD §4.16).
 */
export function namesOf(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split("/")) if (name !== "" && name !== ".") names.push(name);
  return names;
}

/** The names of an absolute path, with symbolic links unresolved. */
export function namesFromTop(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of namesOf(path)) {
    if (name === "..") names.pop();
    else names.push(name);
  }
  return names;
}

/** The absolute form of `path` without slashes at its end; symbolic links and ".." are kept. */
export function absoluteForm(path: string): string {
  const whole = path.startsWith("/") ? path : `${workingFolder()}/${path}`;
  let end = whole.length;
  while (whole.charAt(end - 1) === "/") end--;
  return whole.slice(0, end);
}
