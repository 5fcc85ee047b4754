/**
 * The descriptors that this process has open, by what they lead to: for tests that nothing is left
 * open.
 *
 * How many there are says nothing about one test: Bun closes the pipes of a child that has ended on
 * another thread, in its own time, so that on a busy machine the number falls while the next test
 * counts. But what leads into a folder that a test has made for itself was opened by that test.
 */

import { existsSync, readdirSync, readlinkSync } from "node:fs";

const folder = "/proc/self/fd";

/** Whether they can be listed here; only Linux says what they lead to. */
export const canListDescriptors = process.platform === "linux" && existsSync(folder);

/** What each one leads to: a path, "socket:[1234]" or the like. */
export function openDescriptors(): string[] {
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`)];
    } catch {
      // It was closed since, as the one is that lists the others.
      return [];
    }
  });
}

/** Those that lead to the folder `root`, given by its real path, or to what is or was in it. */
export function descriptorsInto(root: string): string[] {
  return openDescriptors().filter((to) => {
    const path = to.replace(/ \(deleted\)$/, "");
    return path === root || path.startsWith(`${root}/`);
  });
}
